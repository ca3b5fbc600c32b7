"""The programs that an experiment's commands name are looked for where its children will look."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from badgateway.databases.postgresql import DATABASE
from badgateway.model.interpreter import Interpreter
from badgateway.plan.programs import (
    command_faults,
    database_program,
    not_installed,
    python_fault,
    search_path,
    site_python,
)
from tests.declared import declared, experiment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The application's."""
    (tmp_path / "manage.py").touch(mode=0o644)
    (tmp_path / "restore.sh").touch(mode=0o755)
    return tmp_path


def faults(folder: Path, **changes: object) -> list[str]:
    return list(command_faults(experiment(**changes), folder))


@pytest.mark.parametrize("command", [["sh", "-c", "true"], ["/bin/sh"], ["./restore.sh"], ["python", "-m", "site"]])
def test_a_program_that_is_there_is_no_fault(folder, command):
    assert faults(folder, application={"restore": command}) == []


@pytest.mark.parametrize("key", ["prepare", "restore"])
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["huey"], "program huey is not in PATH; install it, or write the path that it has"),
        (["./nowhere"], "no such program: FOLDER/nowhere; it is looked for in application.directory, unless"),
        (["./manage.py"], "FOLDER/manage.py cannot be executed; let it be (chmod +x), or name its program"),
        (["python", "mange.py"], "no such file: FOLDER/mange.py; it is looked for in application.directory"),
        (["x" * 5000], "program xxx"),
        (["/x" * 5000], "no such program: "),
    ],
)
def test_one_that_is_not_is_told_with_its_key_and_what_to_do(folder, key, command, told):
    (fault,) = faults(folder, application={key: command})

    assert fault.replace(str(folder), "FOLDER").startswith(f"application.{key}: {told}")


def test_a_background_command_is_told_with_its_configuration(folder):
    first, *others = declared()["configurations"]

    (fault,) = faults(folder, configurations=[first | {"background": ["huey"]}, *others])
    assert fault.startswith("configurations[first].background: program huey is not in PATH")


def test_daemons_are_found_even_when_path_does_not_name_their_directories(monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin")

    assert "/usr/sbin" in search_path().split(os.pathsep)


def test_of_several_versions_of_a_database_the_newest_is_taken(tmp_path):
    system = replace(DATABASE, programs=("no-such-server",), directories=(f"{tmp_path}/*/bin",))
    assert database_program(system) is None

    for version in ("9.6", "15", "16-empty"):
        (tmp_path / version / "bin").mkdir(parents=True)
    for version in ("9.6", "15"):
        (tmp_path / version / "bin" / "no-such-server").touch(mode=0o755)

    assert database_program(system) == tmp_path / "15" / "bin" / "no-such-server"


PACKAGES = ("uwsgi", "gevent", "greenlet", "packaging", "gunicorn", "mysqlclient", "pymysql", "pip")


def lacking(monkeypatch: pytest.MonkeyPatch, *names: str) -> Interpreter:
    """Let the machine have all programs but these, and return an interpreter with all packages but these."""
    monkeypatch.setattr("shutil.which", lambda name, **_: None if name in names else f"/usr/sbin/{name}")
    return interpreter(*(set(PACKAGES) - set(names)))


def interpreter(*packages: str, **values: Any) -> Interpreter:
    defaults: dict[str, Any] = {
        "program": Path("/kit/bin/python"),
        "implementation": "CPython",
        "version": "3.11.2",
        "tag": "cpython-311-x86_64-linux-gnu",
        "prefix": Path("/kit"),
        "packages": dict.fromkeys(packages, "1.0"),
    }
    return Interpreter(**{**defaults, **values})


def site(*packages: str, **values: Any) -> Interpreter:
    """Return a site's own interpreter, made by uv, which puts no pip in it."""
    return interpreter(*packages, program=Path("/site/.venv/bin/python"), prefix=Path("/site/.venv"), **values)


def test_what_an_experiment_needs_and_the_machine_has_not_is_told_with_what_installs_it(monkeypatch):
    kits = lacking(monkeypatch, "nginx", "mariadbd", "mysqld", "uwsgi", "pymysql", "psycopg")

    assert list(not_installed(experiment(), kits, kits)) == [
        "nginx is not installed; install it (Debian: apt-get install nginx-light)",
        "MariaDB is not installed: no mariadbd in PATH; install it (Debian: apt-get install mariadb-server-core)",
        "the package uwsgi is not installed in /kit; install it there (/kit/bin/python -m pip install uwsgi)",
        "the package pymysql is not installed in /kit; install it there (/kit/bin/python -m pip install pymysql)",
    ]


def test_what_an_experiment_does_not_use_need_not_be_there(monkeypatch):
    kits = lacking(monkeypatch, "granian", "psycopg", "postgres")

    assert list(not_installed(experiment(), kits, kits)) == []


def test_a_sites_python_is_lent_servers_where_it_can_import_the_kits_and_never_drivers(monkeypatch):
    kits = lacking(monkeypatch)

    assert list(not_installed(experiment(), site("mysqlclient", "pymysql"), kits)) == []
    (fault,) = not_installed(experiment(), site("pymysql"), kits)
    remedy = "uv pip install --python /site/.venv/bin/python mysqlclient"
    assert fault == f"the package mysqlclient is not installed in /site/.venv; install it there ({remedy})"


def test_a_server_that_another_python_cannot_import_is_refused_with_what_installs_it(monkeypatch):
    kits = lacking(monkeypatch)
    older = site(
        "mysqlclient", "pymysql", "uwsgi", "gevent", "greenlet", "packaging", version="3.9.2", tag="cpython-39-x86"
    )

    (fault,) = not_installed(experiment(), older, kits)
    assert fault == (
        "the package gunicorn is not installed in /site/.venv (CPython 3.9.2), and the kit's own is for CPython "
        "3.11.2; install it there (uv pip install --python /site/.venv/bin/python gunicorn)"
    )


def test_programs_of_a_sites_own_environment_are_found_first(folder):
    assert list(command_faults(experiment(application={"prepare": ["alembic", "upgrade"]}), folder)) != []
    (folder / "alembic").touch(mode=0o755)

    declares = experiment(application={"prepare": ["alembic", "upgrade"]})
    assert [one for one in command_faults(declares, folder, folder / "python") if "prepare" in one] == []


def test_a_sites_python_is_not_that_which_a_link_leads_to(tmp_path):
    assert site_python(experiment(), tmp_path) is None
    (tmp_path / "python").symlink_to("/usr/bin/env")
    assert site_python(experiment(application={"python": "./python"}), tmp_path) == tmp_path / "python"
    assert site_python(experiment(application={"python": "/opt/x/python"}), tmp_path) == Path("/opt/x/python")


def test_a_sites_python_that_is_not_there_is_told(tmp_path):
    assert python_fault(tmp_path / "python").startswith(f"no such program: {tmp_path}/python; make the site's environ")
    (tmp_path / "python").touch(mode=0o644)
    assert "cannot be executed" in python_fault(tmp_path / "python")

"""The programs that an experiment's commands name are looked for where its children will look."""

import os
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from badgateway.databases.postgresql import DATABASE
from badgateway.plan import programs
from badgateway.plan.programs import command_faults, database_program, not_installed, search_path
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


def lacking(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let the machine have all programs and packages but these."""

    def distribution(name: str) -> str:
        if name in names:
            raise PackageNotFoundError(name)
        return name

    monkeypatch.setattr("shutil.which", lambda name, **_: None if name in names else f"/usr/sbin/{name}")
    monkeypatch.setattr(programs, "distribution", distribution)


def test_what_an_experiment_needs_and_the_machine_has_not_is_told_with_what_installs_it(monkeypatch):
    lacking(monkeypatch, "nginx", "mariadbd", "mysqld", "uwsgi", "pymysql", "psycopg")

    assert list(not_installed(experiment())) == [
        "nginx is not installed; install it (Debian: apt-get install nginx-light)",
        "MariaDB is not installed: no mariadbd in PATH; install it (Debian: apt-get install mariadb-server-core)",
        f"the package uwsgi is not installed in {sys.prefix}; install it there (pip install uwsgi)",
        f"the package pymysql is not installed in {sys.prefix}; install it there (pip install pymysql)",
    ]


def test_what_an_experiment_does_not_use_need_not_be_there(monkeypatch):
    lacking(monkeypatch, "granian", "psycopg", "postgres")

    assert list(not_installed(experiment())) == []

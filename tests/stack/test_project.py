import errno
import os
import shutil
import subprocess
import venv
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.process.account import Account
from badgateway.process.interpreter import kits_own
from badgateway.stack.project import take_snapshot
from tests.declared import experiment


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    for name in ("app/manage.py", "app/.git/HEAD", "app/site/__pycache__/x.pyc", "app/site/results/a.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "servers").mkdir()
    for name in ("nginx.conf", "mariadb.cnf", "uwsgi.ini", "journal.py"):
        (root / "servers" / name).write_text(name)
    return root


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def declared(directory: str = "app", server: str = "servers/uwsgi.ini") -> Experiment:
    return experiment(
        application={"directory": directory},
        configurations=[{"name": "a", "server": server, "driver": "pymysql", "workers": 1}],
    )


def test_a_snapshot_has_the_application_and_the_server_files_and_nothing_that_is_made_from_them(project, tmp_path):
    snapshot = take_snapshot(declared(), project, tmp_path / "copy", None)

    assert files(snapshot.root) == {
        "app/manage.py",
        "app/site/results/a.py",
        "servers/nginx.conf",
        "servers/mariadb.cnf",
        "servers/uwsgi.ini",
        ".badgateway/badgateway_journal.py",
    }
    assert snapshot.journal.read_text() == "journal.py"
    assert snapshot.nginx_template == "nginx.conf"
    assert snapshot.database_template == "mariadb.cnf"


def test_files_that_name_the_users_own_database_and_environments_of_any_name_stay_where_they_are(project, tmp_path):
    for name in (".env", ".env.production", ".envrc", "site/.env", "python/pyvenv.cfg", "python/lib/x.py", "env/a.py"):
        (project / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "app" / name).write_text("DATABASE_URL=postgresql://db.example.org/precious")
    snapshot = take_snapshot(declared(), project, tmp_path / "copy", None)

    assert {file for file in files(snapshot.root) if file.startswith("app/")} == {
        "app/manage.py",
        "app/site/results/a.py",
        "app/env/a.py",
    }


def test_a_snapshot_does_not_change_with_its_project(project, tmp_path):
    snapshot = take_snapshot(declared(), project, tmp_path / "copy", None)
    (project / "app" / "manage.py").write_text("changed")

    assert snapshot.path(PurePosixPath("app/manage.py")).read_text() == "app/manage.py"


def test_earlier_results_stay_behind_when_the_project_itself_is_the_application(project, tmp_path):
    (project / "results").mkdir()
    (project / "results" / "report.html").write_text("big")

    snapshot = take_snapshot(declared(directory="."), project, tmp_path / "copy", None)

    assert "results/report.html" not in files(snapshot.root)
    assert {"app/manage.py", "app/site/results/a.py", "servers/uwsgi.ini"} <= files(snapshot.root)


def test_a_site_without_files_of_the_kit_gets_copies_of_the_kits_own(project, tmp_path):
    (project / "servers" / "journal.py").unlink()

    snapshot = take_snapshot(declared(server="kit:gunicorn_sync.py"), project, tmp_path / "copy", None)

    copy = snapshot.path(PurePosixPath("kit:gunicorn_sync.py"))
    assert 'worker_class = "sync"' in copy.read_text()
    assert copy.name == "gunicorn_sync.py"
    assert copy.is_relative_to(snapshot.root)
    assert snapshot.server_text(PurePosixPath("kit:gunicorn_sync.py")) == copy.read_text()
    assert "daemon off;" in snapshot.nginx_template
    assert "JOURNAL_WSGI" in snapshot.journal.read_text()


def test_packages_that_are_developed_in_the_project_are_imported_from_its_copy(project, tmp_path):
    """What they write beside themselves would be in the user's own folder else: files that collectstatic makes, say."""
    (project / "app" / "src").mkdir()
    (project / "app" / "src" / "shop.py").write_text("")
    home = project / ".venv"
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "_shop.pth").write_text(f"{project / 'app' / 'src'}\n")
    interpreter = replace(kits_own(), prefix=home, program=home / "bin" / "python")

    snapshot = take_snapshot(declared(), project, tmp_path / "copy", None, interpreter)

    told = "import shop; print(shop.__file__)"
    imported = subprocess.check_output([snapshot.python, "-c", told], env=snapshot.modules, text=True).strip()
    assert imported == str(tmp_path / "copy" / "app" / "src" / "shop.py")
    assert take_snapshot(declared(), project, tmp_path / "other", None).modules == {}


def test_a_missing_server_file_is_named(project, tmp_path):
    with pytest.raises(ConfigurationError, match=r"cannot copy .*servers/granian\.ini"):
        take_snapshot(declared(server="servers/granian.ini"), project, tmp_path / "copy", None)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_copies_belong_to_the_account_and_private_files_stay_private(project, tmp_path):
    (project / "app" / "secrets.py").write_text("hush")
    (project / "app" / "secrets.py").chmod(0o600)

    snapshot = take_snapshot(declared(), project, tmp_path / "copy", Account(name="them", uid=12345, gid=12346))

    assert {path.stat().st_uid for path in (snapshot.root, *snapshot.root.rglob("*"))} == {12345}
    assert (snapshot.root / "app" / "secrets.py").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", ["app/manage.py", "servers/uwsgi.ini"])
def test_a_copy_for_which_there_is_no_room_is_told_as_that_in_one_line(part, project, tmp_path, monkeypatch):
    copy = shutil.copy2

    def full(source, target, **given):
        if os.fspath(source).endswith(part):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        return copy(source, target, **given)

    monkeypatch.setattr(shutil, "copy2", full)

    with pytest.raises(
        DeploymentError, match=r"^experiment small: cannot copy [^\[]* to run it: no space left; make room"
    ):
        take_snapshot(declared(), project, tmp_path / "copy", None)


def test_a_file_that_cannot_be_read_is_told_by_its_name(project, tmp_path, monkeypatch):
    def closed(source, _target, **_given):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(source))

    monkeypatch.setattr(shutil, "copy2", closed)

    with pytest.raises(ConfigurationError, match=r"to run it: \[Errno 5\] Input/output error: '\S+/manage\.py'"):
        take_snapshot(declared(), project, tmp_path / "copy", None)

"""A run copies what git knows of a site, and never what may lead to a database of the user's own."""

import subprocess
from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError
from badgateway.stack.copied_files import copied_files
from badgateway.stack.project import take_snapshot
from tests.declared import experiment

FILES = (
    "manage.py",
    "shop/views.py",
    "new.py",
    ".env",
    "shop/.env.production",
    "venv/pyvenv.cfg",
    "venv/lib/x.py",
    "media/a.jpg",
    "media/seed/b.jpg",
    "db.sqlite3",
    "results/shop/report.html",
    "shop/results/a.py",
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site that is in no repository."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def repository(site: Path) -> Path:
    """A site in a repository that has one file still to be added, and whose .env was added by mistake."""
    (site / ".gitignore").write_text("media/\ndb.sqlite3\n")
    git(site, "init", "-q")
    git(site, "add", "manage.py", "shop", ".env", ".gitignore")
    return site


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


def names(folder: Path, *copy: str) -> list[str]:
    return [str(file) for file in copied_files(folder, copy)]


def test_in_a_repository_what_git_knows_is_copied_but_no_secrets_environments_and_results(repository):
    assert names(repository) == [".gitignore", "manage.py", "new.py", "shop/results/a.py", "shop/views.py"]


def test_a_part_of_a_repository_may_be_the_application(repository):
    assert names(repository / "shop") == ["views.py"]


def test_outside_of_one_all_is_copied_but_secrets_environments_and_results(site):
    assert names(site) == [
        "db.sqlite3",
        "manage.py",
        "media/a.jpg",
        "media/seed/b.jpg",
        "new.py",
        "shop/results/a.py",
        "shop/views.py",
    ]


def test_what_git_ignores_is_copied_where_it_is_asked_for(repository):
    assert set(names(repository, "media/seed", "*.sqlite3")) - set(names(repository)) == {
        "media/seed/b.jpg",
        "db.sqlite3",
    }


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("fixtures", "application.copy: there is no fixtures in "),
        (".env", "application.copy: .env may name a database of yours, so it is never copied"),
        ("shop/.env*", "application.copy: shop/.env.production may name a database of yours"),
    ],
)
def test_what_cannot_be_copied_is_told(repository, pattern, told):
    with pytest.raises(ConfigurationError) as refused:
        copied_files(repository, [pattern])
    assert str(refused.value).startswith(told)


def test_a_folder_that_git_ignores_as_a_whole_is_copied_as_one_outside(repository):
    assert names(repository / "media") == ["a.jpg", "seed/b.jpg"]


def test_a_file_that_git_knows_and_that_is_gone_is_not_copied(repository):
    (repository / "shop" / "views.py").unlink()

    assert "shop/views.py" not in names(repository)


def test_nothing_that_a_repository_names_is_executed(repository):
    (repository / "hook").write_text("#!/bin/sh\ntouch executed\n")
    (repository / "hook").chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(repository / "hook"))
    names(repository)

    assert not (repository / "executed").exists()


def test_a_repository_that_git_cannot_read_is_told(repository):
    (repository / ".git" / "index").write_text("nonsense")

    with pytest.raises(ConfigurationError, match=r"^application\.directory: git cannot tell which files are of "):
        copied_files(repository)


def test_a_link_to_a_folder_brings_what_is_in_it_and_one_that_leads_back_nothing(site):
    (site / "again").symlink_to(site / "shop")
    (site / "shop" / "back").symlink_to(site)

    assert [name for name in names(site) if "again" in name or "back" in name] == [
        "again/results/a.py",
        "again/views.py",
    ]


def test_a_link_to_an_environment_is_none_of_the_sites_files(repository, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "pyvenv.cfg").touch()
    (repository / ".venv").symlink_to(outside)

    assert not [name for name in names(repository) if name.startswith(".venv")]


def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path, repository, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "precious").write_text("x")
    (repository / "there").symlink_to(outside)
    for name in ("uwsgi.ini", "gunicorn_gevent.py"):
        (repository / "servers").mkdir(exist_ok=True)
        (repository / "servers" / name).touch()

    with pytest.raises(ConfigurationError, match=r"there is a link out of the project, to .*let git ignore"):
        take_snapshot(experiment(application={"directory": "."}), repository, tmp_path / "copy", None)

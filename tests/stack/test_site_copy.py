"""What is copied of a repository is what git knows, and never a secret or an environment."""

import subprocess

import pytest

from badgateway.errors import ConfigurationError
from badgateway.stack import site_copy
from badgateway.stack.site_copy import copy_site


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "site"
    secrets, environment = (".env", "shop/.env.local"), ("odd/pyvenv.cfg", "odd/lib.py")
    for name in (*secrets, *environment, "manage.py", "media/large.jpg", "shop/views.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("text")
    return root


def copied(root):
    copy_site(root, root.parent / "copy", None)
    return {str(path.relative_to(root.parent / "copy")) for path in (root.parent / "copy").rglob("*") if path.is_file()}


def test_without_git_all_but_secrets_and_environments(repository):
    assert copied(repository) == {"manage.py", "media/large.jpg", "shop/views.py"}


def test_with_git_what_it_knows_and_what_is_new_but_not_ignored(repository):
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    (repository / ".gitignore").write_text("media/\n")
    subprocess.run(["git", "add", "-f", ".env", "manage.py"], cwd=repository, check=True)

    assert copied(repository) == {".gitignore", "manage.py", "shop/views.py"}


def test_what_git_ignores_is_left_out_of_somebody_elses_repository_too(repository, monkeypatch):
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    (repository / ".gitignore").write_text("media/\n")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    assert copied(repository) == {".gitignore", "manage.py", "shop/views.py"}


def test_a_link_out_of_it_is_not_followed(repository, tmp_path):
    (tmp_path / "precious").write_text("precious")
    (repository / "link").symlink_to(tmp_path / "precious")
    (repository / "folder").symlink_to(tmp_path)

    assert copied(repository) == {"manage.py", "media/large.jpg", "shop/views.py"}


def test_what_would_fill_the_disk_is_refused(repository, monkeypatch):
    monkeypatch.setattr(site_copy, "MOST_BYTES", 3)

    with pytest.raises(ConfigurationError, match=r"\.gitignore"):
        copied(repository)

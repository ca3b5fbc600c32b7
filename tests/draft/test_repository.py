"""What is there is found, and nothing in environments and tests is taken for the site's."""

from pathlib import PurePosixPath

from badgateway.draft.repository import look


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_the_manage_py_nearest_to_the_top_is_the_sites_and_none_of_an_environment(tmp_path):
    touch(
        tmp_path, ".venv/pyvenv.cfg", ".venv/lib/site-packages/django/manage.py", "backend/manage.py", "a/b/manage.py"
    )
    touch(tmp_path, "odd-name/pyvenv.cfg", "odd-name/manage.py", "tests/manage.py", "node_modules/x/manage.py")
    found = look(tmp_path)

    assert found.manage == PurePosixPath("backend/manage.py")
    assert found.directory == PurePosixPath("backend")
    assert set(found.environments) == {PurePosixPath(".venv"), PurePosixPath("odd-name")}


def test_an_environment_may_be_a_link(tmp_path):
    touch(tmp_path, "elsewhere/env/pyvenv.cfg", "site/app.py", "site/real/a.py")
    (tmp_path / "site/.venv").symlink_to(tmp_path / "elsewhere/env")
    (tmp_path / "site/link").symlink_to(tmp_path / "site/real")

    assert look(tmp_path / "site").environments == (PurePosixPath(".venv"),)


def test_modules_are_named_as_a_server_would_that_is_started_beside_manage_py(tmp_path):
    touch(tmp_path, "backend/manage.py", "backend/shop/wsgi.py", "backend/shop/asgi.py", "backend/shop/__init__.py")

    assert look(tmp_path).modules == ("shop.wsgi", "shop.asgi", "shop")


def test_a_site_without_django_is_looked_for_in_its_usual_names_and_its_packages(tmp_path):
    touch(tmp_path, "app.py", "shop/__init__.py", "shop/main.py", "tests/__init__.py")

    assert look(tmp_path).modules == ("app", "shop", "shop.main")


def test_the_packages_that_files_ask_for_are_known_by_name(tmp_path):
    (tmp_path / "requirements.txt").write_text("Django>=5\n# a comment\npsycopg[binary]==3.2\n-r other.txt\n")
    (tmp_path / "pyproject.toml").write_text('dependencies = ["flask_login>=1", "uvicorn"]\n')

    assert {"django", "psycopg", "flask-login", "uvicorn"} <= set(look(tmp_path).required)


def test_so_are_those_of_lists_for_one_environment(tmp_path):
    touch(tmp_path, "requirements/base.txt", "requirements-prod.txt", "notes.txt")
    for name in ("requirements-dev.txt", "requirements/test.txt", "requirements/local.txt"):
        (tmp_path / name).write_text("psycopg2-binary\n")
    (tmp_path / "requirements/base.txt").write_text("psycopg[binary]\n")
    (tmp_path / "requirements-prod.txt").write_text("gunicorn\n")
    (tmp_path / "notes.txt").write_text("pymysql\n")

    assert set(look(tmp_path).required) == {"psycopg", "gunicorn"}


def test_what_installs_the_packages_is_told_by_its_lock(tmp_path):
    touch(tmp_path, "requirements.txt", "uv.lock")

    assert look(tmp_path).installer == "uv"

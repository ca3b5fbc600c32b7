"""A site without a server is lent the kit's own, and nothing that it has itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from badgateway.process.interpreter import kits_own
from badgateway.stack.overlay import lend
from tests.stack.sites import site


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_server_comes_with_what_it_needs_and_can_be_imported(tmp_path):
    lend(["uvicorn"], (), tmp_path / "lent")

    assert {"uvicorn", "click", "h11"} <= names(tmp_path / "lent")
    ask = [sys.executable, "-S", "-c", "import uvicorn; print(uvicorn.__file__)"]
    told = subprocess.check_output(ask, env={"PYTHONPATH": f"{tmp_path}/lent"}, text=True)
    assert told.strip() == f"{tmp_path}/lent/uvicorn/__init__.py"


def test_what_the_site_has_itself_is_not_lent(tmp_path):
    lend(["uvicorn"], {"click"}, tmp_path / "lent")

    assert "h11" in names(tmp_path / "lent")
    assert "click" not in names(tmp_path / "lent")


@pytest.mark.parametrize("installed", [set(), {"gunicorn"}])
def test_what_one_server_package_needs_for_another_comes_with_them(tmp_path, installed):
    lend(["gunicorn", "gevent", "greenlet"], installed, tmp_path / "lent")

    assert {"gevent", "packaging"} <= names(tmp_path / "lent")
    assert ("gunicorn" in names(tmp_path / "lent")) == (not installed)
    assert not names(tmp_path / "lent") & {"tornado", "pytest", "setproctitle"}


def test_the_kits_own_packages_stay_where_they_are(tmp_path):
    lend(["gunicorn", "uvicorn"], (), tmp_path / "lent")

    assert not names(tmp_path / "lent") & {"badgateway", "pydantic", "locust", "django"}


@pytest.mark.skipif(kits_own().version_of("uwsgi") is None, reason="only where uWSGI is installed")
def test_a_server_that_is_no_python_is_lent_as_a_program(tmp_path):
    lend(["uwsgi"], (), tmp_path / "lent")

    assert (tmp_path / "lent" / "bin" / "uwsgi").stat().st_mode & 0o111


def test_a_lent_server_is_started_by_the_sites_own_python(tmp_path):
    (tmp_path / "lent" / "bin").mkdir(parents=True)
    (tmp_path / "lent" / "bin" / "uwsgi").touch()
    lent = site(lent=tmp_path / "lent")

    assert lent.argv_of(("/opt/kit/bin/gunicorn", "-c", "x")) == ("/opt/kit/bin/python", "-m", "gunicorn", "-c", "x")
    assert lent.argv_of(("/opt/kit/bin/uwsgi", "--ini")) == (f"{tmp_path}/lent/bin/uwsgi", "--ini")
    assert site().argv_of(("/opt/kit/bin/gunicorn",)) == ("/opt/kit/bin/gunicorn",)

"""A site's own Python says what it is and what it has; the kit believes no file name."""

import ast
import sys
import venv
from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.process.interpreter import kits_own, read_interpreter

ROOT = Path(__file__).parents[2]
IN_A_SITES_PYTHON = (
    "servers/journal.py",
    "badgateway/stack/look_at_settings.py",
    "badgateway/probe/connect_cost.py",
    "badgateway/process/look_at_python.py",
)


def test_the_kits_own_is_the_one_that_runs_it():
    own = kits_own()

    assert (own.program, own.prefix) == (Path(sys.executable), Path(sys.prefix))
    assert own.version_of("Click") == own.packages["click"]
    assert own.lacks(["pydantic_core", "no-such-thing", "no-such-thing"]) == ["no-such-thing"]


def test_an_environment_of_a_sites_own_has_what_is_installed_there_and_nothing_else(tmp_path):
    venv.create(tmp_path / "env", symlinks=True)
    site_packages = tmp_path / "env" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (site_packages / "Shop_Kit-2.5.dist-info").mkdir()
    (site_packages / "Shop_Kit-2.5.dist-info" / "METADATA").write_text("Name: Shop_Kit\nVersion: 2.5\n")

    found = read_interpreter(tmp_path / "env" / "bin" / "python", folder=tmp_path, account=None)

    assert (found.prefix, dict(found.packages)) == (tmp_path / "env", {"shop-kit": "2.5"})
    assert found.fits(kits_own())
    assert found.installing("gunicorn") == f"uv pip install --python {tmp_path}/env/bin/python gunicorn"


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("hello", "is no Python interpreter; name the site's own"),
        ("", "is no Python interpreter; name the site's own"),
        (
            '{"implementation": "CPython", "version": "3.7.17", "tag": "x", "prefix": "/x", "packages": {}}',
            "is CPython 3.7.17; sites are run with Python 3.8 or later",
        ),
    ],
)
def test_what_cannot_run_a_site_is_refused_in_one_line(printed, told, tmp_path):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho '{printed}'\n")
    program.chmod(0o755)

    with pytest.raises(ConfigurationError) as refused:
        read_interpreter(program, folder=tmp_path, account=None)
    assert str(refused.value) == f"application.python: {program} {told}"


def test_one_that_cannot_be_started_is_told_with_its_key(tmp_path):
    with pytest.raises(DeploymentError, match=r"^application\.python: program .* not found"):
        read_interpreter(tmp_path / "python", folder=tmp_path, account=None)


@pytest.mark.parametrize("file", IN_A_SITES_PYTHON)
def test_what_runs_in_a_sites_own_python_is_written_for_the_oldest(file):
    ast.parse((ROOT / file).read_text(), feature_version=(3, 8))

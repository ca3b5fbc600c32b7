"""Which Python has a site's packages: the nearest environment, or what the tools say that know."""

import sys
from pathlib import Path

import pytest

from badgateway.draft.repository import look
from badgateway.errors import ConfigurationError
from badgateway.stack.site_python import site_python


def environment(folder: Path) -> Path:
    program = folder / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (folder / "pyvenv.cfg").touch()
    return folder


@pytest.fixture(autouse=True)
def _no_other(monkeypatch, tmp_path):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:/usr/bin:/bin")


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "mono" / "packages" / "web"
    folder.mkdir(parents=True)
    return folder


def found(site: Path, given: Path | None = None) -> tuple[str, str]:
    _, python = site_python(look(site), given)
    return python.program, python.source


def test_one_in_the_repository_comes_first_and_is_named_from_there(site, monkeypatch, tmp_path):
    environment(site / "env")
    monkeypatch.setenv("VIRTUAL_ENV", str(environment(tmp_path / "active")))

    assert found(site) == ("env/bin/python", "env/")


def test_the_active_one_is_next_but_for_the_kits_own(site, monkeypatch, tmp_path):
    monkeypatch.setenv("VIRTUAL_ENV", str(environment(tmp_path / "active")))
    assert found(site) == (str(tmp_path / "active/bin/python"), "$VIRTUAL_ENV")

    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    environment(tmp_path / "mono/.venv")
    (tmp_path / "mono/uv.lock").touch()
    assert found(site)[1] == f"the workspace of uv in {tmp_path / 'mono'}"


def test_what_runs_the_kit_is_taken_last(site, monkeypatch, tmp_path):
    programs = environment(tmp_path / "programs").joinpath("bin")
    (programs / "python3").symlink_to("python")
    monkeypatch.setenv("PATH", f"{sys.prefix}/bin:{programs}")

    assert found(site)[0] == str(programs / "python3")


def test_a_member_of_a_workspace_of_uv_has_its_environment(site, tmp_path):
    environment(tmp_path / "mono/.venv")
    assert found(site)[1].startswith("PATH: ")

    (tmp_path / "mono/uv.lock").touch()
    assert found(site) == (str(tmp_path / "mono/.venv/bin/python"), f"the workspace of uv in {tmp_path / 'mono'}")


@pytest.mark.parametrize(("lock", "tool"), [("poetry.lock", "poetry"), ("Pipfile.lock", "pipenv")])
def test_the_tool_that_locks_its_packages_is_asked(site, tmp_path, lock, tool):
    (site / lock).touch()
    place, program = environment(tmp_path / "kept"), tmp_path / "programs" / tool
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho a line before\necho {place}\n")
    program.chmod(0o755)

    assert found(site)[0] == str(place / "bin/python")
    program.write_text("#!/bin/sh\nexit 1\n")
    assert found(site)[1].startswith("PATH: ")


def test_one_that_is_named_has_to_be_there(site):
    with pytest.raises(ConfigurationError, match="--python nowhere: no such program"):
        found(site, Path("nowhere"))

"""Finds the Python that has a site's packages; it asks the tools that know, and makes no environment."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from badgateway.draft.draft import Python
from badgateway.draft.repository import Repository
from badgateway.errors import ConfigurationError
from badgateway.plan.programs import search_path
from badgateway.plan.site_modules import ENVIRONMENT_MARK

_TOOLS = (
    ("poetry.lock", ("poetry", "env", "info", "--path"), "poetry env info"),
    ("Pipfile.lock", ("pipenv", "--venv"), "pipenv --venv"),
)


def site_python(repository: Repository, given: Path | None) -> tuple[Path, Python]:
    """Return the interpreter of the site: its path, and how the experiment's file names it.

    Raises:
        ConfigurationError: What was given is none, or none was found.
    """
    if given is not None:
        program = shutil.which(given, path=search_path()) or ""
        if not program:
            raise ConfigurationError(f"--python {given}: no such program; name the Python of the site's environment")
        return _found(Path(program).absolute(), repository, "--python")
    for folder, source in _environments(repository):
        program_file = folder / "bin" / "python"
        if os.access(program_file, os.X_OK):
            return _found(program_file, repository, source)
    # What runs the kit itself may stand first there, as under uvx.
    own = Path(sys.prefix) / "bin"
    places = [place for place in search_path().split(os.pathsep) if Path(place) != own]
    other = shutil.which("python3", path=os.pathsep.join(places)) or shutil.which("python3", path=search_path())
    if other is None:
        raise ConfigurationError("no Python of the site's was found; name it: --python .venv/bin/python")
    return _found(Path(other), repository, "PATH: no environment was found in the repository")


def _environments(repository: Repository) -> Iterator[tuple[Path, str]]:
    for one in repository.environments:
        yield repository.root / one, f"{one}/"
    active = os.environ.get("VIRTUAL_ENV")
    # What runs the kit itself is mostly no environment of the site's.
    if active and Path(active).resolve() != Path(sys.prefix).resolve():
        yield Path(active), "$VIRTUAL_ENV"
    for above in repository.root.parents:
        # A workspace of uv has one environment for all that is in it.
        if (above / "uv.lock").is_file() and (above / ".venv" / ENVIRONMENT_MARK).is_file():
            yield above / ".venv", f"the workspace of uv in {above}"
    for file, command, source in _TOOLS:
        place = _printed(command, repository.root) if repository.named(file) else ""
        if place:
            yield Path(place), source
    if active:
        yield Path(active), "$VIRTUAL_ENV, which the kit runs in too"


def _printed(command: tuple[str, ...], folder: Path) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def _found(program: Path, repository: Repository, source: str) -> tuple[Path, Python]:
    root = repository.root
    shown = program.relative_to(root) if program.is_relative_to(root) else program
    return program, Python(program=str(shown), source=source)

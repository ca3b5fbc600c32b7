"""Other versions of Python, where this machine has them: a site may run on any of them."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

VERSIONS = ("3.8", "3.9", "3.10", "3.12", "3.13", "3.14")


def demand_interpreter(version: str) -> str:
    """Return an interpreter of that version; a test that wants one is skipped where there is none."""
    found = _interpreter(version)
    if found is None:
        pytest.skip(f"no Python {version} here")
    return found


@cache
def _interpreter(version: str) -> str | None:
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = (shutil.which(f"python{version}"), *sorted(home.glob(f"{version}.*/bin/python")))
    return next((str(one) for one in candidates if one and _runs(str(one))), None)


def _runs(program: str) -> bool:
    # What a version manager puts into PATH may only say that the version is not chosen.
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0

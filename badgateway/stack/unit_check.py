"""Lets systemd check a unit in a staged root, where every program that it names is a stand-in."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from badgateway.plan.programs import search_path
from badgateway.store.temporary_folder import temporary_folder

PROGRAM = "systemd-analyze"
DEADLINE_S = 30.0
_SYSTEM_UNITS = (Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"))
_EXEC = re.compile(r"^Exec\w+=[-@:+!]*(/\S+)", re.MULTILINE)


def unit_faults(name: str, text: str) -> tuple[str, ...] | None:
    """Return what systemd has to say against a unit, a line each; None where this machine has no systemd to ask.

    A key that it does not know is a fault too, though systemd would go on without it.
    """
    program = shutil.which(PROGRAM, path=search_path())
    units = next((folder for folder in _SYSTEM_UNITS if folder.is_dir()), None)
    if program is None or units is None:
        return None
    with temporary_folder() as folder:
        _stage(folder, name, text, units)
        done = subprocess.run(
            [program, "verify", f"--root={folder}", name],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    return tuple(_said(done.stdout + done.stderr, folder, done.returncode))


def _stage(folder: Path, name: str, text: str, units: Path) -> None:
    shutil.copytree(units, folder / "usr/lib/systemd/system", symlinks=True)
    own = folder / "etc/systemd/system"
    own.mkdir(parents=True)
    (own / name).write_text(text, encoding="utf-8")
    for program in _EXEC.findall(text):
        stand_in = folder / program.lstrip("/")
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text("#!/bin/sh\n")
        stand_in.chmod(0o755)


def _said(output: str, folder: Path, status: int) -> Iterator[str]:
    lines = [line.replace(f"{folder}/", "/") for line in output.splitlines() if line.strip()]
    yield from lines
    if status and not lines:
        yield f"{PROGRAM} ended with status {status}"

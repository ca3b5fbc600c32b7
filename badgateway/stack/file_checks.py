"""Lets others' programs check files of a deployment, where this machine has them: systemd, schemas, a linter."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from badgateway.plan.programs import search_path
from badgateway.stack.unit_check import PROGRAM, unit_faults
from badgateway.store.temporary_folder import temporary_folder

_DEADLINE_S = 60.0
_CHECKED_BY: Mapping[str, tuple[str, ...]] = {
    "Dockerfile": ("hadolint",),
    "compose.yaml": ("check-jsonschema", "--builtin-schema", "vendor.compose-spec"),
    "deployment.yaml": ("kubernetes-validate", "--strict"),
}
"""By a file's name: the command that checks it, without the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a program says of a file."""

    path: PurePosixPath
    program: str
    faults: tuple[str, ...] | None
    """A line each; None where this machine has no such program."""


def checks(texts: Mapping[PurePosixPath, str]) -> Iterator[Check]:
    """Yield what is said of each file that there is a program for."""
    for path, text in texts.items():
        if path.suffix == ".service":
            yield Check(path=path, program=f"{PROGRAM} verify", faults=unit_faults(path.name, text))
        elif words := _CHECKED_BY.get(path.name):
            yield Check(path=path, program=words[0], faults=_faults(words, path.name, text))


def _faults(words: Sequence[str], name: str, text: str) -> tuple[str, ...] | None:
    program = shutil.which(words[0], path=search_path())
    if program is None:
        return None
    with temporary_folder() as folder:
        (folder / name).write_text(text, encoding="utf-8")
        command = [program, *words[1:], str(folder / name)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    return tuple(_said(done, folder)) if done.returncode else ()


def _said(done: subprocess.CompletedProcess[str], folder: Path) -> Iterator[str]:
    lines = [line.replace(f"{folder}/", "") for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    yield from lines or [f"ended with status {done.returncode}"]

"""Finds what earlier runs and the kit's environments take on disk, and could be made again or is no longer read."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from badgateway.store.run_folder import runs_in
from badgateway.store.run_lock import LOCK
from badgateway.store.writing import writing

ENVIRONMENTS = (".nox", ".venv")
CACHES = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis")
PROJECT_FILE = "noxfile.py"
"""Whose folder holds it is a project of the kit, whose environments `./lab` makes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A folder that can be removed."""

    path: Path
    what: str
    """Such as 'run' or 'environment'."""
    size_bytes: int
    age_s: float
    """Since something was last written into the folder itself."""


def old_runs(results: Path, *, kept: int, least_age_s: float) -> Iterator[Leftover]:
    """Yield the runs below results that may go, oldest first within each experiment.

    Reference reports are no runs: they have no manifest. A run that is going on is never among them.

    Args:
        results: Where runs are kept, RESULTS/EXPERIMENT/TIME.
        kept: How many of the newest runs of each experiment stay.
        least_age_s: Younger runs stay.
    """
    for experiment in sorted(results.glob("*/")):
        by_age = runs_in(experiment)
        for run in by_age[: max(len(by_age) - kept, 0)]:
            found = _measured(run, "run")
            if found.age_s >= least_age_s and not _is_going_on(run):
                yield found


def environments(project: Path) -> Iterator[Leftover]:
    """Yield the kit's environments and caches in a project's folder; nothing where it is no project of the kit."""
    if not (project / PROJECT_FILE).is_file() or not (project / "badgateway").is_dir():
        return
    for what, names in (("environment", ENVIRONMENTS), ("cache", CACHES)):
        yield from (_measured(project / name, what) for name in names if (project / name).is_dir())


def remove(leftover: Leftover) -> None:
    """Remove a folder with all that is in it; links in it are removed, not followed.

    Raises:
        ResultsError: It cannot be removed.
    """
    with writing(leftover.path):
        shutil.rmtree(leftover.path)
        latest = leftover.path.parent / "latest"
        if latest.is_symlink() and not latest.exists():
            latest.unlink()


def _is_going_on(run: Path) -> bool:
    try:
        lock = os.open(run / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _measured(folder: Path, what: str) -> Leftover:
    age_s = max(time.time() - folder.stat().st_mtime, 0.0)
    return Leftover(path=folder, what=what, size_bytes=size_bytes(folder), age_s=age_s)


def size_bytes(folder: Path) -> int:
    """Return what the files below a folder take on disk; what goes meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(Path(place, name)).st_blocks * 512
    return total

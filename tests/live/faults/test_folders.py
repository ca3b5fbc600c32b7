"""Somebody closes or removes the folder that a run's servers live in: no configuration's fault, and it is told."""

import shutil
from pathlib import Path

import pytest

from badgateway.model import raw as raw_files
from tests.live.faults.kit import Kit, make_project, read_report, trials

pytestmark = [pytest.mark.live, pytest.mark.fault("folder")]

FAILED = 4
SOME_ROWS_BYTES = 300
"""The header of the client's rows, and a few rows."""


def run_folder_under_load(kit: Kit) -> Path:
    """Return the folder of a run whose load has begun."""

    def load_runs() -> bool:
        rows = [file for folder in kit.temporary_folders() for file in folder.rglob(f"{raw_files.CLIENT_ROWS}*")]
        return any(file.stat().st_size > SOME_ROWS_BYTES for file in rows)

    kit.await_that(load_runs, "load")
    (folder,) = kit.temporary_folders()
    return folder


@pytest.mark.parametrize("what", ["closed", "removed"])
def test_a_run_folder_that_somebody_closes_or_removes_ends_the_run_by_its_name(what: str, tmp_path: Path):
    project = make_project(tmp_path)
    kit = Kit(project, "run", "experiments/tiny.toml", "--no-worker-checks", "--window", "20")
    folder = run_folder_under_load(kit)
    folder.chmod(0) if what == "closed" else shutil.rmtree(folder, ignore_errors=True)
    status = kit.end()

    assert status == FAILED, kit.errors
    change = f"the mode of {folder} was changed from " if what == "closed" else f"{folder} was removed "
    (told,) = [line for line in kit.errors.splitlines() if line.startswith("badgateway: ")]
    assert told.startswith(f"badgateway: {change}"), told
    assert told.endswith("keep it away from there, and run again; --resume keeps what was measured"), told
    assert kit.survivors() == []
    kept = list(project.glob("results/tiny/2*"))
    assert [trial["status"] for one in kept for trial in trials(read_report(one)).values()] == ["INVALID"] * len(kept)
    assert len(kept) == (what == "closed")

"""The disk gets full in the middle of a run: it is told in a line, and the run goes on when there is room."""

import math
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.faults.kit import BADGATEWAY, make_project, run

pytestmark = [pytest.mark.live, pytest.mark.fault("full disk"), pytest.mark.timeout(180)]

TINY = ("experiments/tiny.toml", "--no-worker-checks", "--seed", "1")
ANSWERS = {0, 1, 3}
FAILED = 4
PAGE_BYTES = 4096
TMP_BYTES = 40 << 20
"""Too little for MariaDB's files, enough for what comes before."""


def disk(place: Path, size_bytes: int, *, again: bool = False) -> None:
    """Make place a disk of its own, or give the one that it is another size."""
    options = f"size={size_bytes}" + (",remount" if again else "")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this account, or this container, may not mount a disk")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    made = make_project(tmp_path / "project")
    (made / "results").mkdir()
    yield made
    subprocess.run(["umount", made / "results"], capture_output=True, check=False)


@pytest.fixture(scope="module")
def whole_bytes(tmp_path_factory: pytest.TempPathFactory) -> int:
    """What the results of a whole run need."""
    made = make_project(tmp_path_factory.mktemp("whole"))
    kit, status = run(made, "run", *TINY)
    assert status in ANSWERS, kit.errors
    sizes = [file.stat().st_size for file in (made / "results").rglob("*")]
    return sum(max(1, math.ceil(size / PAGE_BYTES)) * PAGE_BYTES for size in sizes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize("share", [0.02, 0.25, 0.5, 0.7])
def test_results_that_find_no_room_are_told_and_the_run_goes_on_when_there_is(share, whole_bytes, project):
    disk(project / "results", int(share * whole_bytes))
    kit, status = run(project, "run", *TINY)

    assert status == FAILED, kit.errors
    told = [line for line in kit.errors.splitlines() if line.startswith("badgateway: ")]
    assert len(told) == 1
    assert told[0].startswith("badgateway: results/tiny")
    assert told[0].endswith(": cannot be written: No space left on device")
    assert "Traceback" not in kit.errors
    assert "[(" not in kit.errors
    assert kit.survivors() == []
    kept = [file.parent.name for file in project.glob("results/tiny/2*/trials/[!.]*/trial.json")]
    assert not any(name in told[0] for name in kept), "it names a trial that was kept"

    disk(project / "results", 4 * whole_bytes, again=True)
    begun = list(project.glob("results/tiny/2*/manifest.json"))
    goes_on, status = run(project, "run", *TINY, *(["--resume"] if begun else []))

    assert status in ANSWERS, goes_on.errors
    assert len(list(project.glob("results/tiny/2*/trials/[!.]*/trial.json"))) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize("size_bytes", [16 * PAGE_BYTES, TMP_BYTES])
def test_a_temporary_folder_that_finds_no_room_is_told_and_leaves_nothing(size_bytes, project):
    # In a namespace of its own /tmp is small for this command alone; pytest's own folders may be below the real one.
    mounts = f"mount --bind {project} /mnt && mount -t tmpfs -o size={size_bytes},mode=1777 tmpfs /tmp && cd /mnt"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mounts} && exec {BADGATEWAY} run --beside {' '.join(TINY)}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("this container may not have a /tmp of its own")
    assert done.returncode == FAILED, done.stderr
    assert "No space left" in done.stderr or "no space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "[(" not in done.stderr

"""The kit is killed with SIGKILL at random moments of a whole run: nothing is left, and the run goes on."""

import random
import re
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from badgateway.analysis.run import analyse, publish
from badgateway.model.raw import MANIFEST
from badgateway.store.run_folder import RunFolder
from tests.live.faults.kit import REPORTS, Kit, make_project, run
from tests.live.test_stack import processes_of

pytestmark = [pytest.mark.live, pytest.mark.fault("kill"), pytest.mark.timeout(180)]

# With one seed, so that all runs have the same trials in the same order.
TINY = ("experiments/tiny.toml", "--no-worker-checks", "--seed", "1")
EARLIER = 0.8
ANSWERS = {0, 1, 3}
SWEPT_WITHIN_S = 5.0
IN_TMP = re.compile(r"^(/tmp/badgateway-[^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A run that nobody killed."""

    project: Path
    took_s: float
    trials: tuple[str, ...]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    project = make_project(tmp_path_factory.mktemp("whole"))
    begun_s = time.monotonic()
    kit, status = run(project, "run", *TINY)
    took_s = time.monotonic() - begun_s
    assert status in ANSWERS, kit.errors
    return Whole(project=project, took_s=took_s, trials=trials_of(run_of(project)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draw the moments: each is a share of the time that a whole run takes, one in each of as many equal parts."""
    if "share" in metafunc.fixturenames:
        kills, seed = metafunc.config.option.kills, metafunc.config.option.fault_seed
        draw = random.Random(seed)
        shares = [(number + draw.random()) / kills for number in range(kills)]
        metafunc.parametrize("share", shares, ids=[f"at-{share:.3f}" for share in shares])


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What was there at the very moment."""

    family: tuple[psutil.Process, ...]
    temporary: tuple[Path, ...]


def killed_after(length_s: float, project: Path) -> tuple[Kit, Killed]:
    """Run the tiny experiment and kill it after so long; aim earlier, where it had ended by itself by then.

    How it ended tells which it was: to look before the kill would leave a moment between the two.
    """
    kit = Kit(project, "run", *TINY)
    kit.look_on_for(length_s)
    left = kill(kit)
    status = kit.end()
    if status == -signal.SIGKILL:
        return kit, left
    assert status in ANSWERS, kit.errors
    shutil.rmtree(project / "results")
    return killed_after(EARLIER * length_s, project)


def kill(kit: Kit) -> Killed:
    """Kill the command, unless it has ended; it is stopped before, so that what is there at its end is seen whole."""
    kit.send(signal.SIGSTOP)
    family = tuple(kit.look())
    temporary = tuple(temporary_folders(kit.pid))
    kit.send(signal.SIGKILL)
    return Killed(family=family, temporary=temporary)


def temporary_folders(pid: int) -> set[Path]:
    """Return the folders below /tmp in which a process has a file open: the lock of its own one is."""
    # One that has ended has none, and soon no folder in /proc either.
    with suppress(OSError):
        links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
        return {Path(found[1]) for link in links if (found := IN_TMP.match(link))}
    return set()


def run_of(project: Path) -> RunFolder | None:
    """Return the only run of the tiny experiment; None when it was killed before that had its manifest."""
    found = [file.parent for file in project.glob(f"results/tiny/2*/{MANIFEST}")]
    assert len(found) <= 1
    return RunFolder(path=found[0]) if found else None


def trials_of(folder: RunFolder | None) -> tuple[str, ...]:
    assert folder is not None
    return tuple(one.name for one in folder.trial_folders())


def test_a_kill_leaves_nothing_and_the_run_goes_on_to_the_same_reports(share: float, whole: Whole, tmp_path: Path):
    project = make_project(tmp_path)
    kit, left = killed_after(share * whole.took_s, project)
    deadline = time.monotonic() + SWEPT_WITHIN_S
    while (lives(left) or kit.survivors()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (lives(left), kit.survivors()) == ([], [])

    folder = run_of(project)
    goes_on, status = run(project, "run", *TINY, *(["--resume"] if folder else []))
    assert status in ANSWERS, goes_on.errors
    assert "Traceback" not in goes_on.errors
    assert [one for one in left.temporary if one.exists()] == []

    folder = run_of(project)
    assert trials_of(folder) == whole.trials
    assert folder is not None
    assert_reported_again_to_the_same_bytes(folder)
    shutil.rmtree(project)


def lives(left: Killed) -> list[str]:
    """Return what lives of a killed kit, or has come to life in its folder since."""
    children = [process for process in left.family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    return [
        *(str(process) for process in children),
        *(line for one in left.temporary for line in processes_of(one)),
    ]


def assert_reported_again_to_the_same_bytes(folder: RunFolder) -> None:
    before = [(folder.path / name).read_bytes() for name in REPORTS]
    for name in REPORTS:
        (folder.path / name).unlink()
    publish(folder, analyse(folder))
    assert [name for name, text in zip(REPORTS, before, strict=True) if (folder.path / name).read_bytes() != text] == []

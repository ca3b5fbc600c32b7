"""A server file that plants links reaches nothing of root's; an ordinary user's run works as root's does."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from badgateway.model import raw
from badgateway.process.account import Account, unreachable_parent
from tests.live.conftest import ROOT
from tests.live.faults.kit import BADGATEWAY, MAY_KEEP, Kit, make_project, read_report, run, trials

UNDECIDED = 3

pytestmark = [
    pytest.mark.fault("link", always=True),
    pytest.mark.live,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root has what is kept from others, and can be another"),
]

TARGETS = (
    *("nginx.conf", "locust.log", "processes.csv", "samples.csv", "client-events.part", "client-events.json"),
    "secret",
)
SECRET = "root:$6$of-root-only"


@pytest.fixture(scope="module")
def targets(tmp_path_factory) -> Path:
    """Files that only root may read, one for each name that is planted."""
    folder: Path = tmp_path_factory.mktemp("targets")
    for name in TARGETS:
        (folder / name).write_text(SECRET)
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def planted(tmp_path_factory, targets: Path) -> tuple[Kit, int, Path]:
    """Return a run of the planting server beside an honest one: the command, its status, its folder."""
    project = make_project(tmp_path_factory.mktemp("project"))
    experiment = project / "experiments" / "planting.toml"
    experiment.write_text(experiment.read_text().replace("/nowhere", str(targets)))
    kit = Kit(project, "run", "experiments/planting.toml")
    status = kit.end()
    return kit, status, (project / "results" / "planting" / "latest").resolve()


def test_the_server_planted_what_it_could_and_came_up(planted):
    kit, status, folder = planted
    log = next(folder.glob("trials/*-planting-*/server.log")).read_text()

    assert status == 0, kit.errors
    assert log.count("planted written/") >= 9
    assert "planted servers/nginx.conf" in log
    assert "refused " in log
    assert [line for line in log.splitlines() if line.startswith("planted trial-")] == []


def test_what_the_links_lead_to_is_as_it_was(planted, targets):
    for name in TARGETS:
        status = (targets / name).stat()
        assert (targets / name).read_text() == SECRET, name
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 0, 0o600), name


def test_no_secret_is_in_the_results_and_all_files_are_roots_those_of_trials_for_root_alone(planted):
    _, _, folder = planted
    umask = os.umask(0)
    os.umask(umask)
    files = [path for path in folder.rglob("*") if not path.is_dir()]

    assert len(files) > 40
    for path in files:
        status = path.lstat()
        assert stat.S_ISREG(status.st_mode), path
        assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, mode_of(path, umask)), path
        assert SECRET.encode() not in path.read_bytes(), path


def mode_of(path: Path, umask: int) -> int:
    """Return the mode that a file of a run has."""
    made = {raw.TRIAL, raw.PROOF, raw.FILES, raw.LEDGER}
    is_raw = path.parent.parent.name in {"trials", "proofs"} and path.name not in made
    return 0o600 if is_raw else 0o666 & ~umask


def test_trials_after_it_have_the_front_that_the_project_declares(planted):
    _, _, folder = planted
    fronts = [file.read_text() for file in folder.glob("trials/*/nginx.conf")]

    assert len(fronts) == 4
    assert all("proxy_pass http://application;" in front for front in fronts)
    ran = [trial for one in read_report(folder)["configurations"] for trial in one["trials"]]
    assert [trial["failures"]["count"] for trial in ran] == [0] * 4


@pytest.fixture
def ordinary() -> Iterator[tuple[pwd.struct_passwd, Path]]:
    """Give an ordinary account, and a project of its own."""
    account = pwd.getpwnam("nobody")
    barred = unreachable_parent(BADGATEWAY, Account(name="nobody", uid=account.pw_uid, gid=account.pw_gid))
    barred = barred or unreachable_parent(ROOT / "app" / "x", Account(name="", uid=account.pw_uid, gid=account.pw_gid))
    if barred is not None:
        pytest.skip(f"nobody cannot enter {barred}")
    folder = Path(tempfile.mkdtemp(prefix="badgateway-test-", dir="/tmp"))
    make_project(folder)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    yield account, folder
    shutil.rmtree(folder)


def test_an_ordinary_user_runs_everything_as_themselves(ordinary):
    account, project = ordinary
    asked = ["experiments/small.toml", "--only", "gthread", "--no-worker-checks"]
    done = subprocess.run(
        [BADGATEWAY, "run", "--beside", *asked],
        capture_output=True, text=True, check=False, cwd=project, timeout=90, umask=0o022,
        user=account.pw_uid, group=account.pw_gid, extra_groups=[],
        env={"PATH": os.environ["PATH"], "HOME": str(project)},
    )  # fmt: skip

    assert done.returncode in (0, UNDECIDED), done.stderr
    (latest,) = project.glob("results/*/latest")
    folder = latest.resolve()
    assert {trial["status"] for trial in trials(read_report(folder)).values()} <= MAY_KEEP
    for path in folder.rglob("*"):
        assert path.lstat().st_uid == account.pw_uid, path
        assert path.is_dir() or stat.S_IMODE(path.lstat().st_mode) == mode_of(path, 0o022), path
    assert not list(left_by(account.pw_uid))


def left_by(uid: int) -> Iterator[Path]:
    """Find the folders of an account's runs in /tmp, where those of others come and go."""
    for path in Path("/tmp").glob("badgateway-run-*"):
        with suppress(FileNotFoundError):
            if path.stat().st_uid == uid:
                yield path


def test_an_ordinary_user_gets_the_report_of_a_folder_that_only_its_owner_can_write(ordinary):
    account, project = ordinary
    kit, status = run(project, "run", "experiments/tiny.toml", "--no-worker-checks")
    folder = (project / "results" / "tiny" / "latest").resolve()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = contents(folder)
    done = subprocess.run(
        [BADGATEWAY, "report", folder],
        capture_output=True, text=True, check=False, cwd="/", timeout=90,
        user=account.pw_uid, group=account.pw_gid, extra_groups=[],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
    )  # fmt: skip

    assert done.returncode == status, (kit.errors, done.stderr)
    # No report is kept, so there is no address of one.
    assert done.stdout.splitlines() == [line for line in kit.output.splitlines() if not line.startswith("Report: ")]
    assert done.stderr == f"badgateway: {folder} cannot be written, so no report was kept; give a folder: --out DIR\n"
    assert contents(folder) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

"""The worker checks of a real run: one driver lets others in under gevent, the other one does not."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from badgateway.model import raw
from badgateway.store.packed import unpacked
from tests.live.faults.kit import REPORTS, Kit, make_project, read_report, run

pytestmark = pytest.mark.live

DECIDED = {0, 1, 3}
HELD_BY = "app/school/views/wait.py:"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    ended, status = run(make_project(tmp_path_factory.mktemp("project")), "run", "experiments/worker-checks.toml")
    assert status in DECIDED, ended.errors
    return ended


@pytest.fixture(scope="module")
def folder(kit: Kit) -> Path:
    return (kit.project / "results" / "worker-checks" / "latest").resolve()


@pytest.fixture(scope="module")
def checked(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_report(folder)["worker_checks"]
    return found


def test_the_same_server_lets_others_in_with_one_driver_and_not_with_the_other(checked: dict[str, Any]):
    proofs = {proof["driver"]: proof for proof in checked["proofs"]}

    assert checked["complete"] is True
    assert {driver: proof["verdict"] for driver, proof in proofs.items()} == {
        "pymysql": "COOPERATIVE",
        "mysqlclient": "BLOCKING",
    }
    assert 2 * proofs["pymysql"]["wall_ms"] < proofs["mysqlclient"]["wall_ms"]
    assert proofs["mysqlclient"]["blocked_by"][0]["place"].startswith(HELD_BY)


def test_the_loop_that_a_driver_blocks_stands_still_and_the_line_of_the_application_is_named(checked: dict[str, Any]):
    loops = {watch["configuration"]: watch for watch in checked["loops"]}
    polite, trap = loops["polite"], loops["trap"]

    assert (polite["problem"], trap["problem"]) == ("", "")
    assert trap["share"] > 0.3
    assert trap["share"] > 2 * polite["share"]
    assert trap["longest_s"] >= trap["typical_s"] > 0.03
    own = [line["place"] for line in trap["blocked_by"] if line["is_own"]]
    assert own
    assert own[0].startswith(HELD_BY)


def test_each_worker_check_is_told_of_and_leaves_the_trials_alone(kit: Kit, folder: Path):
    told = [line for line in kit.errors.splitlines() if line.startswith("worker check ")]

    assert [line.split(":")[0] for line in told] == [f"worker check {step} of 5" for step in range(1, 6)]
    assert len(list(folder.glob(f"trials/*/{raw.TRIAL}"))) == 2
    journals = []
    for kept in folder.glob("trials/*"):
        with unpacked(kept) as trial:
            journals.append((trial / raw.JOURNAL).read_text())
    assert len(journals) == 2
    assert not any("\nblocked" in journal for journal in journals), "a trial that counts was watched"


def test_nothing_is_left_of_them_and_no_server_ran_as_root(kit: Kit):
    assert kit.survivors() == []
    names = {name for name, _ in kit.owners}
    assert "gunicorn" in names
    assert os.geteuid() != 0 or ("gunicorn", 0) not in kit.owners


def test_a_newcomer_reads_of_it_in_the_report(folder: Path):
    page = (folder / "report.html").read_text()

    assert "while a request waits?" in page
    assert "the event loop was held by app/school/views/wait.py" in page


def test_the_reports_are_made_again_to_the_same_bytes(folder: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    for name in REPORTS:
        (copy / name).unlink()

    run(tmp_path, "report", str(copy))

    assert [name for name in REPORTS if (copy / name).read_bytes() != (folder / name).read_bytes()] == []

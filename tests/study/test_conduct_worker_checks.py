"""What a run does besides its trials: kept apart from them, and as it ends."""

import dataclasses
import shutil

import pytest

from badgateway.analysis.run import analyse
from badgateway.errors import DeploymentError
from badgateway.model.raw import CONNECT_COSTS, PROOF
from badgateway.model.worker_checks import WorkerVerdict
from badgateway.plan.worker_checks import plan_worker_checks
from badgateway.store.run_folder import RunFolder
from badgateway.study.conduct import conduct
from badgateway.study.resume import clear_remains
from tests.study.fakes import COSTS, Seam, Told, manifest, small


@pytest.fixture(scope="module")
def planned():
    return dataclasses.replace(manifest(), worker_checks=plan_worker_checks(small()))


@pytest.fixture(scope="module")
def whole(planned, tmp_path_factory) -> tuple[RunFolder, Told, Seam]:
    """A run to its end, which tests may look at."""
    home = tmp_path_factory.mktemp("whole")
    (home / "bench").mkdir()
    folder, told, seam = RunFolder.create(home / "results", planned), Told(), Seam(home / "bench")
    conduct(folder, planned, folder.path, told, seam)
    return folder, told, seam


@pytest.fixture
def folder(planned, tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "results", planned)


@pytest.fixture
def run(seam, folder, planned, told):
    return lambda: conduct(folder, planned, folder.path, told, seam)


def test_a_manifest_with_worker_checks_is_read_back_as_it_was_written(folder, planned):
    assert folder.manifest() == planned


def test_proofs_trials_and_costs_are_kept_apart_from_the_trials_that_count(whole, planned):
    folder, _, _ = whole
    found = analyse(folder).worker_checks

    assert len(folder.trial_folders()) == len(planned.trials)
    assert found is not None
    assert found.complete
    assert [(proof.server, proof.driver, proof.verdict) for proof in found.proofs] == [
        ("servers/uwsgi.ini", "mysqlclient", WorkerVerdict.BLOCKING),
        ("servers/gunicorn_gevent.py", "pymysql", WorkerVerdict.BLOCKING),
        ("servers/gunicorn_gevent.py", "mysqlclient", WorkerVerdict.BLOCKING),
    ]
    assert [watch.configuration for watch in found.loops] == ["second", "third"]
    assert found.connect_costs == COSTS


def test_the_loops_are_watched_after_all_trials_and_never_in_them(run, seam):
    seen = []
    seam.on_drive = lambda trial, _raw: seen.append((trial.configuration, tuple(seam.watched)))
    run()

    assert [watched for _, watched in seen[:3]] == [()] * 3
    assert seam.watched == ["lone-1", "lone-2", "lone-3", "second", "third"]


def test_who_watches_is_told_of_each_step(whole):
    _, told, _ = whole

    assert [line.split(":")[0] for line in told.busy[1:]] == [f"worker check {step} of 6" for step in range(1, 7)]
    assert told.started == [1, 2, 3], "trials that count, no others"


def test_nothing_stands_and_no_raw_folder_is_left(whole):
    _, _, seam = whole

    assert seam.up == []
    assert list(seam.folder.iterdir()) == []


def test_worker_checks_that_are_interrupted_leave_all_trials_and_what_had_ended_of_it(run, seam, folder):
    def interrupt(name) -> None:
        if name == "lone-3":
            raise KeyboardInterrupt

    seam.on_deploy = interrupt
    with pytest.raises(KeyboardInterrupt):
        run()
    summary = analyse(folder)

    assert summary.complete, "all trials that count have ended"
    assert summary.worker_checks is not None
    assert (len(summary.worker_checks.proofs), summary.worker_checks.loops, summary.worker_checks.complete) == (
        2,
        (),
        False,
    )


def test_a_run_that_is_interrupted_before_its_worker_checks_has_none(run, seam, folder):
    def interrupt(trial, _raw) -> None:
        if trial.position == 3:
            raise KeyboardInterrupt

    seam.on_drive = interrupt
    with pytest.raises(KeyboardInterrupt):
        run()

    assert analyse(folder).worker_checks is None
    assert not folder.worker_checks.path.exists()


def test_a_server_that_does_not_come_up_alone_is_a_result_and_the_rest_goes_on(run, seam, folder):
    def fail(name) -> None:
        if name in {"lone-1", "second"} and seam.drives >= 3:
            raise DeploymentError("uwsgi ended with status 1; last log lines:\nboom")

    seam.on_deploy = fail
    run()
    found = analyse(folder).worker_checks

    assert found is not None
    assert found.complete
    assert found.proofs[0].reason == "did not come up: uwsgi ended with status 1"
    assert found.loops[0].problem == "uwsgi ended with status 1"


@pytest.mark.parametrize("damaged", [f"proofs/001-uwsgi-mysqlclient/{PROOF}", CONNECT_COSTS])
def test_a_damaged_record_costs_its_own_step_and_is_done_again(damaged, run, seam, folder):
    run()
    (folder.worker_checks.path / damaged).write_text("{")
    before = analyse(folder).worker_checks

    assert before is not None
    assert not before.complete

    clear_remains(folder)
    for left in seam.folder.iterdir():
        shutil.rmtree(left)
    run()
    after = analyse(folder).worker_checks

    assert after is not None
    assert after.complete


def test_the_verdict_is_made_from_what_was_measured(run, folder):
    run()
    file = folder.worker_checks.path / "proofs" / "001-uwsgi-mysqlclient" / PROOF
    file.write_text(file.read_text().replace("1620.0", "205.0"))
    found = analyse(folder).worker_checks

    assert found is not None
    assert found.proofs[0].verdict is WorkerVerdict.COOPERATIVE


def test_worker_checks_that_were_ended_go_on_with_what_is_left(run, seam, folder):
    def interrupt(trial, raw) -> None:
        if seam.drives == 5:
            raise KeyboardInterrupt

    seam.on_drive = interrupt
    with pytest.raises(KeyboardInterrupt):
        run()
    seam.on_drive = lambda _trial, _raw: None
    for left in seam.folder.iterdir():
        shutil.rmtree(left)
    seam.drives, seam.on_prove = 0, lambda: pytest.fail("a proof was made again")
    run()
    found = analyse(folder).worker_checks

    assert seam.drives == 1
    assert found is not None
    assert found.complete

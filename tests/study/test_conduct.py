"""All trials of an experiment: each is kept as it ends, whatever becomes of the others."""

import shutil
import signal
import time
from types import SimpleNamespace

import duckdb
import pytest

from badgateway.analysis.trials import read_evidence
from badgateway.errors import DeploymentError, LoadError
from badgateway.model.raw import CLIENT_ROWS, LEDGER, SERVER_LOG
from badgateway.model.summary import Verdict
from badgateway.model.trial import TrialStatus
from badgateway.process.interruption import unwinding_on_signals
from badgateway.store.run_folder import RunFolder
from badgateway.study import conduct as module
from badgateway.study.conduct import conduct
from badgateway.words.verdict_reasons import said
from tests.study.fakes import LOAD_S, REQUESTS, WARM_UP, Seam, Told, manifest

MANIFEST = manifest()


def run(folder, told, seam):
    conduct(folder, MANIFEST, folder.path, told, seam)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[RunFolder, Told, Seam]:
    """A run to its end, which tests may look at."""
    home = tmp_path_factory.mktemp("whole")
    (home / "bench").mkdir()
    folder, told, seam = RunFolder.create(home / "results", MANIFEST), Told(), Seam(home / "bench")
    run(folder, told, seam)
    return folder, told, seam


def records(folder):
    return [folder.record(kept) for kept in folder.trial_folders()]


def test_all_trials_run_in_their_order_and_are_kept_with_their_ledgers(whole):
    folder, _, _ = whole

    assert [record.trial for record in records(folder)] == list(MANIFEST.trials)
    for kept in folder.trial_folders():
        rows = duckdb.read_parquet(str(kept / LEDGER)).aggregate("phase, count(*)").order("phase").fetchall()
        assert rows == [("warm-up", WARM_UP), ("window", REQUESTS)]


def test_who_watches_is_told_of_every_trial_and_its_verdict(whole):
    _, told, _ = whole

    assert told.busy == ["starting MariaDB and loading the data"]
    assert told.started == [1, 2, 3]
    assert [progress.requests for progress in told.progress] == [1, 1, 1]
    assert [(summary.trial.position, summary.verdict) for summary in told.ended] == [
        (position, Verdict.PASS) for position in (1, 2, 3)
    ]


def test_nothing_stands_and_no_raw_folder_is_left_when_all_is_over(whole):
    _, _, seam = whole

    assert seam.up == []
    assert list(seam.folder.iterdir()) == []


@pytest.mark.parametrize("error", [DeploymentError, LoadError])
def test_a_trial_that_fails_is_aborted_and_the_experiment_goes_on(error, seam, folder, told):
    def fail_second(trial, raw) -> None:
        if trial.position == 2:
            raise error(reason)

    reason = "it ended with status 1; last log lines:\nTraceback"
    seam.on_drive = fail_second
    run(folder, told, seam)

    assert [record.status for record in records(folder)] == [
        TrialStatus.COMPLETED,
        TrialStatus.ABORTED,
        TrialStatus.COMPLETED,
    ]
    assert records(folder)[1].reason == reason
    # The load generator is no part of the configuration; the server is.
    assert told.ended[1].verdict is (Verdict.INVALID if error is LoadError else Verdict.FAIL)
    assert said(told.ended[1].reasons)[0].startswith("it ended with status 1")


def test_an_aborted_trial_keeps_the_raw_files_it_has_and_gets_no_ledger(seam, folder, told):
    def fail(trial, raw) -> None:
        raise LoadError("Locust failed")

    seam.on_drive = fail
    run(folder, told, seam)

    names = {file.name for file in folder.trial_folders()[0].iterdir()}
    assert names >= {SERVER_LOG, CLIENT_ROWS}
    assert LEDGER not in names


def test_ctrl_c_keeps_the_trial_in_flight_as_aborted_and_starts_no_other(seam, folder, told):
    def interrupt_second(trial, raw) -> None:
        if trial.position == 2:
            raise KeyboardInterrupt

    seam.on_drive = interrupt_second

    with pytest.raises(KeyboardInterrupt):
        run(folder, told, seam)

    assert [(record.status, record.reason) for record in records(folder)] == [
        (TrialStatus.COMPLETED, ""),
        (TrialStatus.ABORTED, "interrupted"),
    ]
    assert (folder.trial_folders()[1] / CLIENT_ROWS).exists()
    assert told.started == [1, 2]
    assert seam.up == []


def test_a_signal_while_a_trial_is_being_kept_waits_until_it_is(seam, folder, told, monkeypatch):
    def signalled(raw, record, **given):
        signal.raise_signal(signal.SIGTERM)
        return read_evidence(raw, record, **given)

    monkeypatch.setattr(module, "read_evidence", signalled)

    with pytest.raises(KeyboardInterrupt), unwinding_on_signals():
        run(folder, told, seam)

    assert [record.status for record in records(folder)] == [TrialStatus.COMPLETED]


def test_overhead_is_the_time_from_start_to_ledger_that_was_not_load(whole):
    folder, told, _ = whole

    for record, summary in zip(records(folder), told.ended, strict=True):
        assert record.load_s == LOAD_S
        assert record.overhead_s == record.ended_s - record.started_s - LOAD_S
        assert summary.overhead_s == record.overhead_s


def test_the_time_to_read_a_trials_rows_is_part_of_its_overhead(seam, folder, told, monkeypatch):
    stopped_s = []

    def slowly(raw, record, **given):
        stopped_s.append(record.ended_s)
        time.sleep(0.05)
        return read_evidence(raw, record, **given)

    monkeypatch.setattr(module, "read_evidence", slowly)
    run(folder, told, seam)

    assert [record.ended_s > stopped + 0.05 for record, stopped in zip(records(folder), stopped_s, strict=True)] == [
        True
    ] * 3


def test_nothing_is_prepared_or_read_beside_a_load(seam, folder, told, monkeypatch):
    steps = []

    def noted(step, do):
        def doing(*given, **named):
            steps.append(step)
            return do(*given, **named)

        return doing

    monkeypatch.setattr(module, "read_evidence", noted("rows are read", read_evidence))
    for name in ("standing_by", "restoring", "deploy"):
        monkeypatch.setattr(seam, name, noted(name, getattr(seam, name)))
    seam.on_restore = noted("restored", lambda: None)
    seam.on_drive = noted("warm-up, window and drain begin", lambda _trial, _raw: steps.append("and end"))
    run(folder, told, seam)

    prepared = ["standing_by", "restoring", "deploy", "restored"]
    assert steps == [*prepared, "warm-up, window and drain begin", "and end", "rows are read"] * 3


def test_latest_is_the_earlier_run_until_a_trial_of_this_one_is_kept(seam, folder, told):
    folder.point_latest()
    newer = RunFolder.create(folder.path.parent.parent, MANIFEST)
    latest = folder.path.parent / "latest"
    seen = []
    seam.on_drive = lambda _trial, _raw: seen.append(latest.resolve())
    run(newer, told, seam)

    assert seen == [folder.path, newer.path, newer.path]


def test_a_database_that_does_not_come_up_stops_the_run_before_any_trial(seam, folder, told):
    def fail() -> None:
        raise DeploymentError("MariaDB did not come up")

    seam.on_set_up = fail

    with pytest.raises(DeploymentError, match="did not come up"):
        run(folder, told, seam)

    assert (told.started, records(folder)) == ([], [])


def test_a_trial_that_filled_the_disk_is_invalid_and_the_run_ends_behind_it(seam, folder, told, monkeypatch):
    monkeypatch.setattr("badgateway.study.bench.shutil.disk_usage", lambda _folder: SimpleNamespace(free=4096))

    with pytest.raises(DeploymentError, match="no space is left on its disk; make room"):
        run(folder, told, seam)

    (only,) = told.ended
    assert only.verdict is Verdict.INVALID
    assert "no space was left on the disk of the trial's files" in said(only.reasons)[0]


def test_what_a_killed_kit_left_is_removed_also_where_nothing_is_left_to_run(seam, folder, told):
    run(folder, told, seam)
    seam.on_set_up = lambda: pytest.fail("MariaDB was started for nothing")
    run(folder, told, seam)

    assert seam.tidied == 2


@pytest.mark.fault("damage", always=True)
@pytest.mark.parametrize("step", ["on_deploy", "on_drive"])
def test_a_run_folder_that_somebody_closes_makes_its_trial_invalid_and_ends_the_run_with_a_remedy(
    step, seam, folder, told
):
    setattr(seam, step, lambda *_given: seam.folder.chmod(0o711))

    with pytest.raises(
        DeploymentError, match=r"^the mode of .*/bench was changed .* tidies up .* --resume keeps what was measured$"
    ):
        run(folder, told, seam)

    (only,) = told.ended
    assert only.verdict is Verdict.INVALID
    assert said(only.reasons)[0].startswith(f"the mode of {seam.folder} was changed from 0755 to 0711")
    assert seam.up == []


@pytest.mark.fault("damage", always=True)
@pytest.mark.parametrize("position", [1, 2])
def test_a_run_folder_that_somebody_removes_ends_the_run_with_its_name_and_a_remedy(position, seam, folder, told):
    def remove(trial, _raw) -> None:
        if trial.position == position:
            shutil.rmtree(seam.folder)

    seam.on_drive = remove

    with pytest.raises(
        DeploymentError, match=r"^/.*/bench was removed while servers ran in it, .* --resume keeps what was measured$"
    ):
        run(folder, told, seam)

    assert [record.trial.position for record in records(folder)] == list(range(1, position))


def test_what_fails_while_the_run_folder_is_as_it_was_keeps_its_own_words(seam, folder, told):
    def fail(*_given: object) -> None:
        raise OSError(5, "Input/output error")

    seam.on_drive = fail

    with pytest.raises(OSError, match="Input/output error"):
        run(folder, told, seam)

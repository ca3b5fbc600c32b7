"""A whole run: reports are written of what ended, whatever ended the run."""

import dataclasses
import json
import signal

import pytest

from badgateway.analysis import trials
from badgateway.analysis.run import analyse, publish
from badgateway.analysis.trials import read_evidence
from badgateway.errors import DeploymentError, ResultsError
from badgateway.model.raw import LEDGER, TRIAL
from badgateway.process.interruption import unwinding_on_signals
from badgateway.store.run_folder import RunFolder
from badgateway.study import conduct
from badgateway.study import run_experiment as module
from badgateway.study.run_experiment import Finished, run_experiment
from tests.study.fakes import ENVIRONMENT, small

REPORTS = ("report.html", "report.md", "report.json")


@pytest.fixture
def run(seam, told, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "read_environment", lambda *_given: ENVIRONMENT)

    def run_it() -> Finished:
        command, results = "badgateway run x.toml", tmp_path / "results"
        return run_experiment(small(), root=tmp_path, results=results, command=command, listener=told, effects=seam)

    return run_it


def interrupt_at(position):
    def interrupt(trial, raw) -> None:
        if trial.position == position:
            raise KeyboardInterrupt

    return interrupt


def runs(tmp_path):
    return [one for one in (tmp_path / "results" / "small").iterdir() if not one.is_symlink()]


def test_a_whole_run_has_all_reports_at_the_path_that_stays_the_same(run, told, tmp_path):
    finished = run()

    assert finished.stopped_by is None
    assert finished.run is not None
    assert finished.run.complete
    assert finished.report == tmp_path / "results" / "small" / "latest" / "report.html"
    assert all((finished.report.parent / name).stat().st_size > 0 for name in REPORTS)
    assert json.loads((finished.report.parent / "report.json").read_text())["command"] == "badgateway run x.toml"
    assert told.busy[-1] == "writing the reports"


def test_a_run_reads_each_trial_once_and_its_reports_are_those_that_are_made_again_from_the_disk(run, monkeypatch):
    read = []

    def counting(raw, record, **given):
        read.append(record.trial.position)
        return read_evidence(raw, record, **given)

    for room in (conduct, trials):
        monkeypatch.setattr(room, "read_evidence", counting)
    folder = RunFolder(path=run().report.parent.resolve())
    assert read == [1, 2, 3]
    before = [(folder.path / name).read_bytes() for name in REPORTS]
    publish(folder, analyse(folder))

    assert sorted(read) == [1, 1, 2, 2, 3, 3]
    assert [(folder.path / name).read_bytes() for name in REPORTS] == before


@pytest.mark.parametrize("changed", [TRIAL, LEDGER])
def test_a_trial_that_was_changed_since_it_was_read_is_read_again(changed, run):
    folder = RunFolder(path=run().report.parent.resolve())
    (first, *_) = folder.trial_folders()
    known = trials.Read()
    before = trials.kept_trials(folder, known)[0]
    ledger, record = folder.ledger(first), folder.record(first)
    assert known.of(ledger, record) is not None
    if changed == TRIAL:
        record = dataclasses.replace(record, load_s=9)
    else:
        ledger.write_bytes(b"no ledger")

    assert known.of(ledger, record) is None
    assert before.problem is None


def test_an_interrupted_run_reports_the_trials_that_had_ended(run, seam):
    seam.on_drive = interrupt_at(2)
    finished = run()

    assert isinstance(finished.stopped_by, KeyboardInterrupt)
    assert finished.run is not None
    assert not finished.run.complete
    assert finished.report.exists()


def test_a_run_that_is_interrupted_in_its_last_trial_is_not_complete(run, seam):
    seam.on_drive = interrupt_at(3)
    finished = run()

    assert finished.run is not None
    assert not finished.run.complete


def test_an_interrupt_in_the_first_trial_leaves_its_raw_files_and_no_report(run, seam, tmp_path):
    seam.on_drive = interrupt_at(1)
    finished = run()

    assert (finished.run, finished.report.exists()) == (None, False)
    assert isinstance(finished.stopped_by, KeyboardInterrupt)
    (folder,) = runs(tmp_path)
    assert [trial.name[:3] for trial in (folder / "trials").iterdir()] == ["001"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, DeploymentError, OSError])
def test_a_run_that_was_stopped_before_its_first_trial_leaves_nothing(stop, run, seam, tmp_path):
    def fail() -> None:
        raise stop("no MariaDB")

    seam.on_set_up = fail
    finished = run()

    assert finished.run is None
    assert isinstance(finished.stopped_by, stop)
    assert runs(tmp_path) == []


def test_what_breaks_the_run_does_not_take_the_trials_along(run, seam):
    def break_second(trial, raw) -> None:
        if trial.position == 2:
            raise OSError(28, "No space left on device")

    seam.on_drive = break_second
    finished = run()

    assert isinstance(finished.stopped_by, OSError)
    assert finished.run is not None
    assert not finished.run.complete
    assert finished.report.exists()


def test_what_ended_the_run_is_told_before_what_that_does_to_the_reports(run, seam, told, monkeypatch):
    def full(trial, raw) -> None:
        if trial.position == 2:
            raise OSError(28, "No space left on device", "trial-2")

    def no_report(_folder, _read):
        raise ResultsError("results/001-first/ledger.parquet: cannot be written: No space left on device")

    seam.on_drive = full
    monkeypatch.setattr(module, "analyse", no_report)
    finished = run()

    assert str(finished.stopped_by) == "[Errno 28] No space left on device: 'trial-2'"
    assert finished.run is None
    assert told.busy[-1].startswith("the reports could not be written: results/001-first/ledger.parquet: ")


def test_ctrl_c_while_the_reports_are_written_waits_for_them(run, monkeypatch):
    def signalled(folder, read):
        signal.raise_signal(signal.SIGINT)
        return analyse(folder, read)

    monkeypatch.setattr(module, "analyse", signalled)
    with unwinding_on_signals():
        finished = run()

    assert isinstance(finished.stopped_by, KeyboardInterrupt)
    assert finished.run is not None
    assert finished.run.complete
    assert all((finished.report.parent / name).exists() for name in REPORTS)


def test_results_that_cannot_be_written_are_found_out_before_anything_is_started(run, seam, tmp_path):
    (tmp_path / "results").write_text("a file")

    with pytest.raises(ResultsError, match="cannot be written"):
        run()

    assert seam.drives == 0

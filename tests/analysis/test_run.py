"""From raw files to reports: the same every time, and nothing unreadable is taken for a number."""

import csv
import gc
import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from badgateway.analysis.run import analyse, publish
from badgateway.analysis.trials import kept_trials, read_evidence
from badgateway.errors import ResultsError
from badgateway.judge.summarise import summarise, summarise_trial
from badgateway.model.experiment import Experiment
from badgateway.model.places import Carried, Limits
from badgateway.model.raw import (
    ACCESS_LOG,
    CLIENT_ROWS,
    ERROR_LOG,
    FILES,
    JOURNAL,
    LEDGER,
    NEEDED,
    PROCESSES,
    TRIAL,
)
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import ConfigurationSummary, TrialSummary, Verdict
from badgateway.model.trial import INTERRUPTED, Trial, TrialRecord, TrialStatus, Window
from badgateway.store.file_list import write_list
from badgateway.store.run_folder import RunFolder
from badgateway.study.endings import aborted
from badgateway.words.verdict_reasons import said
from tests.declared import declared
from tests.judge.evidence_of import QUIET
from tests.ledger.raw_folder import complete
from tests.study.fakes import manifest

GOLDEN = Path(__file__).parent.parent / "ledger" / "golden"
CASES = tuple(sorted(path.parent.name for path in GOLDEN.glob("*/expected.json")))
REPORTS = ("report.html", "report.md", "report.json")


def experiment() -> Experiment:
    """Return an experiment with a configuration for each recorded case."""
    configuration = {"server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2}
    return Experiment.model_validate(
        declared(
            configurations=[{"name": name, **configuration} for name in CASES],
            load={"locustfile": "experiments/load.py", "users": [5]},
        )
    )


MANIFEST = manifest(experiment())


def record(trial: Trial, window: Window) -> TrialRecord:
    return TrialRecord(
        trial=trial,
        status=TrialStatus.COMPLETED,
        reason="",
        window=window,
        started_s=window.start_s - 2,
        ended_s=window.drained_s + 1,
        load_s=window.drained_s - window.start_s,
        generator_cpu_share=0.2,
        machine=QUIET,
    )


def recorded(case: str, folder: Path) -> Window:
    """Put a golden case into the folder as a whole trial; return the window that holds all its requests."""
    shutil.copytree(GOLDEN / case, folder)
    with (folder / CLIENT_ROWS).open(newline="") as file:
        rows = list(csv.DictReader(file))
    window = Window(
        start_s=min(float(row["start_s"]) for row in rows) - 1,
        end_s=max(float(row["end_s"]) for row in rows) + 1,
        drained_s=max(float(row["end_s"]) for row in rows) + 1,
    )
    samples = [(window.start_s + i, "server", 3, 0.5 * i, 50_000_000 + i) for i in (0.5, 1.0)]
    with (folder / PROCESSES).open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("time_s", "part", "pids", "cpu_s", "rss_bytes"), *samples])
    complete(folder)
    return window


def keep(folder: RunFolder, *cases: str) -> RunFolder:
    """Keep trials of these cases, as `badgateway run` would have left them without its reports."""
    for trial in MANIFEST.trials:
        if trial.configuration in cases:
            raw = folder.path / "raw"
            folder.keep_trial(record(trial, recorded(trial.configuration, raw)), raw)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> RunFolder:
    return keep(RunFolder.create(tmp_path_factory.mktemp("results"), MANIFEST), *CASES)


@dataclass
class Analysed:
    """What a run came to, and what it took."""

    run: RunSummary
    threads: int
    """How many more there were while all trials were in hand."""


@pytest.fixture(scope="module")
def analysed(whole) -> Analysed:
    threads = psutil.Process().num_threads
    before, during = threads(), []

    def looked(*given: Any) -> tuple[ConfigurationSummary, ...]:
        during.append(threads())
        return summarise(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("badgateway.analysis.run.summarise", looked)
        return Analysed(analyse(whole), during[0] - before)


@pytest.fixture
def run(analysed: Analysed) -> RunSummary:
    return analysed.run


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    """A run that was interrupted after two of its trials."""
    return keep(RunFolder.create(tmp_path / "results", MANIFEST), "cut-body", "read-timeout")


def of(run: RunSummary, configuration: str) -> TrialSummary:
    (found,) = [one for one in run.configurations if one.configuration.name == configuration]
    return found.levels[0].trials[0]


def test_recorded_trials_become_a_summary_of_what_was_planted(run):
    assert run.complete
    assert (run.command, run.started) == (MANIFEST.command, MANIFEST.started)
    assert [one.configuration.name for one in run.configurations] == list(CASES)
    for case in CASES:
        expected = json.loads((GOLDEN / case / "expected.json").read_text())
        summary = of(run, case)
        if summary.measurement is not None:
            measured = {entry.outcome.value: entry.proportion.count for entry in summary.measurement.outcomes}
            assert measured == {name: expected["outcomes"].count(name) for name in set(expected["outcomes"])}
        assert [(kind.count, kind.message) for kind in summary.proxy_messages] == [
            (kind["count"], kind["message"]) for kind in expected["messages"]
        ]


def test_a_request_in_one_book_only_makes_just_its_own_trial_invalid(run):
    invalid = [case for case in CASES if of(run, case).verdict is Verdict.INVALID]
    assert invalid == ["not-in-clients-book"]
    assert "the books do not balance" in said(of(run, "not-in-clients-book").reasons)[0]


def test_reports_and_ledgers_have_the_same_bytes_every_time_and_everywhere(folder, tmp_path):
    shutil.copytree(folder.path, tmp_path / "elsewhere" / "run")
    elsewhere = RunFolder.open(tmp_path / "elsewhere" / "run")
    found = []
    for one in (folder, folder, elsewhere):
        publish(one, analyse(one))
        files = [one.path / name for name in REPORTS] + sorted(one.path.rglob(LEDGER))
        found.append([file.read_bytes() for file in files])

    assert len(found[0]) == len(REPORTS) + 2
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        *((file, damage) for file in (CLIENT_ROWS, ACCESS_LOG, PROCESSES) for damage in ("missing", "cut", "rubbish")),
        # Any line may stand in an error log, but it has to be there and whole.
        *((ERROR_LOG, damage) for damage in ("missing", "cut")),
    ],
)
def test_a_raw_file_that_cannot_be_read_makes_its_trial_invalid_and_is_named(file, damage, tmp_path):
    raw = tmp_path / "raw"
    window = recorded("cut-body", raw)
    path = raw / file
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"not,what\nit should be\n" if damage == "rubbish" else path.read_bytes()[:-20] or b"cut")

    trial = summarise_trial(read_evidence(raw, record(MANIFEST.trials[0], window)), MANIFEST.experiment.objective)

    assert (trial.verdict, trial.measurement) == (Verdict.INVALID, None)
    assert said(trial.reasons)[0].startswith(file)
    assert str(tmp_path) not in said(trial.reasons)[0]


def test_an_unreadable_file_gives_the_same_report_wherever_the_run_is_read_from(folder, tmp_path, monkeypatch):
    (trial_folder,) = folder.trials_path.glob("*-cut-body-5u")
    (trial_folder / CLIENT_ROWS).write_text("rubbish\n")
    monkeypatch.chdir(tmp_path)

    assert analyse(RunFolder(path=folder.path.relative_to(tmp_path))) == analyse(folder)


@pytest.mark.parametrize("name", [CLIENT_ROWS, "app-journal.csv", "anything"])
def test_a_link_in_a_trials_folder_makes_it_invalid_by_its_name_and_is_never_read(name, folder, tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    secret.write_text("root:$6$hash\n")
    (trial_folder,) = folder.trials_path.glob("*-cut-body-5u")
    (trial_folder / name).unlink(missing_ok=True)
    (trial_folder / name).symlink_to(secret)
    monkeypatch.chdir(tmp_path)

    publish(folder, run := analyse(folder))

    summary = of(run, "cut-body")
    assert summary.verdict is Verdict.INVALID
    assert (
        f"{name}: is a symbolic link where a regular file belongs; nothing of it was read" in said(summary.reasons)[0]
    )
    assert not any("hash" in (folder.path / report).read_text() for report in REPORTS)


def test_what_was_in_force_in_a_trials_networks_is_told_of_the_run(tmp_path):
    folder = RunFolder.create(tmp_path / "results", MANIFEST)
    trial, raw = MANIFEST.trials[0], folder.path / "raw"
    load = Limits(somaxconn=4096, ip_local_port_range=(40_000, 40_100))
    target = replace(load, somaxconn=7)
    (other := tmp_path / "other").mkdir()
    # Its server did not come up, before which one of both had been made.
    folder.keep_trial(aborted(MANIFEST.trials[1], "no server", 1.0, limits={"load": load}), other)
    of_both = {"target": target, "load": load}
    lines = {"load": Carried(packets=900, dropped=2)}
    whole = replace(record(trial, recorded(trial.configuration, raw)), limits=of_both, lines=lines)
    folder.keep_trial(whole, raw)
    found = analyse(folder)

    assert list(found.limits.items()) == [("load", load), ("target", target)]
    assert found.lines == lines


def test_aborted_trials_are_not_read_at_all(tmp_path):
    evidence = read_evidence(tmp_path / "nowhere", aborted(MANIFEST.trials[0], "no server", 1.0))

    assert (evidence.relation, evidence.problem, evidence.uses) == (None, None, ())


@pytest.mark.parametrize("reasons", [(), (INTERRUPTED,)])
def test_a_run_of_which_no_trial_ended_has_nothing_to_report(reasons, tmp_path):
    folder = RunFolder.create(tmp_path / "results", MANIFEST)
    for trial, reason in zip(MANIFEST.trials, reasons, strict=False):
        raw = tmp_path / "raw"
        raw.mkdir()
        folder.keep_trial(aborted(trial, reason, 1.0), raw)

    with pytest.raises(ResultsError, match=r"no trial of this run has ended.*run it again"):
        analyse(folder)


def test_a_trial_that_was_aborted_by_a_failure_is_a_result(tmp_path):
    folder = RunFolder.create(tmp_path / "results", MANIFEST)
    raw = tmp_path / "raw"
    raw.mkdir()
    folder.keep_trial(aborted(MANIFEST.trials[0], "no server\nlast line of its log", 1.0), raw)
    run = analyse(folder)

    assert not run.complete
    assert said(of(run, MANIFEST.trials[0].configuration).reasons) == ("no server\nlast line of its log",)


def test_rows_can_be_asked_for_as_long_as_the_evidence_lives(folder):
    trial_folder = folder.trial_folders()[0]
    evidence = read_evidence(trial_folder, folder.record(trial_folder))
    gc.collect()

    assert evidence.relation is not None
    assert len(evidence.relation.project("outcome").fetchall()) > 0


def test_a_thousand_trials_would_not_hold_a_thousand_databases(analysed):
    # Each DuckDB database in memory has a pool of threads; a run may hold those of one or two.
    assert analysed.threads < 24, f"{analysed.threads} more threads with {len(CASES)} trials in hand"


def damaged_journal(kept: Path) -> None:
    (kept / JOURNAL).unlink()


def emptied_log(kept: Path) -> None:
    (kept / ERROR_LOG).write_text("")


def half_the_samples(kept: Path) -> None:
    file = kept / PROCESSES
    os.truncate(file, file.stat().st_size // 2)


def another_configuration(kept: Path) -> None:
    fields = json.loads((kept / TRIAL).read_text(encoding="utf-8"))
    fields["trial"]["configuration"] = CASES[-1]
    (kept / TRIAL).write_text(json.dumps(fields, indent=8), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damaged_journal, "app-journal.csv is missing"),
        (emptied_log, "nginx-error.log is shorter than when it was stored (0 of "),
        (half_the_samples, "processes.csv is shorter than when it was stored"),
        (another_configuration, "trial.json was altered since it was stored"),
    ],
)
def test_what_was_changed_after_it_was_stored_makes_its_trial_invalid_by_name(damage, reason, tmp_path):
    folder = RunFolder.create(tmp_path / "results", MANIFEST)
    (trial, *_) = MANIFEST.trials
    window = recorded(trial.configuration, folder.path / "raw")
    (folder.path / "raw" / ERROR_LOG).write_text("2026/11/21 20:31:56 [info] 1#1: *4 a line\n")
    kept = folder.keep_trial(record(trial, window), folder.path / "raw")
    damage(kept)
    (evidence,) = kept_trials(folder)
    summary = summarise_trial(evidence, MANIFEST.experiment.objective)

    assert summary.verdict is Verdict.INVALID
    assert said(summary.reasons)[0].startswith(reason)
    assert evidence.relation is None


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_that_the_verdict_needs_is_missed_even_where_the_list_was_made_to_lack_it(name, tmp_path):
    folder = RunFolder.create(tmp_path / "results", MANIFEST)
    (trial, *_) = MANIFEST.trials
    kept = folder.keep_trial(record(trial, recorded(trial.configuration, folder.path / "raw")), folder.path / "raw")
    (kept / name).unlink()
    (kept / FILES).unlink()
    write_list(kept)
    (evidence,) = kept_trials(folder)
    summary = summarise_trial(evidence, MANIFEST.experiment.objective)

    assert summary.verdict is Verdict.INVALID
    assert said(summary.reasons)[0].startswith(f"{name} is missing")

"""From the raw files of a run to its summary and reports; starts nothing, so it can be repeated years later."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError, ResultsError, UntrustedFileError
from badgateway.judge.confirm import confirm
from badgateway.judge.distances import rank_at_distances
from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.ladder import ladder
from badgateway.judge.summarise import summarise, summarise_trial
from badgateway.ledger.database_work import read_database_work
from badgateway.ledger.join import build, read
from badgateway.ledger.messages import messages
from badgateway.ledger.pressure import read_pressure
from badgateway.ledger.processes import read_uses
from badgateway.ledger.series import read_connections
from badgateway.model.comparison import ChoiceKind
from badgateway.model.contest import Purpose
from badgateway.model.experiment import Experiment
from badgateway.model.in_memory import connect
from badgateway.model.raw import ERROR_LOG
from badgateway.model.summary import Confirmation, StudySummary, TrialSummary
from badgateway.model.trial import Trial, TrialRecord, TrialStatus
from badgateway.report.formats import FORMATS
from badgateway.search import next_trials
from badgateway.store.plain_file import demand_plain
from badgateway.store.run_folder import RunFolder
from badgateway.study.answer import recommendation_of
from badgateway.study.contest import Kept, chosen, ended_trials, fitted_contest
from badgateway.study.diagnosis import diagnose_trial
from badgateway.study.endings import without_folder
from badgateway.study.other_work import side_by_side
from badgateway.study.programme import programme
from badgateway.study.records import Unreadable, read_records
from badgateway.study.settling import settled_window
from badgateway.study.waiting import read_waiting
from badgateway.study.worker_gaps import worker_gaps


def read_evidence(raw: Path, record: TrialRecord, *, settle: bool = False) -> TrialEvidence:
    """Read what a trial's raw files say; files that cannot be trusted become the evidence's problem.

    With `settle`, the window of the evidence's record begins where the rows are steady, and not where it was declared.
    """
    if record.status is TrialStatus.ABORTED:
        return _unread(record)
    try:
        demand_plain(raw)
        if settle and record.window is not None:
            record = dataclasses.replace(record, window=settled_window(raw, record.window))
        ledger = build(raw, record.window)
        diagnosis = diagnose_trial(ledger, raw)
        return TrialEvidence(
            record=record,
            relation=ledger.relation,
            problem=ledger.balance.problem(),
            proxy_messages=messages(raw / ERROR_LOG, ledger.probe_connections),
            uses=read_uses(raw, record.window),
            diagnosis=diagnosis,
            connections=read_connections(raw, record.window),
            database_work=read_database_work(raw, ledger.connection, record.window),
            worker_gaps=worker_gaps(ledger.connection, record.window),
            pressure=read_pressure(raw, ledger.connection, record.window),
        )
    except (RawDataError, UntrustedFileError) as error:
        return _unread(record, without_folder(str(error), raw))


def _unread(record: TrialRecord, problem: str | None = None) -> TrialEvidence:
    return TrialEvidence(record=record, relation=None, problem=problem, proxy_messages=(), uses=())


def any_trial_ended(folder: RunFolder) -> bool:
    """Tell whether there is something to report: a trial that was not cut off by the user."""
    return any(_has_ended(folder, trial_folder) for trial_folder in folder.trial_folders())


def _has_ended(folder: RunFolder, trial_folder: Path) -> bool:
    try:
        return not folder.record(trial_folder).was_interrupted
    except ResultsError:
        # What was of it is lost, and that is to be reported.
        return True


def analyse(folder: RunFolder) -> StudySummary:
    """Recompute a run's summary, and the ledgers beside its raw files.

    Raises:
        ResultsError: The manifest is damaged, no trial has ended, or the folder cannot be written.
    """
    manifest = folder.manifest()
    if not any_trial_ended(folder):
        raise ResultsError(
            f"{folder.path}: no trial of this run has ended, so there is nothing to report; run it again"
        )
    experiment = manifest.experiment
    alone = kept_trials(folder)
    kept = side_by_side(experiment, alone)
    compared = [entry for _, entry in kept if _is_compared(entry.record.trial)]
    contest = fitted_contest(experiment)
    ended = ended_trials(
        contest, [(raw, entry) for raw, entry in kept if _is_of_contest(entry.record.trial, experiment)]
    )
    choice = chosen(experiment, contest, ended)
    configurations = summarise(experiment, compared)
    recommendation = recommendation_of(choice, experiment, configurations, manifest.command)
    if experiment.study is not None:
        is_complete = not next_trials(contest, ended)
    else:
        is_complete = programme(manifest, alone, lambda: recommendation.configuration).next_trial() is None
    return StudySummary(
        experiment=experiment,
        started=manifest.started,
        command=manifest.command,
        seed=experiment.seed,
        environment=manifest.environment,
        complete=is_complete,
        configurations=configurations,
        recommendation=recommendation,
        ladder=ladder(experiment, configurations),
        distance_rankings=rank_at_distances(experiment, configurations),
        confirmation=_confirmation(experiment, kept),
        other_trials=_other_trials(experiment, kept),
        waiting=read_waiting(manifest.diagnosis, folder.diagnosis),
        choice=choice,
        circumstances=manifest.circumstances,
    )


def _confirmation(experiment: Experiment, kept: Sequence[Kept]) -> Confirmation | None:
    evidence = tuple(entry for _, entry in kept if entry.record.trial.purpose is Purpose.CONFIRM)
    if experiment.confirmation is None or not evidence:
        return None
    name = evidence[0].record.trial.configuration
    rate_per_minute = 60 * experiment.confirmation.rate_per_s
    return confirm(name, evidence, experiment.objective, rate_per_minute=rate_per_minute)


def _other_trials(experiment: Experiment, kept: Sequence[Kept]) -> tuple[TrialSummary, ...]:
    told_with_the_pick = {Purpose.CONFIRM} if experiment.confirmation else set()
    return tuple(
        summarise_trial(entry, experiment.objective)
        for _, entry in kept
        if not _is_compared(entry.record.trial) and entry.record.trial.purpose not in told_with_the_pick
    )


def picked(folder: RunFolder) -> str | None:
    """Return the configuration that the ended trials of a fixed schedule pick, if any.

    Raises:
        ResultsError: The manifest is damaged.
    """
    experiment = folder.manifest().experiment
    contest = fitted_contest(experiment)
    together = side_by_side(experiment, kept_trials(folder))
    kept = [(raw, entry) for raw, entry in together if _is_of_contest(entry.record.trial, experiment)]
    choice = chosen(experiment, contest, ended_trials(contest, kept))
    return choice.arm if choice.kind in {ChoiceKind.PICKED, ChoiceKind.EQUIVALENT} else None


def _is_of_contest(trial: Trial, experiment: Experiment) -> bool:
    """Tell whether a trial counts for the choice: not the confirmation of a schedule, nor farther from the database."""
    if experiment.study is not None:
        return True
    configuration = experiment.configuration(trial.configuration)
    is_near = trial.database_distance_ms == configuration.database_distances_ms[0]
    return _is_compared(trial) and is_near


def _is_compared(trial: Trial) -> bool:
    return trial.purpose is Purpose.COMPARE and not trial.control


def kept_trials(folder: RunFolder) -> tuple[Kept, ...]:
    """Read all trials of a run, in the order of running, and write their ledgers.

    A trial whose record is damaged is there nevertheless, with that as the reason why it is INVALID.

    Raises:
        ResultsError: The manifest is damaged, or a ledger cannot be written.
    """
    connection = connect()
    manifest = folder.manifest()
    settle = manifest.experiment.study is not None
    return tuple(
        (trial_folder, _recomputed(folder, trial_folder, record, connection, settle=settle))
        for trial_folder, record in read_records(folder, manifest)
    )


def _recomputed(
    folder: RunFolder,
    trial_folder: Path,
    record: TrialRecord | Unreadable,
    connection: duckdb.DuckDBPyConnection,
    *,
    settle: bool,
) -> TrialEvidence:
    if isinstance(record, Unreadable):
        return record.evidence
    damages = folder.damages(trial_folder)
    if damages:
        # Not read any further: what was altered may say anything.
        return _unread(dataclasses.replace(record, disturbances=(*record.disturbances, *damages)))
    evidence = read_evidence(trial_folder, record, settle=settle)
    if evidence.relation is None:
        return evidence
    folder.write_ledger(trial_folder, evidence.relation)
    # From here on the rows are read from the file as they are needed: the ledger in memory has threads and buffers of
    # its own, and an experiment may have a thousand trials.
    return dataclasses.replace(evidence, relation=read(folder.ledger(trial_folder), connection))


def publish(folder: RunFolder, study: StudySummary) -> Path:
    """Write the report into the run, in each format; return the file to open.

    Raises:
        ResultsError: The folder cannot be written.
    """
    written = [folder.write_text(one.file_name, one.render(study)) for one in FORMATS]
    return written[-1]

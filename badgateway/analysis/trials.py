"""From the raw files of a trial to what the judge is given of it."""

import dataclasses
from pathlib import Path

import duckdb

from badgateway.analysis.diagnosis import diagnose_trial, worker_gaps
from badgateway.analysis.records import Unreadable, read_records
from badgateway.analysis.settling import settled_window
from badgateway.errors import RawDataError, UntrustedFileError, without_folder
from badgateway.judge.evidence import TrialEvidence
from badgateway.ledger.database_work import read_database_work
from badgateway.ledger.join import build, read
from badgateway.ledger.messages import messages
from badgateway.ledger.pressure import read_pressure
from badgateway.ledger.processes import read_uses
from badgateway.ledger.series import read_connections
from badgateway.model.in_memory import connect
from badgateway.model.raw import ERROR_LOG
from badgateway.model.trial import TrialRecord, TrialStatus
from badgateway.store.plain_file import demand_plain
from badgateway.store.run_folder import RunFolder


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


def kept_trials(folder: RunFolder) -> tuple[TrialEvidence, ...]:
    """Read all trials of a run, in the order of running, and write their ledgers.

    A trial whose record is damaged is there nevertheless, with that as the reason why it is INVALID.

    Raises:
        ResultsError: The manifest is damaged, or a ledger cannot be written.
    """
    connection = connect()
    manifest = folder.manifest()
    settle = manifest.experiment.study is not None
    return tuple(
        _recomputed(folder, trial_folder, record, connection, settle=settle)
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

"""From the raw files of a trial to what the judge is given of it."""

import dataclasses
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway.analysis.diagnosis import NOWHERE, diagnose_trial, lost_packets, worker_gaps
from badgateway.analysis.records import Unreadable, read_records
from badgateway.analysis.settling import settled_window
from badgateway.analysis.site_evidence import is_of_running_site, read_site_evidence
from badgateway.errors import RawDataError, UntrustedFileError, without_folder
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.ledger.books import read_books
from badgateway.ledger.container import container_use
from badgateway.ledger.database_work import database_work
from badgateway.ledger.join import Ledger, join, read
from badgateway.ledger.messages import messages
from badgateway.ledger.pressure import pressure
from badgateway.ledger.processes import load_processes, uses
from badgateway.ledger.series import database_connections, load_samples
from badgateway.model.in_memory import own_database, row_database
from badgateway.model.places import Places
from badgateway.model.raw import NEEDED, NEEDED_OF_RUNNING_SITE, PROCESSES, SAMPLES
from badgateway.model.trial import TrialRecord, TrialStatus
from badgateway.store.packed import unpacked
from badgateway.store.plain_file import demand_plain
from badgateway.store.run_folder import RunFolder

READERS = 2
"""Trials that are read at a time."""


@dataclass(frozen=True, slots=True)
class _Alone:
    """What is known of a trial beside its rows."""

    evidence: TrialEvidence
    """Without them."""
    has_rows: bool
    """In its ledger."""

    @classmethod
    def of(cls, evidence: TrialEvidence) -> "_Alone":
        return cls(dataclasses.replace(evidence, relation=None), evidence.relation is not None)


class Read:
    """What this process has read of trials; their rows are in their ledgers.

    A run that ends is reported at once, and files that are as they were stored say the same when they are read again.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.databases = row_database()
        """Each trial that is read has one of its own beside it."""
        self._known: dict[Path, tuple[_Alone, tuple[int, ...]]] = {}

    def add(self, ledger: Path, evidence: TrialEvidence) -> None:
        """Keep what a trial's raw files say, whose ledger is written if they can be believed."""
        self._known[ledger.resolve()] = (_Alone.of(evidence), _as_it_is(ledger))

    def of(self, ledger: Path, record: TrialRecord) -> _Alone | None:
        """Return what is known of the trial with that ledger; None when it has another record or ledger now."""
        if ledger.resolve() not in self._known:
            return None
        alone, was = self._known[ledger.resolve()]
        # On disk is the window that was declared, and not where it settled.
        same = dataclasses.replace(alone.evidence.record, window=record.window) == record
        return alone if same and _as_it_is(ledger) == was else None


def _as_it_is(file: Path) -> tuple[int, ...]:
    """Return what changes when a file is written anew; nothing where there is none."""
    with suppress(FileNotFoundError):
        found = file.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return ()


def read_evidence(
    raw: Path,
    record: TrialRecord,
    *,
    settle: bool = False,
    connection: duckdb.DuckDBPyConnection | None = None,
    needed: Collection[str] = NEEDED,
    places: Places = NOWHERE,
) -> TrialEvidence:
    """Read what a trial's raw files say; files that cannot be trusted become the evidence's problem.

    Args:
        raw: The trial's folder.
        record: How it went.
        settle: Whether the window of the evidence's record begins where the rows are steady, and not where it was
            declared.
        connection: An empty database that holds the rows of the evidence; one of their own when not given.
        needed: The raw files that have to be there.
        places: Where its parts stood, as the experiment says.
    """
    if record.status is TrialStatus.ABORTED:
        return _unread(record)
    try:
        demand_plain(raw)
        with unpacked(raw) as folder:
            if is_of_running_site(folder):
                _demand_all(folder, NEEDED_OF_RUNNING_SITE)
                return read_site_evidence(folder, record, connection or row_database())
            _demand_all(folder, needed)
            return _read(folder, record, connection or row_database(), places, settle=settle)
    except (RawDataError, UntrustedFileError) as error:
        return _unread(record, without_folder(str(error), raw))


def _demand_all(folder: Path, needed: Collection[str]) -> None:
    # What a book lacks the others tell; of what was never written down nobody knows whether it happened.
    for name in needed:
        if not (folder / name).is_file():
            raise RawDataError(f"{folder / name} is missing: without it nobody knows how the trial went; run it again")


def _read(
    folder: Path, record: TrialRecord, connection: duckdb.DuckDBPyConnection, places: Places, *, settle: bool
) -> TrialEvidence:
    books = read_books(connection, folder)
    load_samples(connection, folder / SAMPLES)
    load_processes(connection, folder / PROCESSES)
    if settle and record.window is not None:
        record = dataclasses.replace(record, window=settled_window(connection, record.window))
    return _evidence(folder, record, join(books, record.window), places)


def _evidence(raw: Path, record: TrialRecord, ledger: Ledger, places: Places) -> TrialEvidence:
    rows, window = ledger.connection, record.window
    return TrialEvidence(
        record=record,
        relation=ledger.relation,
        problem=ledger.balance.problem(),
        proxy_messages=messages(rows, ledger.probe_connections),
        uses=uses(rows, window),
        diagnosis=diagnose_trial(ledger, raw, lost_packets(places, record.lines)),
        connections=database_connections(rows, window),
        database_work=database_work(rows, window),
        worker_gaps=worker_gaps(rows, window),
        pressure=pressure(rows, window),
        container=container_use(rows, window),
    )


def _unread(record: TrialRecord, problem: str | None = None) -> TrialEvidence:
    return TrialEvidence(record=record, relation=None, problem=problem, proxy_messages=(), uses=())


def kept_trials(folder: RunFolder, before: Read | None = None) -> tuple[TrialEvidence, ...]:
    """Read all trials of a run, in the order of running, and write their ledgers.

    A trial whose record is damaged is there nevertheless, with that as the reason why it is INVALID.

    Args:
        folder: The run.
        before: What was read of it before, which is not read again; what is read is added.

    Raises:
        ResultsError: The manifest is damaged, or a ledger cannot be written.
    """
    known = before or Read()
    databases = known.databases
    manifest = folder.manifest()
    experiment = manifest.experiment
    settle = experiment.study is not None
    records = tuple(read_records(folder, manifest))

    def read_again(found: tuple[Path, TrialRecord | Unreadable]) -> _Alone:
        return _alone(folder, *found, databases, known, places=experiment.places, settle=settle)

    # Most of the time goes into planning queries about a few thousand rows, which each thread does for itself.
    with ThreadPoolExecutor(READERS) as threads:
        found = tuple(threads.map(read_again, records))
    return tuple(
        # From here on the rows are read from the file as they are needed: an experiment may have a thousand trials.
        _from_file(alone.evidence, folder.ledger(trial_folder), databases) if alone.has_rows else alone.evidence
        for alone, (trial_folder, _) in zip(found, records, strict=True)
    )


def _from_file(evidence: TrialEvidence, ledger: Path, databases: duckdb.DuckDBPyConnection) -> TrialEvidence:
    return dataclasses.replace(evidence, relation=read(ledger, databases))


def _alone(
    folder: RunFolder,
    trial_folder: Path,
    record: TrialRecord | Unreadable,
    databases: duckdb.DuckDBPyConnection,
    known: Read,
    *,
    places: Places,
    settle: bool,
) -> _Alone:
    """Return a trial's evidence, whose rows are gone with their database: they are in the trial's ledger."""
    if isinstance(record, Unreadable):
        return _Alone.of(record.evidence)
    damages = folder.damages(trial_folder)
    if damages:
        # Not read any further: what was altered may say anything.
        return _Alone.of(_unread(dataclasses.replace(record, disturbances=(*record.disturbances, *damages))))
    ledger = folder.ledger(trial_folder)
    if (before := known.of(ledger, record)) is not None:
        return before
    with own_database(databases) as connection:
        evidence = read_evidence(trial_folder, record, settle=settle, connection=connection, places=places)
        if evidence.relation is not None:
            folder.write_ledger(trial_folder, evidence.relation)
    known.add(ledger, evidence)
    return _Alone.of(evidence)

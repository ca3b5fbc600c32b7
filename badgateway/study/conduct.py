"""Runs all trials of an experiment in their planned order and keeps each as it ends."""

import dataclasses
import time
from pathlib import Path

from duckdb import DuckDBPyConnection

from badgateway.analysis.trials import Read, kept_trials, read_evidence
from badgateway.analysis.worker_checks import read_worker_checks
from badgateway.databases.registry import database_of
from badgateway.judge.summarise import summarise_trial
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.experiment import Experiment
from badgateway.model.in_memory import own_database
from badgateway.model.manifest import Manifest
from badgateway.model.trial import INTERRUPTED, Disturbance, OutsidePart, Trial, TrialRecord
from badgateway.process.interruption import held
from badgateway.search.trial_queue import trial_queue
from badgateway.store.run_folder import RunFolder
from badgateway.study.bench import Bench, Effects, Listener
from badgateway.study.conduct_worker_checks import conduct_worker_checks
from badgateway.study.endings import Stopwatch, aborted
from badgateway.study.run_trial import InterruptedLateError, InterruptedTrialError, run_trial


def conduct(
    folder: RunFolder, manifest: Manifest, root: Path, listener: Listener, effects: Effects, *, read: Read | None = None
) -> None:
    """Run the trials of a run that have not ended yet, then its worker checks; what ended is on disk, whatever happens.

    Args:
        folder: Where they are kept.
        manifest: What is to be run.
        root: The project that the experiment's paths are relative to.
        listener: Told how far it is.
        effects: By what it starts and stops everything.
        read: Gets what is read of the trials, for who reports on them.

    Raises:
        ConfigurationError: A file of the experiment could not be read, or a study does not fit into its budget.
        ResultsError: A trial that was kept before is damaged.
        DeploymentError: The database could not be started, or ended by itself.
        KeyboardInterrupt: The user stopped it; nothing is left running, and the trial in flight is kept as ABORTED.
    """
    # Also where nothing is left to run: the kit that ran it may have been killed when it was about to tidy up.
    effects.tidy_up()
    read = read or Read()
    queue = trial_queue(manifest, kept_trials(folder, read))
    if queue.next_trial() is None and _is_checked(folder, manifest):
        return
    target = manifest.experiment.target
    preparing = f"starting {database_of(manifest.experiment).label} and loading the data"
    listener.busy_with(f"asking {target.url} whether it answers" if target else preparing)
    with effects.set_up(manifest.experiment, root) as bench, bench.explaining():
        while (trial := queue.next_trial()) is not None:
            listener.outlook(queue.outlook())
            its_bench = bench.of(trial.configuration)
            raw = its_bench.raw_folder(f"trial-{trial.position}")
            listener.trial_starting(trial, raw)
            with own_database(read.databases) as rows:
                evidence = _run_and_keep(trial, its_bench, raw, folder, listener, read, rows)
                evidence = queue.ended(evidence)
                listener.trial_ended(summarise_trial(evidence, manifest.experiment.objective))
            its_bench.check()
        # Last, so that it cannot disturb what is measured, and an interrupted run has its trials.
        if manifest.worker_checks is not None:
            conduct_worker_checks(manifest.worker_checks, bench, folder.worker_checks, listener)


def _is_checked(folder: RunFolder, manifest: Manifest) -> bool:
    found = read_worker_checks(manifest.worker_checks, folder.worker_checks)
    return manifest.worker_checks is None or (found is not None and found.complete)


def _run_and_keep(  # noqa: PLR0917 # for one caller
    trial: Trial, bench: Bench, raw: Path, folder: RunFolder, listener: Listener, read: Read, rows: DuckDBPyConnection
) -> TrialEvidence:
    started_s = time.time()
    try:
        record = run_trial(trial, bench, raw, listener.trial_progress, tell=listener.busy_with)
    except InterruptedLateError as interrupt:
        with held():
            _keep(interrupt.record, raw, folder, read, rows, bench.experiment, settle=False)
        raise
    except InterruptedTrialError as interrupt:
        with held():
            folder.keep_trial(interrupt.record, raw)
        raise
    except KeyboardInterrupt:
        with held():
            folder.keep_trial(aborted(trial, INTERRUPTED, started_s), raw)
        raise
    if bench.is_full():
        # Whatever the servers did then, their logs and the load generator's are cut off.
        full = Disturbance(part=OutsidePart.MACHINE, what="no space was left on the disk of the trial's files")
        record = dataclasses.replace(record, disturbances=(*record.disturbances, full))
    with held():
        experiment = bench.experiment
        return _keep(record, raw, folder, read, rows, experiment, settle=experiment.study is not None)


def _keep(  # noqa: PLR0917 # for one caller
    record: TrialRecord,
    raw: Path,
    folder: RunFolder,
    read: Read,
    rows: DuckDBPyConnection,
    experiment: Experiment,
    *,
    settle: bool,
) -> TrialEvidence:
    reading = Stopwatch()
    evidence = read_evidence(raw, record, settle=settle, connection=rows, places=experiment.places)
    # The ledger is built inside the trial's time, so that the overhead it reports is all there is.
    record = dataclasses.replace(record, ended_s=record.ended_s + reading.passed_s())
    kept = folder.keep_trial(record, raw)
    # Not before: a run that came to nothing must not hide the one before it.
    folder.point_latest()
    if evidence.relation is not None:
        folder.write_ledger(kept, evidence.relation)
    # The record on disk has the window that was declared; where it settled follows from the rows.
    evidence = dataclasses.replace(evidence, record=dataclasses.replace(evidence.record, ended_s=record.ended_s))
    read.add(folder.ledger(kept), evidence)
    return evidence

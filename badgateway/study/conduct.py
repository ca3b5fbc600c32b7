"""Runs all trials of an experiment in their planned order and keeps each as it ends."""

import dataclasses
import time
from pathlib import Path

from badgateway.judge.summarise import summarise_trial
from badgateway.model.manifest import Manifest
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import INTERRUPTED, Trial, TrialRecord
from badgateway.process.interruption import held
from badgateway.store.run_folder import RunFolder
from badgateway.study.analysis import read_evidence
from badgateway.study.bench import Bench, set_up
from badgateway.study.conduct_diagnosis import conduct_diagnosis
from badgateway.study.endings import aborted
from badgateway.study.listener import Listener
from badgateway.study.run_trial import run_trial


def conduct(folder: RunFolder, manifest: Manifest, root: Path, listener: Listener) -> None:
    """Run the trials of a manifest, then its diagnosis; what ended is on disk, whatever happens next.

    Raises:
        ConfigurationError: A file of the experiment could not be read; nothing was started.
        DeploymentError: The database could not be started; nothing was measured.
        KeyboardInterrupt: The user stopped it; nothing is left running, and the trial in flight is kept as ABORTED.
    """
    listener.busy_with("starting MariaDB and loading the data")
    with set_up(manifest.experiment, root) as bench:
        for trial in manifest.trials:
            listener.trial_starting(trial)
            listener.trial_ended(_run_and_keep(trial, bench, folder, listener))
        # Last, so that it cannot disturb what is measured, and an interrupted run has its trials.
        if manifest.diagnosis is not None:
            conduct_diagnosis(manifest.diagnosis, bench, folder.diagnosis, listener)


def _run_and_keep(trial: Trial, bench: Bench, folder: RunFolder, listener: Listener) -> TrialSummary:
    raw = bench.raw_folder(f"trial-{trial.position}")
    started_s = time.time()
    try:
        record = run_trial(trial, bench, raw, listener.trial_progress)
    except KeyboardInterrupt:
        with held():
            folder.keep_trial(aborted(trial, INTERRUPTED, started_s), raw)
        raise
    with held():
        return _keep(record, raw, bench, folder)


def _keep(record: TrialRecord, raw: Path, bench: Bench, folder: RunFolder) -> TrialSummary:
    evidence = read_evidence(raw, record)
    # The ledger is built inside the trial's time, so that the overhead it reports is all there is.
    record = dataclasses.replace(record, ended_s=time.time())
    kept = folder.keep_trial(record, raw)
    # Not before: a run that came to nothing must not hide the one before it.
    folder.point_latest()
    if evidence.relation is not None:
        folder.write_ledger(kept, evidence.relation)
    return summarise_trial(dataclasses.replace(evidence, record=record), bench.experiment.objective)

"""Runs all trials of an experiment in their planned order and keeps each as it ends."""

import dataclasses
import time
from pathlib import Path

from badgateway.judge.summarise import summarise_trial
from badgateway.model.manifest import Manifest
from badgateway.model.trial import Trial, TrialRecord
from badgateway.process.interruption import unwinding_on_signals
from badgateway.store.run_folder import RunFolder
from badgateway.study.analysis import read_evidence
from badgateway.study.bench import Bench, set_up
from badgateway.study.listener import Listener
from badgateway.study.run_trial import TrialInterruptedError, run_trial


def conduct(folder: RunFolder, manifest: Manifest, root: Path, listener: Listener) -> None:
    """Run the trials of a manifest; what ended is on disk, whatever happens next.

    Raises:
        DeploymentError: The database could not be started; nothing was measured.
        KeyboardInterrupt: The user stopped it (Ctrl-C or SIGTERM); nothing is left running, and the trial in
            flight is kept as ABORTED.
    """
    with unwinding_on_signals():
        listener.preparing("starting MariaDB and loading the data")
        with set_up(manifest.experiment, root) as bench:
            for trial in manifest.trials:
                listener.trial_starting(trial, len(manifest.trials))
                _run_and_keep(trial, bench, folder, listener)


def _run_and_keep(trial: Trial, bench: Bench, folder: RunFolder, listener: Listener) -> None:
    raw = bench.raw_folder(f"trial-{trial.position}")
    try:
        record = run_trial(trial, bench, raw, lambda progress: listener.trial_progress(trial, progress))
    except TrialInterruptedError as interruption:
        folder.keep_trial(interruption.record, raw)
        raise KeyboardInterrupt from None
    _keep(record, raw, bench, folder, listener)


def _keep(record: TrialRecord, raw: Path, bench: Bench, folder: RunFolder, listener: Listener) -> None:
    evidence = read_evidence(raw, record)
    # The ledger is built inside the trial's time, so that the overhead it reports is all there is.
    record = dataclasses.replace(record, ended_s=time.time())
    kept = folder.keep_trial(record, raw)
    if evidence.relation is not None:
        folder.write_ledger(kept, evidence.relation)
    summary = summarise_trial(dataclasses.replace(evidence, record=record), bench.experiment.objective)
    listener.trial_ended(summary, len(folder.manifest().trials))

"""Runs one experiment from manifest to reports, and reports what there is when it ends early."""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from badgateway.analysis.earlier import earlier_runs
from badgateway.analysis.run import analyse, any_trial_ended, publish
from badgateway.analysis.trials import Read
from badgateway.errors import BadgatewayError
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import SCHEMA_VERSION, Circumstances, Manifest
from badgateway.model.run_summary import RunSummary
from badgateway.model.secrets import as_kept, withheld
from badgateway.model.worker_checks import WorkerCheckPlan
from badgateway.plan.schedule import schedule
from badgateway.probe.environment import read_environment
from badgateway.process.account import service_account
from badgateway.process.interruption import held
from badgateway.search import ATTEMPTS
from badgateway.stack.own_python import interpreter_of
from badgateway.store.run_folder import RunFolder
from badgateway.store.run_lock import locked
from badgateway.study.bench import Effects, Listener
from badgateway.study.conduct import conduct
from badgateway.study.local import demand_unchangeable
from badgateway.study.resume import clear_remains, locust_digest

Stop = KeyboardInterrupt | BadgatewayError | OSError


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that is over."""

    run: RunSummary | None
    """None when no trial had ended: then there are no reports."""
    report: Path
    """The HTML report, by the way that stays the same: results/EXPERIMENT/latest/report.html."""
    stopped_by: Stop | None
    """Why the run ended early; what had been measured is in the reports nevertheless."""
    read: Read | None = None
    """What was read of its trials, for who asks more of them than the reports do."""


def run_experiment(  # noqa: PLR0913 # all but one by name
    experiment: Experiment,
    *,
    root: Path,
    results: Path,
    command: str,
    listener: Listener,
    effects: Effects,
    worker_checks: WorkerCheckPlan | None = None,
    experiment_digest: str = "",
    busy: str = "",
) -> Finished:
    """Run an experiment and write its reports.

    Args:
        experiment: What to run.
        root: The project that the experiment's paths are relative to.
        results: Where runs are kept; made when it is not there.
        command: The command line, for the report to tell how to repeat the run.
        listener: Told how far it is.
        effects: By what it starts and stops everything.
        worker_checks: What to do after the trials, if anything.
        experiment_digest: SHA-256 of the experiment file.
        busy: Who keeps the machine busy as it begins, if anybody.

    Raises:
        ConfigurationError: Root would write results where the servers' account can change the folder.
        ResultsError: The results folder cannot be written.
    """
    demand_unchangeable(results, service_account())
    circumstances = Circumstances(
        experiment_digest=experiment_digest, earlier=earlier_runs(results, experiment), busy=busy
    )
    manifest = _manifest(experiment, root, command, worker_checks, circumstances)
    folder = RunFolder.create(results, _kept(manifest))
    with locked(folder.path):
        return _run_to_its_end(folder, manifest, root, listener, effects)


def resume_experiment(
    folder: RunFolder, experiment: Experiment, *, root: Path, listener: Listener, effects: Effects
) -> Finished:
    """Go on with a run that was ended in the middle, and write its reports; one that is whole is reported again.

    Args:
        folder: The run, as find_run gave it; the caller holds its lock, since before it looked.
        experiment: What it is of, which `require_same` found to be the same: the run has no secrets of it.
        root: The project that the experiment's paths are relative to.
        listener: Told how far it is.
        effects: By what it starts and stops everything.

    Raises:
        ConfigurationError: Root would write results where the servers' account can change the folder.
        ResultsError: The run's folder cannot be read or written.
    """
    demand_unchangeable(folder.path, service_account())
    for line in clear_remains(folder):
        listener.busy_with(line)
    manifest = replace(folder.manifest(), experiment=experiment)
    return _run_to_its_end(folder, manifest, root, listener, effects)


def _kept(manifest: Manifest) -> Manifest:
    """Return the manifest as it is written: without what may be secret."""
    experiment = manifest.experiment
    return replace(manifest, experiment=as_kept(experiment), withheld=withheld(experiment, os.environ))


def _run_to_its_end(
    folder: RunFolder, manifest: Manifest, root: Path, listener: Listener, effects: Effects
) -> Finished:
    read = Read()
    stopped_by = _conduct(folder, manifest, root, listener, effects, read)
    run = None
    try:
        # Reports take seconds and what they tell took minutes: a signal waits until they are written.
        with held():
            run = _report(folder, listener, read)
    except KeyboardInterrupt as interrupt:
        stopped_by = stopped_by or interrupt
    except (BadgatewayError, OSError) as error:
        # What ended the run comes first: on a full disk the reports fail as well, at whichever trial they begin with.
        if stopped_by is None:
            raise
        listener.busy_with(f"the reports could not be written: {error}")
    report = folder.path.parent / "latest" / "report.html"
    return Finished(run=run, report=report, stopped_by=stopped_by, read=read)


def _conduct(  # noqa: PLR0917 # for one caller
    folder: RunFolder, manifest: Manifest, root: Path, listener: Listener, effects: Effects, read: Read
) -> Stop | None:
    try:
        conduct(folder, manifest, root, listener, effects, read=read)
    except (KeyboardInterrupt, BadgatewayError, OSError) as stop:
        return stop
    return None


def _report(folder: RunFolder, listener: Listener, read: Read) -> RunSummary | None:
    # On a disk that is full the reports need the room of what could not be kept.
    for half in folder.unfinished():
        folder.discard_trial(half)
    if not folder.trial_folders():
        folder.discard()
        return None
    if not any_trial_ended(folder):
        return None
    listener.busy_with("writing the reports")
    run = analyse(folder, read)
    publish(folder, run)
    return run


def _manifest(
    experiment: Experiment,
    root: Path,
    command: str,
    worker_checks: WorkerCheckPlan | None,
    circumstances: Circumstances,
) -> Manifest:
    account = service_account()
    return Manifest(
        schema_version=SCHEMA_VERSION,
        kit_version=version("badgateway"),
        command=command,
        started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        experiment=experiment,
        environment=read_environment(
            account.name if account else "the user who started the run", interpreter_of(experiment, root)
        ),
        # A study's trials follow from those that ended.
        trials=() if experiment.study else schedule(experiment),
        worker_checks=worker_checks,
        # When the next trial comes, a site that already runs may be set up otherwise.
        attempts=1 if experiment.target else ATTEMPTS,
        circumstances=circumstances,
        locust_digest=locust_digest(experiment, root),
    )

"""Runs one experiment from manifest to reports, and keeps what there is when it is interrupted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from badgateway.cli.display import watch
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import SCHEMA_VERSION, Manifest
from badgateway.model.summary import StudySummary
from badgateway.plan.schedule import expected_s, schedule
from badgateway.probe.environment import read_environment
from badgateway.process.account import service_account
from badgateway.store.run_folder import RunFolder
from badgateway.study.analysis import analyse, publish
from badgateway.study.conduct import conduct


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run whose reports are written."""

    study: StudySummary
    report: Path
    """The HTML report, by the way that stays the same: results/EXPERIMENT/latest/report.html."""
    interrupted: bool


def run_experiment(
    experiment: Experiment, *, root: Path, results: Path, command: str, console: Console
) -> Finished | None:
    """Run an experiment and write its reports; None when it was interrupted before any trial had ended.

    Raises:
        DeploymentError: The database could not be started.
        ResultsError: The results folder cannot be written.
    """
    manifest = _manifest(experiment, command)
    folder = RunFolder.create(results, manifest)
    interrupted = False
    with watch(console, expected_s(experiment)) as listener:
        try:
            conduct(folder, manifest, root, listener)
        except KeyboardInterrupt:
            interrupted = True
    if not folder.trial_folders():
        return None
    study = analyse(folder)
    publish(folder, study)
    return Finished(study=study, report=results / experiment.name / "latest" / "report.html", interrupted=interrupted)


def _manifest(experiment: Experiment, command: str) -> Manifest:
    account = service_account()
    return Manifest(
        schema_version=SCHEMA_VERSION,
        kit_version=version("badgateway"),
        command=command,
        started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        experiment=experiment,
        environment=read_environment(account.name if account else "the user who started the run"),
        trials=schedule(experiment),
    )

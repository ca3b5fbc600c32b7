"""Finds the earlier runs of an experiment, and what they asked otherwise: what is chosen after a look proves less."""

from collections.abc import Iterator
from pathlib import Path

from badgateway.analysis.difference import unlike
from badgateway.errors import ResultsError
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import EarlierRun
from badgateway.store.run_folder import RunFolder, runs_in

_UNREADABLE = "what it asked is not known: its manifest cannot be read"


def earlier_runs(results: Path, experiment: Experiment) -> tuple[EarlierRun, ...]:
    """Return the runs of that name of which a trial has ended, oldest first."""
    folders = [RunFolder(path=run) for run in sorted(runs_in(results / experiment.name))]
    return tuple(_earlier(folder, experiment) for folder in folders if folder.trial_folders())


def _earlier(folder: RunFolder, experiment: Experiment) -> EarlierRun:
    try:
        manifest = folder.manifest()
    except ResultsError:
        return EarlierRun(started=folder.path.name, experiment_digest="", differences=(_UNREADABLE,))
    found = manifest.circumstances
    return EarlierRun(
        started=manifest.started,
        experiment_digest=found.experiment_digest if found else "",
        differences=tuple(differences(manifest.experiment, experiment)),
    )


def differences(before: Experiment, now: Experiment) -> Iterator[str]:
    """Return what decides on a verdict and differs: 'objective.p95_ms was 800 and is 1000'."""
    return unlike(dict(sorted(_deciding(before).items())), dict(sorted(_deciding(now).items())))


def _deciding(experiment: Experiment) -> dict[str, object]:
    load = experiment.load.model_dump(mode="json")
    found = {f"objective.{key}": value for key, value in experiment.objective.model_dump(mode="json").items()}
    found |= {f"load.{key}": value for key, value in load.items()}
    study = experiment.study
    margins = {"study.margin": study.margin, "study.negligible_ms": study.negligible_ms} if study else {}
    return found | margins

"""Runs one trial of a deployment's written files, at the load that the objective is asked at."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from badgateway.analysis.trials import read_evidence
from badgateway.judge.summarise import summarise_trial
from badgateway.load.progress import Progress
from badgateway.model.axis import keys_of
from badgateway.model.experiment import Experiment
from badgateway.model.load_level import LoadLevel
from badgateway.model.raw import JOURNAL, NEEDED
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.model.trial import Trial
from badgateway.stack.deployment import Deployment
from badgateway.stack.written_deployment import WrittenFiles, deploy_written
from badgateway.study.bench import Bench, Effects
from badgateway.study.local import LocalEffects
from badgateway.study.run_trial import run_trial

_OF_FILES = tuple(name for name in NEEDED if name != JOURNAL)
"""What is deployed has no journal."""
ATTEMPTS = 3
"""As in a run."""


class WrittenEffects(LocalEffects):
    """As on this machine, but that what is deployed are the written files."""

    def __init__(self, files: WrittenFiles) -> None:
        """Deploy these."""
        self._files = files

    def deploy(self, *arguments: Any, **options: Any) -> AbstractContextManager[Deployment]:
        """Start the files."""
        return deploy_written(self._files, *arguments, **options)


def prove_files(
    experiment: Experiment,
    level: LoadLevel,
    root: Path,
    effects: Effects,
    *,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
) -> TrialSummary:
    """Return what one trial of the experiment's only configuration came to; one that is INVALID is repeated twice.

    Args:
        experiment: With the configuration that was written, and no other.
        level: The load.
        root: The project.
        effects: By which the files are started.
        on_progress: Told about twice a second while the load runs.

    Raises:
        DeploymentError: The database did not come up.
    """
    with effects.set_up(experiment, root) as bench, bench.explaining():
        for attempt in range(1, ATTEMPTS + 1):
            summary = _run(_trial(experiment, level, attempt), bench, on_progress)
            if summary.verdict is not Verdict.INVALID:
                break
    return summary


def _trial(experiment: Experiment, level: LoadLevel, attempt: int) -> Trial:
    (configuration,) = experiment.configurations
    is_open = level.is_open
    return Trial(
        block=1,
        position=attempt,
        configuration=configuration.name,
        users=0 if is_open else round(level.size),
        rate_per_s=level.size if is_open else None,
        seed=experiment.seed,
        attempt=attempt,
        **keys_of(configuration.measured_at[0]),
    )


def _run(trial: Trial, bench: Bench, on_progress: Callable[[Progress], None]) -> TrialSummary:
    raw = bench.raw_folder(f"trial-{trial.position}")
    record = run_trial(trial, bench, raw, on_progress)
    experiment = bench.experiment
    evidence = read_evidence(
        raw, record, settle=experiment.study is not None, needed=_OF_FILES, places=experiment.places
    )
    return summarise_trial(evidence, experiment.objective)

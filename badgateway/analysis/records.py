"""Reads the records of a run's trials; one that is damaged costs its own trial, and no other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import ResultsError, without_folder
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.manifest import Manifest
from badgateway.model.trial import Trial, TrialRecord, TrialStatus
from badgateway.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A trial of which nothing is left but its place in the plan."""

    trial: Trial
    problem: str

    @property
    def evidence(self) -> TrialEvidence:
        """What the judge is given: a trial that cannot be trusted."""
        record = TrialRecord(
            trial=self.trial,
            status=TrialStatus.COMPLETED,
            reason="",
            window=None,
            started_s=0.0,
            ended_s=0.0,
            load_s=0.0,
            generator_cpu_share=None,
        )
        return TrialEvidence(record=record, relation=None, problem=self.problem, proxy_messages=(), uses=())


def read_records(folder: RunFolder, manifest: Manifest) -> Iterator[tuple[Path, TrialRecord | Unreadable]]:
    """Yield each trial's folder with its record, in the order of running; what is of no configuration is no trial."""
    planned = {trial.id: trial for trial in manifest.trials}
    names = {configuration.name for configuration in manifest.experiment.configurations}
    seen: list[Trial] = []
    for trial_folder in folder.trial_folders():
        trial = planned.get(trial_folder.name) or _by_name(trial_folder.name, seen)
        if trial is None or trial.configuration not in names:
            continue
        seen.append(trial)
        try:
            yield trial_folder, folder.record(trial_folder)
        except ResultsError as error:
            yield trial_folder, Unreadable(trial=trial, problem=without_folder(str(error), trial_folder))


def uncounted(folder: RunFolder, manifest: Manifest) -> tuple[Path, ...]:
    """Return the folders of trials that nobody reads: of a configuration that the run does not have, or misnamed."""
    names = {configuration.name for configuration in manifest.experiment.configurations}
    named = ((one, Trial.named(one.name)) for one in folder.trial_folders())
    foreign = (one for one, trial in named if trial is not None and trial.configuration not in names)
    return (*foreign, *folder.misnamed())


def _by_name(name: str, before: list[Trial]) -> Trial | None:
    """Return the trial of a study: its block is the one after those in which the same was run before it."""
    trial = Trial.named(name)
    if trial is None:
        return None
    same = [one for one in before if _place(one) == _place(trial) and one.attempt == 1]
    return Trial.named(name, block=max(1, len(same) + (trial.attempt == 1)))


def _place(trial: Trial) -> tuple[object, ...]:
    return trial.configuration, trial.load, trial.purpose, trial.control, trial.at

"""Which trial of a run is next: by the fixed schedule, or by a study that goes by those that ended.

What is asked is only what is on disk, so a run that was killed goes on as it would have gone on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from badgateway.judge.database_work import Seen, other_work, seen_of, with_disturbance
from badgateway.judge.summarise import summarise_trial
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.design import Ended, Purpose, Step
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import Manifest
from badgateway.model.outlook import Outlook, Stage
from badgateway.model.summary import Verdict
from badgateway.model.trial import Disturbance, Trial
from badgateway.plan.design import trial_of
from badgateway.plan.schedule import trial_s
from badgateway.search.confirmation import Confirmation
from badgateway.search.next_trials import ended_trials, fitted_design, next_trials
from badgateway.search.outlook import outlook


class TrialQueue(Protocol):
    """Decides on the next trial."""

    def next_trial(self) -> Trial | None:
        """Return the trial that is due; None when all have ended."""

    def outlook(self) -> Outlook:
        """Return where the run is; to be asked while a trial is due."""

    def ended(self, evidence: TrialEvidence) -> TrialEvidence:
        """Take note of a trial that was kept; return it as it stands beside those before it."""


class FixedQueue:
    """The trials of a manifest in their order, then the confirmation of the pick, if there is to be one.

    A trial that is INVALID is run again behind the others of its block, as often as the manifest says: what disturbed
    it may be over by then.
    """

    def __init__(self, manifest: Manifest, kept: Sequence[TrialEvidence], picked: Callable[[], str | None]) -> None:
        """Begin behind the trials that were kept; `picked` is asked when all scheduled ones have ended."""
        self._experiment = manifest.experiment
        self._attempts = manifest.attempts
        self._due = list(manifest.trials)
        self._seen: list[Seen] = []
        self._position = 0
        self._confirmation = Confirmation(manifest.experiment, picked)
        for entry in kept:
            self.ended(entry)

    def next_trial(self) -> Trial | None:
        """Return the next one of the schedule."""
        position = self._position + 1
        return replace(self._due[0], position=position) if self._due else self._confirmation.next_trial(position)

    def outlook(self) -> Outlook:
        """Return how many are left."""
        experiment = self._experiment
        confirm_s = trial_s(experiment, experiment.confirmation.window_s) if experiment.confirmation else 0.0
        left_s = len(self._due) * trial_s(experiment) + confirm_s
        if not self._due:
            return Outlook(stage=Stage.CONFIRMATION, remaining=None, left_s=left_s, trials=self._position + 1)
        return Outlook(
            stage=Stage.BLOCK,
            number=self._due[0].block,
            of=experiment.blocks,
            remaining=None,
            left_s=left_s,
            trials=self._position + len(self._due) + bool(experiment.confirmation),
        )

    def ended(self, evidence: TrialEvidence) -> TrialEvidence:
        """Go on to the next one; asked for the kept trials too, so that a resumed run has the same ones due."""
        self._seen.append(seen_of(evidence))
        evidence = with_disturbance(evidence, other_work(self._experiment, self._seen).get(len(self._seen) - 1))
        trial = evidence.record.trial
        self._position = max(self._position, trial.position)
        if trial.purpose is Purpose.CONFIRM:
            self._confirmation.ended(evidence)
            return evidence
        self._due = [one for one in self._due if _cell(one) != _cell(trial)]
        if trial.attempt < self._attempts and self._is_invalid(evidence):
            behind = sum(one.block <= trial.block for one in self._due)
            self._due.insert(behind, replace(trial, attempt=trial.attempt + 1))
        return evidence

    def _is_invalid(self, evidence: TrialEvidence) -> bool:
        return summarise_trial(evidence, self._experiment.objective).verdict is Verdict.INVALID


def _cell(trial: Trial) -> Trial:
    """Return a trial without what its repetition has of its own."""
    return replace(trial, position=0, attempt=1)


class StudyQueue:
    """The trials of a study; each that ended may change the rest."""

    def __init__(self, experiment: Experiment, kept: Sequence[TrialEvidence]) -> None:
        """Begin where the trials that were kept have led to.

        Raises:
            ConfigurationError: The study does not fit into its budget.
        """
        self._experiment = experiment
        self._design = fitted_design(experiment)
        self._kept: list[tuple[Seen, Ended]] = []
        for entry in kept:
            self._take(entry)
        self._position = max((entry.record.trial.position for entry in kept), default=0)
        self._due = self._steps()

    def next_trial(self) -> Trial | None:
        """Return the first of the steps that are due."""
        return trial_of(self._due[0], self._experiment, self._position + 1) if self._due else None

    def outlook(self) -> Outlook:
        """Return the block, who stands, and the likely rest."""
        return outlook(self._design, self._ended(), self._due)

    def ended(self, evidence: TrialEvidence) -> TrialEvidence:
        """Let the trial decide on the next."""
        self._take(evidence)
        self._position = evidence.record.trial.position
        self._due = self._steps()
        return with_disturbance(evidence, self._other_work().get(len(self._kept) - 1))

    def _take(self, evidence: TrialEvidence) -> None:
        # What the rows add up to is kept, not the rows: an experiment may have a thousand trials.
        self._kept.extend((seen_of(evidence), ended) for ended in ended_trials(self._design, [evidence]))

    def _other_work(self) -> Mapping[int, Disturbance]:
        return other_work(self._experiment, [seen for seen, _ in self._kept])

    def _ended(self) -> list[Ended]:
        # A later trial may show that the database did other work in an earlier one.
        other = self._other_work()
        return [replace(one, facts=None) if place in other else one for place, (_, one) in enumerate(self._kept)]

    def _steps(self) -> list[Step]:
        # A repetition comes behind the others that are due: what disturbed the first attempt may be over by then.
        return sorted(next_trials(self._design, self._ended()), key=lambda step: step.attempt)


def trial_queue(manifest: Manifest, kept: Sequence[TrialEvidence], picked: Callable[[], str | None]) -> TrialQueue:
    """Return the trials that are left of a run.

    Args:
        manifest: What the run set out to do.
        kept: The trials that were kept before, in the order of running; one that the user interrupted is run again.
        picked: Returns the configuration that a fixed schedule has picked, if any; asked when it has ended.

    Raises:
        ConfigurationError: The study does not fit into its budget.
    """
    ended = [entry for entry in kept if not entry.record.was_interrupted]
    if manifest.experiment.study is not None:
        return StudyQueue(manifest.experiment, ended)
    return FixedQueue(manifest, ended, picked)

"""Which trial of a run is next: by the fixed schedule, or by a study that goes by those that ended.

What is asked is only what is on disk, so a run that was killed goes on as it would have gone on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from badgateway.judge.database_work import Seen, other_work, seen_of, with_disturbance
from badgateway.judge.summarise import summarise_trial
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.design import Design, Ended, Purpose, Step
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import Manifest
from badgateway.model.outlook import Outlook, Stage
from badgateway.model.summary import Verdict
from badgateway.model.trial import Disturbance, Trial
from badgateway.plan.design import trial_of
from badgateway.plan.expected_time import confirmation_s, scheduled_trial_s
from badgateway.search.confirmation import Confirmation
from badgateway.search.next_trials import chosen, ended_trials, fitted_design, is_of_design, next_trials
from badgateway.search.outlook import outlook


class TrialQueue(Protocol):
    """Decides on the next trial."""

    def next_trial(self) -> Trial | None:
        """Return the trial that is due; None when all have ended."""

    def outlook(self) -> Outlook:
        """Return where the run is; to be asked while a trial is due."""

    def ended(self, evidence: TrialEvidence) -> TrialEvidence:
        """Take note of a trial that was kept; return it as it stands beside those before it."""


class _Kept:
    """The trials that ended: what their rows add up to, and not the rows, for an experiment may have a thousand."""

    def __init__(self, experiment: Experiment, design: Design) -> None:
        self._experiment, self._design = experiment, design
        # Of a schedule that nothing follows, nobody asks what the trials pick until it is reported.
        self._is_asked = experiment.study is not None or experiment.confirmation is not None
        self._trials: list[tuple[Seen, tuple[Ended, ...]]] = []

    def take(self, evidence: TrialEvidence) -> None:
        counts = self._is_asked and is_of_design(evidence.record.trial, self._experiment)
        self._trials.append((seen_of(evidence), ended_trials(self._design, [evidence] if counts else [])))

    def beside(self, evidence: TrialEvidence) -> TrialEvidence:
        """Return the last one as it stands beside those before it."""
        return with_disturbance(evidence, self._other_work().get(len(self._trials) - 1))

    def ended(self) -> list[Ended]:
        """Return those of the design, each with its facts."""
        # A later trial may show that the database did other work in an earlier one.
        other = self._other_work()
        return [
            replace(one, facts=None) if place in other else one
            for place, (_, ended) in enumerate(self._trials)
            for one in ended
        ]

    def _other_work(self) -> Mapping[int, Disturbance]:
        return other_work(self._experiment, [seen for seen, _ in self._trials])


class FixedQueue:
    """The trials of a manifest in their order, then the confirmation of the pick, if there is to be one.

    A trial that is INVALID is run again behind the others of its block, as often as the manifest says: what disturbed
    it may be over by then.
    """

    def __init__(self, manifest: Manifest, kept: Sequence[TrialEvidence]) -> None:
        """Begin behind the trials that were kept."""
        self._experiment = manifest.experiment
        self._attempts = manifest.attempts
        self._due = list(manifest.trials)
        self._design = fitted_design(manifest.experiment)
        self._kept = _Kept(manifest.experiment, self._design)
        self._position = 0
        self._confirmation = Confirmation(manifest.experiment, self._picked)
        for entry in kept:
            self.ended(entry)

    def next_trial(self) -> Trial | None:
        """Return the next one of the schedule."""
        position = self._position + 1
        return replace(self._due[0], position=position) if self._due else self._confirmation.next_trial(position)

    def outlook(self) -> Outlook:
        """Return how many are left."""
        experiment = self._experiment
        each_s = {one.name: scheduled_trial_s(experiment, one) for one in experiment.configurations}
        left_s = sum(each_s[one.configuration] for one in self._due) + confirmation_s(experiment)
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
        self._kept.take(evidence)
        evidence = self._kept.beside(evidence)
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

    def _picked(self) -> str | None:
        choice = chosen(self._experiment, self._design, self._kept.ended())
        return choice.configuration if choice.kind.names_one else None

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
        self._kept = _Kept(experiment, self._design)
        for entry in kept:
            self._kept.take(entry)
        self._position = max((entry.record.trial.position for entry in kept), default=0)
        self._due = self._steps()

    def next_trial(self) -> Trial | None:
        """Return the first of the steps that are due."""
        return trial_of(self._due[0], self._experiment, self._position + 1) if self._due else None

    def outlook(self) -> Outlook:
        """Return the block, who stands, and the likely rest."""
        return outlook(self._design, self._kept.ended(), self._due)

    def ended(self, evidence: TrialEvidence) -> TrialEvidence:
        """Let the trial decide on the next."""
        self._kept.take(evidence)
        self._position = evidence.record.trial.position
        self._due = self._steps()
        return self._kept.beside(evidence)

    def _steps(self) -> list[Step]:
        # A repetition comes behind the others that are due: what disturbed the first attempt may be over by then.
        return sorted(next_trials(self._design, self._kept.ended()), key=lambda step: step.attempt)


def trial_queue(manifest: Manifest, kept: Sequence[TrialEvidence]) -> TrialQueue:
    """Return the trials that are left of a run.

    Args:
        manifest: What the run set out to do.
        kept: The trials that were kept before, in the order of running; one that the user interrupted is run again.

    Raises:
        ConfigurationError: The study does not fit into its budget.
    """
    ended = [entry for entry in kept if not entry.record.was_interrupted]
    if manifest.experiment.study is not None:
        return StudyQueue(manifest.experiment, ended)
    return FixedQueue(manifest, ended)

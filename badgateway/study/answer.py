"""Puts a study's choice where reports look for the answer: one answer in a report, and verdicts that agree with it."""

import dataclasses
from collections.abc import Sequence

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.summarise import summarise
from badgateway.model.comparison import ArmStanding, Choice, ChoiceKind
from badgateway.model.experiment import Configuration, Experiment
from badgateway.model.summary import ConfigurationSummary, Decision, Recommendation

_DECISIONS = {
    ChoiceKind.PICKED: Decision.PICKED,
    # Any of them will do, and the cheapest is named.
    ChoiceKind.EQUIVALENT: Decision.PICKED,
    ChoiceKind.NEEDS_MORE: Decision.INCONCLUSIVE,
    ChoiceKind.NONE_QUALIFIES: Decision.NONE_QUALIFIES,
}


def recommendation_of(choice: Choice) -> Recommendation:
    """Return the choice in short."""
    decision = _DECISIONS[choice.kind]
    return Recommendation(
        decision=decision,
        configuration=choice.arm if decision is Decision.PICKED else None,
        sentence=choice.sentence,
        reasons=(*choice.reasons, choice.certainty),
        ranking=tuple(standing.arm for standing in choice.ranking),
    )


def summarise_study(
    experiment: Experiment, evidence: Sequence[TrialEvidence], choice: Choice
) -> tuple[ConfigurationSummary, ...]:
    """Sum up the blocks' trials, each configuration at the levels that it came to, with the choice's verdicts."""
    standings = {standing.arm: standing for standing in choice.ranking}
    return tuple(
        _summarise(experiment, configuration, evidence, standings[configuration.name])
        for configuration in experiment.configurations
    )


def _summarise(
    experiment: Experiment, configuration: Configuration, evidence: Sequence[TrialEvidence], standing: ArmStanding
) -> ConfigurationSummary:
    trials = [entry.record.trial for entry in evidence]
    came_to = {trial.users for trial in trials if trial.configuration == configuration.name}
    levels = tuple(users for users in experiment.load.users if users in came_to) or experiment.load.users[:1]
    load = experiment.load.model_copy(update={"users": levels})
    (found,) = summarise(experiment.model_copy(update={"configurations": (configuration,), "load": load}), evidence)
    if found.verdict is standing.verdict:
        return found
    # The levels' own verdicts know nothing of each other, nor of the trials at other levels that speak for them.
    return dataclasses.replace(found, verdict=standing.verdict, reasons=())

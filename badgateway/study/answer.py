"""Puts a study's choice where reports look for the answer: one answer in a report, and verdicts that agree with it."""

import dataclasses
from collections.abc import Sequence

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.ranking import rank
from badgateway.judge.reasons import about_baseline
from badgateway.judge.summarise import summarise
from badgateway.judge.wording import setup
from badgateway.model.comparison import ArmStanding, Choice, ChoiceKind
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.summary import ConfigurationSummary, Decision, Recommendation

_DECISIONS = {
    ChoiceKind.PICKED: Decision.PICKED,
    # Any of them will do, and the cheapest is named.
    ChoiceKind.EQUIVALENT: Decision.PICKED,
    ChoiceKind.NEEDS_MORE: Decision.INCONCLUSIVE,
    ChoiceKind.NONE_QUALIFIES: Decision.NONE_QUALIFIES,
}


def recommendation_of(
    choice: Choice, experiment: Experiment, configurations: Sequence[ConfigurationSummary]
) -> Recommendation:
    """Return the choice in short: how sure it is, and what became of the baseline; the chain of reasons is its own."""
    decision = _DECISIONS[choice.kind]
    name = choice.arm if decision is Decision.PICKED else None
    deploy = (f"{name} is {setup(experiment.configuration(name))}.",) if name else ()
    return Recommendation(
        decision=decision,
        configuration=name,
        sentence=choice.sentence,
        reasons=(*deploy, choice.certainty, *about_baseline(experiment, rank(configurations))),
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
    own = [entry.record.trial for entry in evidence if entry.record.trial.configuration == configuration.name]
    came_to: dict[str, set[object]] = {
        "users": {trial.users for trial in own},
        "rates_per_s": {trial.rate_per_s for trial in own},
    }
    declared: dict[str, tuple[float, ...]]
    declared = {"users": experiment.load.users, "rates_per_s": experiment.load.rates_per_s}
    levels = {
        kind: tuple(level for level in values if level in came_to[kind]) or values[:1]
        for kind, values in declared.items()
    }
    load = experiment.load.model_copy(update=levels)
    (found,) = summarise(experiment.model_copy(update={"configurations": (configuration,), "load": load}), evidence)
    if found.verdict is standing.verdict:
        return found
    # The levels' own verdicts know nothing of each other, nor of the trials at other levels that speak for them.
    return dataclasses.replace(found, verdict=standing.verdict, reasons=())

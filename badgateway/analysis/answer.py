"""Puts a choice where reports look for the answer: the same sentence, its reasons, and what would settle more."""

from collections.abc import Sequence

from badgateway import numbers
from badgateway.judge.baseline import baseline_of
from badgateway.model.comparison import Choice, ChoiceKind
from badgateway.model.experiment import Experiment
from badgateway.model.run_summary import Decision, Recommendation
from badgateway.model.summary import ConfigurationSummary, TrialSummary
from badgateway.words.baseline import about_baseline
from badgateway.words.choice import larger_run, sentence
from badgateway.words.disturbed import what_disturbed
from badgateway.words.phrases import setup
from badgateway.words.study_limits import power

_DECISIONS = {
    ChoiceKind.PICKED: Decision.PICKED,
    # It may be run as well as any: the regret says how much better another may be.
    ChoiceKind.EQUIVALENT: Decision.PICKED,
    ChoiceKind.NEEDS_MORE: Decision.INCONCLUSIVE,
    ChoiceKind.NONE_QUALIFIES: Decision.NONE_QUALIFIES,
}


def recommendation_of(
    choice: Choice,
    experiment: Experiment,
    configurations: Sequence[ConfigurationSummary],
    command: str,
    *,
    busy: str = "",
) -> Recommendation:
    """Return the choice in short: how sure it is, what would settle more, and what became of the baseline.

    Args:
        choice: Of the ended trials; the chain of its reasons is its own.
        experiment: What was asked.
        configurations: In the order of the experiment file.
        command: The command line that started the run.
        busy: Who kept the machine busy when the run began, in a clause.
    """
    decision = _DECISIONS[choice.kind]
    name = choice.configuration if decision is Decision.PICKED else None
    deploy = (f"{name} is {setup(experiment.configuration(name))}.",) if name else ()
    raced = (power(choice),) if experiment.study or choice.rivalries else ()
    settles = _what_settles(choice, command)
    nothing_said = choice.kind is ChoiceKind.NEEDS_MORE and choice.configuration is None
    disturbed = what_disturbed(_trials(configurations), busy) if nothing_said else ()
    ranked = [one.configuration for one in choice.ranking]
    others = [one.name for one in experiment.configurations if one.name not in ranked]
    return Recommendation(
        decision=decision,
        configuration=name,
        sentence=sentence(choice),
        reasons=(*deploy, *disturbed, *raced, *settles, *about_baseline(baseline_of(experiment, configurations, name))),
        ranking=(*ranked, *others),
    )


def _trials(configurations: Sequence[ConfigurationSummary]) -> tuple[TrialSummary, ...]:
    levels = (level for one in configurations for level in (*one.levels, *one.distant_levels))
    return tuple(trial for level in levels for trial in level.trials)


def _what_settles(choice: Choice, command: str) -> tuple[str, ...]:
    larger = larger_run(choice, command)
    if choice.more_blocks is None or not larger:
        return ()
    said = f"About {numbers.plural(choice.more_blocks, 'more block')} would settle what is open, if all goes on so"
    return (f"{said}: {larger}",)

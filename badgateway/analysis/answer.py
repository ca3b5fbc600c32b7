"""Puts a choice where reports look for the answer: the same sentence, its reasons, and what would settle more."""

import shlex
from collections.abc import Sequence

from badgateway import numbers
from badgateway.judge.baseline import baseline_of
from badgateway.model.comparison import Choice, ChoiceKind
from badgateway.model.experiment import Experiment
from badgateway.model.study_summary import Decision, Recommendation
from badgateway.model.summary import ConfigurationSummary
from badgateway.words.baseline import about_baseline
from badgateway.words.choice import sentence
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
    choice: Choice, experiment: Experiment, configurations: Sequence[ConfigurationSummary], command: str
) -> Recommendation:
    """Return the choice in short: how sure it is, what would settle more, and what became of the baseline.

    Args:
        choice: Of the ended trials; the chain of its reasons is its own.
        experiment: What was asked.
        configurations: In the order of the experiment file.
        command: The command line that started the run.
    """
    decision = _DECISIONS[choice.kind]
    name = choice.configuration if decision is Decision.PICKED else None
    deploy = (f"{name} is {setup(experiment.configuration(name))}.",) if name else ()
    raced = (power(choice),) if experiment.study or choice.rivalries else ()
    settles = _what_settles(choice, experiment, command)
    ranked = [one.configuration for one in choice.ranking]
    others = [one.name for one in experiment.configurations if one.name not in ranked]
    return Recommendation(
        decision=decision,
        configuration=name,
        sentence=sentence(choice),
        reasons=(*deploy, *raced, *settles, *about_baseline(baseline_of(experiment, configurations, name))),
        ranking=(*ranked, *others),
    )


def _what_settles(choice: Choice, experiment: Experiment, command: str) -> tuple[str, ...]:
    larger = larger_run(choice, experiment, command)
    if choice.more_blocks is None or not larger:
        return ()
    said = f"About {numbers.plural(choice.more_blocks, 'more block')} would settle what is open, if all goes on so"
    return (f"{said}: {larger}",)


def larger_run(choice: Choice, experiment: Experiment, command: str) -> str:
    """Return the command that would settle what is open; empty when nothing is, or more blocks would not settle it."""
    if choice.more_blocks is None:
        return ""
    return _with_blocks(
        command, choice.more_blocks + (experiment.study.blocks if experiment.study else experiment.blocks)
    )


def _with_blocks(command: str, blocks: int) -> str:
    """Return the command of a larger run: the same one, with so many blocks, and no budget to cut them again."""
    words = [word for word in shlex.split(command) if not word.startswith(("--blocks=", "--budget="))]
    for option in ("--blocks", "--budget"):
        if option in words[:-1]:
            place = words.index(option)
            words = [*words[:place], *words[place + 2 :]]
    through_nox = bool(words) and not words[0].endswith("badgateway") and "--" not in words
    return shlex.join([*words, *(["--"] if through_nox else []), "--blocks", str(blocks)])

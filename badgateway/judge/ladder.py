"""Tells an experiment's steps in order: what each configuration changed, and what became of the failures."""

from collections.abc import Iterator, Mapping, Sequence

from badgateway.judge.chance import SIGNIFICANCE
from badgateway.judge.effects import effect, not_compared, start
from badgateway.model.configuration import Configuration
from badgateway.model.differences import Difference, changed
from badgateway.model.experiment import Experiment
from badgateway.model.ladder import ConfigurationEffect, Ladder, LadderConfiguration, LadderStep
from badgateway.model.summary import ConfigurationSummary, LevelSummary


def ladder(experiment: Experiment, configurations: Sequence[ConfigurationSummary]) -> Ladder | None:
    """Hold each configuration against the one it changes something of; None when no configuration belongs to a step."""
    if not any(configuration.step for configuration in experiment.configurations):
        return None
    by_name = {summary.configuration.name: summary for summary in configurations}
    # The more comparisons, the likelier that one of them is chance.
    comparisons = max(1, (len(experiment.configurations) - 1) * len(experiment.load.users))
    significance = SIGNIFICANCE / comparisons
    return Ladder(
        steps=tuple(_steps(experiment, by_name, significance)),
        significance=significance,
        trials=max(len(level.valid_trials) for summary in configurations for level in summary.levels),
    )


def _steps(
    experiment: Experiment, by_name: Mapping[str, ConfigurationSummary], significance: float
) -> Iterator[LadderStep]:
    # Configurations without a step are no part of the story, so they come after it.
    titles = sorted(dict.fromkeys(one.step for one in experiment.configurations), key=lambda title: not title)
    for title in titles:
        own = [one for one in experiment.configurations if one.step == title]
        yield LadderStep(
            title=title, configurations=tuple(_configuration(one, experiment, by_name, significance) for one in own)
        )


def _configuration(
    configuration: Configuration,
    experiment: Experiment,
    by_name: Mapping[str, ConfigurationSummary],
    significance: float,
) -> LadderConfiguration:
    levels = by_name[configuration.name].levels
    first = experiment.configurations[0]
    if configuration.name == first.name and configuration.against is None:
        effects = tuple(start(level) for level in levels)
        return LadderConfiguration(configuration=configuration.name, against=None, effects=effects)
    before = by_name[configuration.against or first.name]
    changes = changed(before.configuration, configuration, experiment.timeouts)
    return LadderConfiguration(
        configuration=configuration.name,
        against=before.configuration.name,
        effects=tuple(_effect(before, level, changes, significance) for level in levels),
    )


def _effect(
    before: ConfigurationSummary, level: LevelSummary, changes: tuple[Difference, ...], significance: float
) -> ConfigurationEffect:
    same = [one for one in (*before.levels, *before.distant_levels) if _is_alike(one, level)]
    if not same:
        return not_compared(before.configuration.name, None, level)
    return effect(same[0], level, changes, significance=significance)


def _is_alike(one: LevelSummary, other: LevelSummary) -> bool:
    return (one.users, one.database_distance_ms) == (other.users, other.database_distance_ms)

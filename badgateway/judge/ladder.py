"""Tells an experiment's steps in order: what each configuration changed, and what became of the failures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from badgateway.judge.chance import SIGNIFICANCE, among_all, chance
from badgateway.judge.effects import effect, not_compared, start
from badgateway.model.configuration import Configuration
from badgateway.model.differences import changed
from badgateway.model.experiment import Experiment
from badgateway.model.ladder import ConfigurationEffect, Ladder, LadderConfiguration, LadderStep
from badgateway.model.summary import ConfigurationSummary, LevelSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A configuration at one load level, and the one it is held against, where that was measured alike."""

    configuration: str
    against: ConfigurationSummary
    before: LevelSummary | None
    after: LevelSummary

    @property
    def measured(self) -> tuple[LevelSummary, LevelSummary] | None:
        """Both levels, where both were measured."""
        if self.before is None or self.before.measurement is None or self.after.measurement is None:
            return None
        return self.before, self.after


def ladder(experiment: Experiment, configurations: Sequence[ConfigurationSummary]) -> Ladder | None:
    """Hold each configuration against the one it changes something of; None when no configuration belongs to a step."""
    if not any(configuration.step for configuration in experiment.configurations):
        return None
    by_name = {summary.configuration.name: summary for summary in configurations}
    effects = _effects(experiment, by_name)
    return Ladder(
        steps=tuple(_steps(experiment, by_name, effects)),
        significance=SIGNIFICANCE,
        trials=max(len(level.valid_trials) for summary in configurations for level in summary.levels),
    )


def _effects(
    experiment: Experiment, by_name: Mapping[str, ConfigurationSummary]
) -> dict[str, tuple[ConfigurationEffect, ...]]:
    """Return the effects of each configuration, one a level; the more comparisons, the likelier that one is chance."""
    pairs = [pair for one in experiment.configurations for pair in _pairs(one, experiment, by_name)]
    # Where nothing failed on either side no test can find a difference, so it takes no part of the chance (Tarone).
    tested = [(pair, chance(*pair.measured)) for pair in pairs if pair.measured and _has_failed(*pair.measured)]
    adjusted = among_all([p_value for _, p_value in tested])
    p_values = {(pair.configuration, pair.after.load): p for (pair, _), p in zip(tested, adjusted, strict=True)}
    return {
        name: tuple(
            _effect(pair, experiment, p_values.get((name, pair.after.load), 1.0))
            for pair in pairs
            if pair.configuration == name
        )
        for name in by_name
    }


def _has_failed(*levels: LevelSummary) -> bool:
    return any(level.measured.failures.count for level in levels)


def _pairs(
    configuration: Configuration, experiment: Experiment, by_name: Mapping[str, ConfigurationSummary]
) -> Iterator[_Pair]:
    if _is_the_start(configuration, experiment):
        return
    against = by_name[configuration.against or experiment.configurations[0].name]
    for level in by_name[configuration.name].levels:
        same = (one for one in (*against.levels, *against.distant_levels) if _is_alike(one, level))
        yield _Pair(configuration=configuration.name, against=against, before=next(same, None), after=level)


def _effect(pair: _Pair, experiment: Experiment, p_value: float) -> ConfigurationEffect:
    if pair.before is None:
        return not_compared(pair.against.configuration.name, None, pair.after)
    configuration = experiment.configuration(pair.configuration)
    changes = changed(pair.against.configuration, configuration, experiment.timeouts)
    return effect(pair.before, pair.after, changes, p_value=p_value)


def _steps(
    experiment: Experiment,
    by_name: Mapping[str, ConfigurationSummary],
    effects: Mapping[str, tuple[ConfigurationEffect, ...]],
) -> Iterator[LadderStep]:
    # Configurations without a step are no part of the story, so they come after it.
    titles = sorted(dict.fromkeys(one.step for one in experiment.configurations), key=lambda title: not title)
    for title in titles:
        own = [one for one in experiment.configurations if one.step == title]
        yield LadderStep(title=title, configurations=tuple(_told(one, experiment, by_name, effects) for one in own))


def _told(
    configuration: Configuration,
    experiment: Experiment,
    by_name: Mapping[str, ConfigurationSummary],
    effects: Mapping[str, tuple[ConfigurationEffect, ...]],
) -> LadderConfiguration:
    name, first = configuration.name, experiment.configurations[0].name
    if _is_the_start(configuration, experiment):
        started = tuple(start(level) for level in by_name[name].levels)
        return LadderConfiguration(configuration=name, against=None, effects=started)
    return LadderConfiguration(configuration=name, against=configuration.against or first, effects=effects[name])


def _is_the_start(configuration: Configuration, experiment: Experiment) -> bool:
    return configuration.name == experiment.configurations[0].name and configuration.against is None


def _is_alike(one: LevelSummary, other: LevelSummary) -> bool:
    return (one.users, one.at) == (other.users, other.at)

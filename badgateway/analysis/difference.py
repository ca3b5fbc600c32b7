"""Compares two runs of one experiment: what each configuration did, and what else was not the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.model.load_level import LoadLevel
from badgateway.model.manifest import Environment
from badgateway.model.places import Line
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import LevelSummary
from badgateway.numbers import listed

_MACHINE = ("system", "cpu", "cores", "memory_bytes", "python", "somaxconn", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A configuration at one load, in both runs."""

    configuration: str
    load: LoadLevel
    before: LevelSummary | None
    """None where the first run has no such configuration or load."""
    after: LevelSummary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two runs side by side."""

    before: RunSummary
    after: RunSummary
    pairs: tuple[Pair, ...]
    """By load, the highest last; configurations in the order of the second run's file, then those it no longer has."""
    changes: tuple[str, ...]
    """What was not the same in experiment, site and machine: 'machine: cores was 2 and is 4'."""


def demand_one_experiment(before: Experiment, after: Experiment) -> None:
    """Return when runs of these may be put side by side.

    Raises:
        ConfigurationError: They are two experiments.
    """
    if before.name != after.name:
        raise ConfigurationError(
            f"diff: the runs are of two experiments, {before.name} and {after.name}; name two of one"
        )


def difference(before: RunSummary, after: RunSummary) -> Difference:
    """Return what differs between two runs.

    Raises:
        ConfigurationError: They are of two experiments.
    """
    demand_one_experiment(before.experiment, after.experiment)
    return Difference(before=before, after=after, pairs=_pairs(before, after), changes=tuple(_changes(before, after)))


def _pairs(before: RunSummary, after: RunSummary) -> tuple[Pair, ...]:
    was, is_now = _levels(before), _levels(after)
    keys = dict.fromkeys((*is_now, *was))
    ordered = sorted(keys, key=lambda key: key[1].order)
    return tuple(
        Pair(configuration=name, load=load, before=was.get((name, load)), after=is_now.get((name, load)))
        for name, load in ordered
    )


def _levels(run: RunSummary) -> dict[tuple[str, LoadLevel], LevelSummary]:
    return {(one.configuration.name, level.load): level for one in run.configurations for level in one.levels}


def _changes(before: RunSummary, after: RunSummary) -> Iterator[str]:
    was, is_now = before.environment, after.environment
    parts = (
        ("experiment", _asked(before.experiment, after.experiment), _asked(after.experiment, before.experiment)),
        ("machine", _circumstances(was), _circumstances(is_now)),
        ("version", dict(was.versions), dict(is_now.versions)),
    )
    for what, then, now in parts:
        yield from (f"{what}: {change}" for change in unlike(then, now))


def _asked(experiment: Experiment, other: Experiment) -> dict[str, object]:
    """Return all that an experiment declares, by its key; a configuration's by its name.

    A place that the other one has not is told as a whole, by what somebody wrote of it; and a configuration, which is
    in a row of its own, by its name alone.
    """
    whole = experiment.model_dump(mode="json")
    alone = {key: _place(line) for key, line in experiment.places.lines.items() if key not in other.places.lines}
    whole["places"].update(alone)
    names = {one.name for one in other.configurations}
    configurations = {one["name"]: one if one["name"] in names else "there" for one in whole.pop("configurations")}
    # The same file draws another seed each time.
    whole.pop("seed", None)
    return dict(_flat("", {**whole, "configurations": configurations}))


def _place(line: Line) -> str:
    told = line.model_dump(mode="json", exclude_defaults=True)
    return f"there ({listed(f'{key} = {_shown(value)}' for key, value in told.items())})" if told else "there"


def _flat(key: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}" if key else str(name), inner)
    else:
        yield key, value


def _circumstances(found: Environment) -> dict[str, object]:
    return {name: getattr(found, name) for name in _MACHINE}


def unlike(was: Mapping[str, object], is_now: Mapping[str, object]) -> Iterator[str]:
    """Yield what has another value: 'cores was 2 and is 4'."""
    for key in dict.fromkeys((*was, *is_now)):
        if was.get(key) != is_now.get(key):
            yield f"{key} was {_shown(was.get(key))} and is {_shown(is_now.get(key))}"


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None or value == "" else str(value)

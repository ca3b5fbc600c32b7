"""Orders the configurations at each value of an axis, and tells whether the order depends on it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from badgateway.judge.effects import p95s_are_close
from badgateway.judge.ranking import level_key
from badgateway.model.axis import AXES, Axis, moved
from badgateway.model.experiment import Experiment
from badgateway.model.run_summary import AxisOrder, AxisRanking, Overtaking
from badgateway.model.summary import ConfigurationSummary, LevelSummary

_Levels = Mapping[str, LevelSummary]


def rank_along_axes(experiment: Experiment, configurations: Sequence[ConfigurationSummary]) -> tuple[AxisRanking, ...]:
    """Return the order at each value of each axis for each load level, where configurations have several values."""
    return tuple(ranking for axis in AXES for ranking in _along(axis, experiment, configurations))


def _along(axis: Axis, experiment: Experiment, configurations: Sequence[ConfigurationSummary]) -> Iterator[AxisRanking]:
    several = [one for one in configurations if len(one.configuration.values_on(axis)) > 1]
    values = sorted({value for one in several for value in one.configuration.values_on(axis)})
    if several:
        yield from (_ranking(axis, users, values, several) for users in experiment.load.users)


def _ranking(axis: Axis, users: int, values: Sequence[float], several: Sequence[ConfigurationSummary]) -> AxisRanking:
    measured = {one.configuration.name: _by_value(axis, one, users) for one in several}
    complete = {name: levels for name, levels in measured.items() if set(levels) == set(values)}
    by_value = {value: {name: levels[value] for name, levels in complete.items()} for value in values}
    return AxisRanking(
        axis=axis,
        users=users,
        orders=tuple(AxisOrder(value=value, configurations=_order(levels)) for value, levels in by_value.items()),
        changes=_changes(by_value),
        left_out=tuple(name for name in measured if name not in complete),
    )


def _by_value(axis: Axis, summary: ConfigurationSummary, users: int) -> dict[float, LevelSummary]:
    usual, *_ = summary.configuration.measured_at
    at = {moved(axis, usual, value): value for value in summary.configuration.values_on(axis)}
    return {
        at[level.at]: level
        for level in (*summary.levels, *summary.distant_levels)
        if level.users == users and level.measurement is not None and level.at in at
    }


def _order(levels: _Levels) -> tuple[str, ...]:
    return tuple(sorted(levels, key=lambda name: (level_key(levels[name]), name)))


def _changes(by_value: Mapping[float, _Levels]) -> tuple[Overtaking, ...]:
    """Return who is ahead of whom at which values, unlike at the least, the change at the least value first."""
    least, *others = by_value
    overtaken: dict[tuple[tuple[float, ...], str], list[str]] = {}
    for ahead, behind in combinations(_order(by_value[least]), 2):
        where = tuple(value for value in others if _changes_places(ahead, behind, by_value, value))
        if where:
            overtaken.setdefault((where, behind), []).append(ahead)
    return tuple(
        Overtaking(configuration=name, ahead_of=tuple(names), values=where)
        for (where, name), names in sorted(overtaken.items())
    )


def _changes_places(ahead: str, behind: str, by_value: Mapping[float, _Levels], value: float) -> bool:
    near, far = next(iter(by_value.values())), by_value[value]
    return _is_clearly_ahead(near[ahead], near[behind]) and _is_clearly_ahead(far[behind], far[ahead])


def _is_clearly_ahead(one: LevelSummary, other: LevelSummary) -> bool:
    """Tell whether it is more than noise that puts one level before another: failures first, then the p95."""
    assert one.measurement is not None
    assert other.measurement is not None
    failures, others_failures = one.measurement.failures, other.measurement.failures
    if failures.high < others_failures.low or others_failures.high < failures.low:
        return failures.share < others_failures.share
    latency, others_latency = one.measurement.latency, other.measurement.latency
    if latency is None or others_latency is None:
        return latency is not None
    return latency.p95_ms < others_latency.p95_ms and not p95s_are_close(one, other)

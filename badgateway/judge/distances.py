"""Orders the configurations at each distance to the database, and tells whether the order depends on it."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from badgateway.judge.effects import p95s_are_close
from badgateway.judge.ranking import level_key
from badgateway.model.experiment import Experiment
from badgateway.model.study_summary import DistanceOrder, DistanceRanking, Overtaking
from badgateway.model.summary import ConfigurationSummary, LevelSummary

_Levels = Mapping[str, LevelSummary]


def rank_at_distances(
    experiment: Experiment, configurations: Sequence[ConfigurationSummary]
) -> tuple[DistanceRanking, ...]:
    """Return the order at each distance for each load level; empty when no configuration has several distances."""
    several = [one for one in configurations if len(one.configuration.database_distances_ms) > 1]
    distances_ms = sorted({distance for one in several for distance in one.configuration.database_distances_ms})
    if not several:
        return ()
    return tuple(_ranking(users, distances_ms, several) for users in experiment.load.users)


def _ranking(users: int, distances_ms: Sequence[float], several: Sequence[ConfigurationSummary]) -> DistanceRanking:
    measured = {one.configuration.name: _by_distance(one, users) for one in several}
    complete = {name: levels for name, levels in measured.items() if set(levels) == set(distances_ms)}
    by_distance = {distance: {name: levels[distance] for name, levels in complete.items()} for distance in distances_ms}
    return DistanceRanking(
        users=users,
        orders=tuple(
            DistanceOrder(distance_ms=distance, configurations=_order(levels))
            for distance, levels in by_distance.items()
        ),
        changes=_changes(by_distance),
        left_out=tuple(name for name in measured if name not in complete),
    )


def _by_distance(summary: ConfigurationSummary, users: int) -> dict[float, LevelSummary]:
    return {
        level.database_distance_ms: level
        for level in (*summary.levels, *summary.distant_levels)
        if level.users == users and level.measurement is not None
    }


def _order(levels: _Levels) -> tuple[str, ...]:
    return tuple(sorted(levels, key=lambda name: (level_key(levels[name]), name)))


def _changes(by_distance: Mapping[float, _Levels]) -> tuple[Overtaking, ...]:
    """Return who is ahead of whom at which distances, unlike at the nearest, the nearest change first."""
    nearest, *farther = by_distance
    overtaken: dict[tuple[tuple[float, ...], str], list[str]] = {}
    for ahead, behind in combinations(_order(by_distance[nearest]), 2):
        where = tuple(distance for distance in farther if _changes_places(ahead, behind, by_distance, distance))
        if where:
            overtaken.setdefault((where, behind), []).append(ahead)
    return tuple(
        Overtaking(configuration=name, ahead_of=tuple(others), distances_ms=where)
        for (where, name), others in sorted(overtaken.items())
    )


def _changes_places(ahead: str, behind: str, by_distance: Mapping[float, _Levels], distance_ms: float) -> bool:
    near, far = next(iter(by_distance.values())), by_distance[distance_ms]
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

"""Says whether the order of configurations depends on their distance to the database."""

from collections.abc import Sequence

from badgateway.model.study_summary import DistanceRanking
from badgateway.numbers import listed, plural

_MOST = 4
"""Changes named; the table beside the sentence has them all."""


def sentence(found: DistanceRanking) -> str:
    """Return whether the order changes with the distance, and where."""
    ranked = len(found.orders[0].configurations)
    if ranked < 2:
        return f"Only {plural(ranked, 'configuration')} could be measured at every distance: nothing to rank."
    if found.changes:
        return f"The ranking changes with the distance: {'; '.join(_changes(found))}."
    where = listed([f"{order.distance_ms:g}" for order in found.orders])
    if len({order.configurations for order in found.orders}) == 1:
        return f"The ranking is the same with {where} ms a round trip to the database."
    return (
        f"With {where} ms a round trip only configurations change places that are too close to each other "
        "to tell which is better."
    )


def _changes(found: DistanceRanking) -> list[str]:
    farther = [order.distance_ms for order in found.orders[1:]]
    said = [
        f"{_where(one.distances_ms, farther)} {one.configuration} is ahead of {listed(one.ahead_of)}"
        for one in found.changes
    ]
    more = [f"{plural(len(said) - _MOST, 'other')} gained places too"] if len(said) > _MOST else []
    return said[:_MOST] + more


def _where(distances_ms: Sequence[float], farther_ms: Sequence[float]) -> str:
    if len(distances_ms) > 1 and tuple(farther_ms[-len(distances_ms) :]) == tuple(distances_ms):
        return f"from {distances_ms[0]:g} ms on"
    return f"at {listed([f'{distance:g}' for distance in distances_ms])} ms"

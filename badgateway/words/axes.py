"""Says whether the order of configurations depends on an axis, such as their distance to the database."""

from collections.abc import Sequence

from badgateway.model.axis import Axis
from badgateway.model.run_summary import AxisRanking
from badgateway.numbers import listed, plural

_MOST = 4
"""Changes named; the table beside the sentence has them all."""


def sentence(found: AxisRanking) -> str:
    """Return whether the order changes along the axis, and where."""
    axis, ranked = found.axis, len(found.orders[0].configurations)
    if ranked < 2:
        return f"Measured at every {axis.noun}: only {plural(ranked, 'configuration')}, so there is nothing to rank."
    if found.changes:
        return f"The ranking changes with the {axis.noun}: {'; '.join(_changes(found))}."
    everywhere = axis.several.format(listed([f"{order.value:g}" for order in found.orders]))
    if len({order.configurations for order in found.orders}) == 1:
        return f"The ranking is the same {everywhere}."
    return (
        f"{everywhere[:1].upper()}{everywhere[1:]} only configurations change places that are too close to each other "
        "to tell which is better."
    )


def _changes(found: AxisRanking) -> list[str]:
    others = [order.value for order in found.orders[1:]]
    said = [
        f"{_where(one.values, others, found.axis)} {one.configuration} is ahead of {listed(one.ahead_of)}"
        for one in found.changes
    ]
    more = [f"{plural(len(said) - _MOST, 'other')} gained places too"] if len(said) > _MOST else []
    return said[:_MOST] + more


def _where(values: Sequence[float], others: Sequence[float], axis: Axis) -> str:
    if len(values) > 1 and tuple(others[-len(values) :]) == tuple(values):
        return f"from {axis.value.format(f'{values[0]:g}')} on"
    return f"at {axis.value.format(listed([f'{value:g}' for value in values]))}"

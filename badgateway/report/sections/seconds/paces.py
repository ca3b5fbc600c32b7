"""How long the OK requests of each second took: p50 and p95 as two lines, on one scale for all configurations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from badgateway import numbers
from badgateway.model.summary import Pace
from badgateway.report.chart_layout import ticks_1_2_5

_HEIGHT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A logarithmic scale from the bottom of a lane to its top."""

    low_ms: float
    high_ms: float

    def y(self, value_ms: float) -> float:
        """Return the place of a value, from the top."""
        share = math.log(max(value_ms, self.low_ms) / self.low_ms) / math.log(self.high_ms / self.low_ms)
        return round(_HEIGHT * (1 - min(share, 1)), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The two lines of one configuration, as paths of SVG."""

    p50: str
    p95: str
    limit_y: float
    is_telling: bool
    """Whether the latency says something: not where too much failed."""
    told: str
    """The same in words."""


Paces = Sequence[Pace | None]


def scale_of(every: Sequence[Paces], limit_ms: float) -> Scale:
    """Return a scale with round ends that holds all seconds, and the limit."""
    seen = [pace for paces in every for pace in paces if pace]
    values_ms = [limit_ms, *(value for pace in seen for value in (pace.p50_ms, pace.p95_ms) if value > 0)]
    ticks = ticks_1_2_5(min(values_ms), max(values_ms))
    return Scale(low_ms=ticks[0], high_ms=ticks[-1] if len(ticks) > 1 else 2 * ticks[0])


def lane(paces: Paces, scale: Scale, *, limit_ms: float, is_telling: bool) -> Lane | None:
    """Return the lines of a configuration; None where no second had an OK request."""
    seen = [pace for pace in paces if pace]
    if not seen:
        return None
    return Lane(
        p50=_path([pace.p50_ms if pace else None for pace in paces], scale),
        p95=_path([pace.p95_ms if pace else None for pace in paces], scale),
        limit_y=scale.y(limit_ms),
        is_telling=is_telling,
        told=f"p95 of a second: {_span([pace.p95_ms for pace in seen])}",
    )


def _path(values_ms: Sequence[float | None], scale: Scale) -> str:
    """Return a step for each second; a second without a value is a gap."""
    parts = []
    for is_missing, run in groupby(enumerate(values_ms), key=lambda one: one[1] is None):
        if not is_missing:
            steps = [(place, scale.y(value_ms or 0)) for place, value_ms in run]
            parts.append(f"M{steps[0][0]} {steps[0][1]:g}" + "".join(f"V{y:g}H{place + 1}" for place, y in steps))
    return "".join(parts)


def _span(values_ms: Sequence[float]) -> str:
    low, high = (numbers.milliseconds(value) for value in (min(values_ms), max(values_ms)))
    return low if low == high else f"{low} to {high}"

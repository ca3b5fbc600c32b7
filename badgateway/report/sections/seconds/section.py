"""What failed, what was late and how long answers took, second by second, at the load at which all are compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.design import Counts
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import Measurement
from badgateway.report import grid
from badgateway.report.grid import LevelResult
from badgateway.report.html import render
from badgateway.report.section import Section
from badgateway.report.sections.seconds.paces import Lane, lane, scale_of
from badgateway.words import phrases

_HEIGHT = 100
_LEAST = 6
"""Of the height: less could not be seen, and would look like none."""
_WIDTH = 0.86
"""Of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A part of one second, in the units of the drawing."""

    x: str
    y: str
    height: str
    kind: str
    """'failed' or 'late', for the style sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The windows of one configuration, one behind the other."""

    name: str
    seconds: int
    bars: tuple[Bar, ...]
    """Empty where nothing failed or was late."""
    edges: tuple[int, ...]
    """Where a window ends and the next begins."""
    told: str
    """The bars in words."""
    lane: Lane | None
    """How long the OK requests took; None where none was OK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """The strips, best first."""

    load: str
    limit: str
    low: str
    """At the bottom of a lane."""
    high: str
    """At its top."""
    strips: tuple[Strip, ...]
    has_missed: bool
    """Whether something failed or was late anywhere."""


class SecondsSection(Section):
    """The strips; the sums are with the levels."""

    def html(self, run: RunSummary, /) -> str:
        """Return the strips; nothing when no trial has its seconds."""
        view = build(run)
        return render("seconds/seconds.html.j2", view=view) if view.strips else ""


def build(run: RunSummary) -> Seconds:
    """Return the strips of a run, best first."""
    load = max(grid.levels(run), key=lambda level: level.order)
    here = [result for result in grid.results(run) if result.load == load]
    known = [result for result in here if any(measured.seconds for measured in _trials(result))]
    limit_ms = run.experiment.objective.p95_ms
    paces = [[pace for trial in _trials(result) for pace in trial.paces] for result in known]
    scale = scale_of(paces, limit_ms)
    strips = tuple(
        _strip(result, lane(each, scale, limit_ms=limit_ms, is_telling=_is_telling(result, run)))
        for result, each in zip(known, paces, strict=True)
    )
    return Seconds(
        load=phrases.load(load),
        limit=numbers.declared_milliseconds(limit_ms),
        low=numbers.declared_milliseconds(scale.low_ms),
        high=numbers.declared_milliseconds(scale.high_ms),
        strips=strips,
        has_missed=any(strip.bars for strip in strips),
    )


def _trials(result: LevelResult) -> list[Measurement]:
    """Return what each trial measured, in the order of running."""
    return [trial.measurement for trial in (result.level.valid_trials if result.level else ()) if trial.measurement]


def _is_telling(result: LevelResult, run: RunSummary) -> bool:
    return result.measurement is not None and grid.is_telling(result.measurement, run)


def _strip(result: LevelResult, lane_: Lane | None) -> Strip:
    windows = [measured.seconds for measured in _trials(result) if measured.seconds]
    seconds = [second for window in windows for second in window]
    return Strip(
        name=result.configuration,
        seconds=len(seconds),
        bars=tuple(bar for place, second in enumerate(seconds) for bar in _bars(place, second)),
        edges=tuple(sum(map(len, windows[:place])) for place in range(1, len(windows))),
        told=_told(seconds),
        lane=lane_,
    )


def _bars(place: int, second: Counts) -> Iterator[Bar]:
    """Yield what failed, from the bottom, and what was late, on top of it."""
    bottom = float(_HEIGHT)
    for kind, count in (("failed", second.failures), ("late", second.late)):
        if count:
            height = max(_HEIGHT * count / second.requests, _LEAST)
            top = max(bottom - height, 0)
            yield Bar(x=f"{place + (1 - _WIDTH) / 2:g}", y=f"{top:g}", height=f"{bottom - top:g}", kind=kind)
            bottom = top


def _told(seconds: Sequence[Counts]) -> str:
    failing = [second for second in seconds if second.failures]
    late = [second for second in seconds if second.late]
    parts = [
        f"{what} in {numbers.count(len(some))} of {numbers.plural(len(seconds), 'second')}, at most "
        f"{numbers.percent(worst)} in one"
        for what, some, worst in (
            ("failed", failing, max((one.failures / one.requests for one in failing), default=0.0)),
            ("late", late, max((one.late / one.requests for one in late), default=0.0)),
        )
        if some
    ]
    return "; ".join(parts) or "nothing failed or was late"

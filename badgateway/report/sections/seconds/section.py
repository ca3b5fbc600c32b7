"""What failed and what was late, second by second, of each configuration at the load at which all are compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.design import Counts
from badgateway.model.load_level import LoadLevel
from badgateway.model.study_summary import StudySummary
from badgateway.report import grid
from badgateway.report.grid import LevelResult
from badgateway.report.html import render
from badgateway.report.section import Section
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
    edges: tuple[int, ...]
    """Where a window ends and the next begins."""
    told: str
    """The same in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """The strips, and who needs none."""

    load: str
    limit: str
    strips: tuple[Strip, ...]
    clean: int
    """Configurations of which nothing failed or was late in any second."""


class SecondsSection(Section):
    """The strips; the sums are with the levels."""

    def html(self, study: StudySummary, /) -> str:
        """Return the strips; nothing when no trial has its seconds, or nothing failed or was late."""
        view = build(study)
        return render("seconds/seconds.html.j2", view=view) if view.strips else ""


def build(study: StudySummary) -> Seconds:
    """Return the strips of a study, best first."""
    load = max(grid.levels(study), key=lambda level: level.order)
    windows = {result.configuration: _windows(result) for result in _at(study, load)}
    known = {name: found for name, found in windows.items() if found}
    strips = [_strip(name, found) for name, found in known.items() if any(map(_missed, found))]
    return Seconds(
        load=phrases.load(load),
        limit=numbers.declared_milliseconds(study.experiment.objective.p95_ms),
        strips=tuple(strips),
        clean=len(known) - len(strips),
    )


def _at(study: StudySummary, load: LoadLevel) -> Iterator[LevelResult]:
    return (result for result in grid.results(study) if result.load == load)


def _windows(result: LevelResult) -> list[tuple[Counts, ...]]:
    """Return the seconds of each trial that has them, in the order of running."""
    trials = result.level.valid_trials if result.level else ()
    return [trial.measurement.seconds for trial in trials if trial.measurement and trial.measurement.seconds]


def _missed(window: Sequence[Counts]) -> int:
    return sum(second.missed for second in window)


def _strip(name: str, windows: Sequence[tuple[Counts, ...]]) -> Strip:
    seconds = [second for window in windows for second in window]
    edges = [sum(map(len, windows[:place])) for place in range(1, len(windows))]
    return Strip(
        name=name,
        seconds=len(seconds),
        bars=tuple(bar for place, second in enumerate(seconds) for bar in _bars(place, second)),
        edges=tuple(edges),
        told=_told(seconds),
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
    return "; ".join(parts)

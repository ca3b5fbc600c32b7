"""Shows what is found in logs that are followed: live on a terminal, lines in a pipe, JSON for programs."""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Protocol, Self

from badgateway.causes.live_incidents import LiveIncident
from badgateway.cli.terminal import echo_page
from badgateway.logs import Source
from badgateway.numbers import duration
from badgateway.process.interruption import held
from badgateway.report.explanation.live import (
    counts,
    incident_line,
    incident_row,
    remark_line,
    remark_rows,
    summary_line,
    summary_rows,
)
from badgateway.report.explanation.text_rows import Paint, painted, unpainted
from badgateway.study.following import Following, Look

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from badgateway.model.explanation import Incident
    from badgateway.report.explanation.text_rows import Row

_SHORTEST_PAUSE_S = 0.5
_PAUSE_PER_LOOK = 4
"""A look that takes long is followed by a pause that is as many times as long: most of a core is others'."""
_SO_FAR_S = 60
"""How often a pipe is told of an incident that goes on."""
_JSON_EVERY_S = 5
_WIDEST, _NARROWEST = 100, 40


class Display(Protocol):
    """Tells of looks."""

    def show(self, look: Look, now_s: float) -> None:
        """Tell what is new in a look."""

    def end(self, look: Look) -> None:
        """Tell what was found in all."""


def follow(
    sources: Sequence[Source],
    *,
    utc_offset_s: float | None,
    mask: bool,
    json_lines: bool,
    paint: Paint,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Follow logs until a signal comes, or all streams have ended.

    Raises:
        ConfigurationError: A file cannot be read.
    """
    with Following(sources, utc_offset_s=utc_offset_s, mask=mask, clock=clock) as following:
        with display_for(json_lines=json_lines, paint=paint) as display:
            with suppress(KeyboardInterrupt):
                _watch(following, display, clock)
            # What came in the last moment counts too.
            with held():
                look = following.end()
                display.show(look, clock())
        display.end(look)


def _watch(following: Following, display: Display, clock: Callable[[], float]) -> None:
    while not following.is_over:
        started_s = clock()
        # A signal waits until the tables are whole again.
        with held():
            display.show(following.poll(), clock())
        time.sleep(max(_SHORTEST_PAUSE_S, _PAUSE_PER_LOOK * (clock() - started_s)))


def display_for(*, json_lines: bool, paint: Paint) -> "JsonLines | PlainRows | LiveRows":
    """Return what fits where the output goes."""
    if json_lines:
        return JsonLines()
    if sys.stdout.isatty():
        return LiveRows(paint)
    return PlainRows()


class _Untold:
    """Gives each remark of looks that follow each other once."""

    def __init__(self) -> None:
        self._told = 0

    def remarks(self, look: Look) -> tuple[str, ...]:
        """Return the remarks that came since the last look."""
        fresh, self._told = look.remarks[self._told :], len(look.remarks)
        return fresh


class JsonLines(nullcontext["JsonLines"]):
    """A line for each incident when it begins, when its cause turns out to be another, now and then, and at its end."""

    def __init__(self) -> None:
        super().__init__(self)
        self._told: dict[int, tuple[object, float, int]] = {}
        self._untold = _Untold()

    def show(self, look: Look, now_s: float) -> None:
        """Print what is new."""
        for sentence in self._untold.remarks(look):
            _print(remark_line(sentence))
        for each in look.incidents:
            state = (each.incident.cause, each.incident.certainty, each.is_over)
            before, told_s, count = self._told.get(each.number, (None, 0.0, 0))
            grew = each.incident.count != count and now_s - told_s >= _JSON_EVERY_S
            if state != before or grew:
                self._told[each.number] = (state, now_s, each.incident.count)
                _print(incident_line(each.number, each.incident, is_over=each.is_over))

    def end(self, look: Look) -> None:
        """Print the summary."""
        _print(summary_line(look.requests, _causes(look), look.files, look.followed_s))


class PlainRows(nullcontext["PlainRows"]):
    """A row for each incident when it is over, and each minute of one that goes on."""

    def __init__(self) -> None:
        super().__init__(self)
        self._told_s: dict[int, float] = {}
        self._over: set[int] = set()
        self._untold = _Untold()

    def show(self, look: Look, now_s: float) -> None:
        """Print what is new."""
        for sentence in self._untold.remarks(look):
            _print(painted(remark_rows(sentence, _WIDEST), unpainted))
        for each in look.incidents:
            since_s = self._told_s.setdefault(each.number, now_s)
            if each.number in self._over or (not each.is_over and now_s - since_s < _SO_FAR_S):
                continue
            self._told_s[each.number] = now_s
            if each.is_over:
                self._over.add(each.number)
            _print(painted([_row(each, look, _WIDEST)], unpainted))

    def end(self, look: Look) -> None:
        """Print the summary."""
        _print(_summary(look, _WIDEST, unpainted))


class LiveRows:
    """Incidents that go on are rows that change; those that are over scroll up above them."""

    def __init__(self, paint: Paint) -> None:
        """Begin to draw when entered."""
        self._paint = paint
        self._over: set[int] = set()
        self._untold = _Untold()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        # Nothing but this needs it, and it takes longer to import than a short log to read.
        from rich.console import Console  # noqa: PLC0415 # see above
        from rich.live import Live  # noqa: PLC0415 # see above

        self._live = Live(console=Console(), auto_refresh=False, transient=True)
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Take the rows that change away."""
        if self._live is not None:
            self._live.stop()

    def show(self, look: Look, now_s: float) -> None:
        """Draw what was found so far."""
        del now_s
        if self._live is None:
            return
        for sentence in self._untold.remarks(look):
            self._live.console.print(self._text(remark_rows(sentence, _columns())))
        over = [each for each in look.incidents if each.is_over and each.number not in self._over]
        for each in over:
            self._over.add(each.number)
            self._live.console.print(self._drawn(each, look))
        going_on = [each for each in look.incidents if not each.is_over]
        self._live.update(self._frame(look, going_on), refresh=True)

    def _frame(self, look: Look, going_on: list[LiveIncident]) -> "Text":
        from rich.text import Text  # noqa: PLC0415 # see above

        rows = [self._drawn(each, look) for each in going_on]
        state = f"{counts(look.requests, look.failures)}, followed for {duration(look.followed_s)}; Ctrl-C ends"
        return Text("\n").join([*rows, Text(state, style="dim", no_wrap=True, overflow="ellipsis")])

    def _drawn(self, each: LiveIncident, look: Look) -> "Text":
        return self._text([_row(each, look, _columns())])

    def _text(self, rows: "list[Row]") -> "Text":
        from rich.text import Text  # noqa: PLC0415 # see above

        return Text.from_ansi(painted(rows, self._paint).rstrip("\n"))

    def end(self, look: Look) -> None:
        """Print the summary."""
        _print(_summary(look, _columns(), self._paint))


def _columns() -> int:
    # One less than there are: a full row would be broken by some terminals.
    return min(max(shutil.get_terminal_size().columns - 1, _NARROWEST), _WIDEST)


def _row(each: LiveIncident, look: Look, width: int) -> "Row":
    return incident_row(each.incident, look.utc_offset_s, width, goes_on=not each.is_over)


def _summary(look: Look, width: int, paint: Paint) -> str:
    return painted(summary_rows(look.requests, _causes(look), look.files, duration(look.followed_s), width), paint)


def _causes(look: Look) -> "list[tuple[Incident, int]]":
    return [(each.incident, count) for each, count in look.causes()]


def _print(text: str) -> None:
    echo_page(text)
    # What is followed is read as it comes, by a pipe too.
    sys.stdout.flush()

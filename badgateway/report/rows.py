"""What was measured, as rows of a table ready to print; a cell without a number says why."""

from collections.abc import Callable
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import LevelSummary, Measurement, Quantiles, RouteMeasurement, TrialSummary, Verdict
from badgateway.report import cells, grid, spread, wording
from badgateway.report.cells import TableCell
from badgateway.words import phrases

SERVER = "server"
"""Part of a trial that is the application server with its workers; of several servers all of them."""
GATEWAY_OUTCOMES = (Outcome.BAD_GATEWAY, Outcome.GATEWAY_TIMEOUT)
"""The two that a proxy makes by itself: each has a column for its share, whether it occurred or not."""
_ROUTE_OUTCOMES = (Outcome.GATEWAY_TIMEOUT, Outcome.BAD_GATEWAY, Outcome.TRUNCATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeLabel:
    """A kind of failure; in `Numbers.split` the text begins with its count."""

    text: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One measurement, column by column."""

    requests: TableCell
    failed_share: TableCell
    failed_interval: TableCell
    """The exact 95 % interval of the share."""
    gateway_shares: tuple[TableCell, ...]
    """Of GATEWAY_OUTCOMES, as shares of all requests."""
    split: tuple[OutcomeLabel, ...]
    """The failures by kind; empty when there are none, or nothing was measured."""
    counts: tuple[TableCell, ...]
    """One for each outcome the table has a column for."""
    p50: TableCell
    p95: TableCell
    p99: TableCell
    longest: TableCell
    first_byte_p95: TableCell
    rate: TableCell


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One route of one configuration at one load level."""

    configuration: str
    users: str
    route: str
    requests: str
    failed: TableCell
    gateway_shares: tuple[TableCell, ...]
    """Of GATEWAY_OUTCOMES, as shares of the route's requests."""
    named: tuple[TableCell, ...]
    """504, 502 and truncated."""
    others: TableCell
    """All other failures."""
    first_p50: TableCell
    first_p95: TableCell
    p50: TableCell
    p95: TableCell
    longest: TableCell
    bar: str
    """The p95 as a width of CSS, the longest of the table being the whole; empty without an OK request."""


def occurred(run: RunSummary) -> tuple[Outcome, ...]:
    """Return the kinds of failure that a valid trial had anywhere, in the order of Outcome."""
    measured = [result.measurement for result in grid.results(run) if result.measurement]
    return tuple(outcome for outcome in FAILURES if any(entry.count(outcome) for entry in measured))


def kind(outcome: Outcome, text: str) -> OutcomeLabel:
    """Return the kind of an outcome, with the text to print for it."""
    return OutcomeLabel(text=text, short=wording.short_name(outcome))


def kinds(run: RunSummary) -> tuple[OutcomeLabel, ...]:
    """Return the kinds of failure that occurred, for column headings."""
    return tuple(kind(outcome, wording.long_name(outcome)) for outcome in occurred(run))


def measured(summary: TrialSummary) -> Measurement | None:
    """Return what a trial measured; an INVALID trial measured nothing, whatever it holds."""
    return None if summary.verdict is Verdict.INVALID else summary.measurement


def numbers_of(
    found: Measurement | None, gap: str, columns: tuple[Outcome, ...], *, level: LevelSummary | None = None
) -> Numbers:
    """Return a measurement column by column; without one, every cell says why.

    Args:
        found: The measurement.
        gap: Why there is none.
        columns: The outcomes that the table has a column for.
        level: Where the measurement is that of several trials, which are told beside it.
    """
    if found is None:
        return _no_numbers(cells.missing(gap), columns)
    p50, p95, p99, longest = _latencies(found.latency)
    _, first_byte_p95, _, _ = _latencies(found.first_byte)
    failed = found.failures
    return Numbers(
        requests=TableCell(text=numbers.count(found.requests)),
        failed_share=cells.share(failed),
        failed_interval=TableCell(text=numbers.interval(failed.low, failed.high), quiet=failed.count == 0),
        gateway_shares=_gateway_shares(found),
        split=tuple(kind(outcome, text) for outcome, text in wording.split(found)),
        counts=tuple(cells.count(found.count(outcome)) for outcome in columns),
        p50=p50,
        p95=spread.beside(p95, spread.over_trials(level, spread.p95_ms), numbers.milliseconds),
        p99=p99,
        longest=longest,
        first_byte_p95=first_byte_p95,
        rate=spread.beside(
            TableCell(text=numbers.rate(found.throughput_rps)),
            spread.over_trials(level, spread.throughput_rps),
            numbers.rate,
        ),
    )


def _gateway_shares(found: Measurement | RouteMeasurement) -> tuple[TableCell, ...]:
    counts = map(found.count, GATEWAY_OUTCOMES)
    return tuple(TableCell(text=numbers.percent(count / found.requests), quiet=count == 0) for count in counts)


def _latencies(found: Quantiles | None) -> tuple[TableCell, TableCell, TableCell, TableCell]:
    if found is None:
        nothing = cells.missing("no request was OK")
        return nothing, nothing, nothing, nothing
    p50, p95, p99, longest = (
        TableCell(text=numbers.milliseconds(value))
        for value in (found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms)
    )
    return p50, p95, p99, longest


def _no_numbers(nothing: TableCell, columns: tuple[Outcome, ...]) -> Numbers:
    return Numbers(
        requests=nothing,
        failed_share=nothing,
        failed_interval=nothing,
        gateway_shares=tuple(nothing for _ in GATEWAY_OUTCOMES),
        split=(),
        counts=tuple(nothing for _ in columns),
        p50=nothing,
        p95=nothing,
        p99=nothing,
        longest=nothing,
        first_byte_p95=nothing,
        rate=nothing,
    )


def route_row(level: LevelSummary, route: RouteMeasurement, top_ms: float = 0.0) -> RouteRow:
    """Return the row of a route; `top_ms` is the p95 that has the longest bar."""
    named = [route.count(outcome) for outcome in _ROUTE_OUTCOMES]
    first_p50, first_p95, _, _ = _latencies(route.first_byte)
    p50, p95, _, longest = _latencies(route.latency)

    def with_spread(cell: TableCell, value: Callable[[RouteMeasurement], float | None]) -> TableCell:
        return spread.beside(cell, spread.over_trials(level, spread.of_route(route.name, value)), numbers.milliseconds)

    return RouteRow(
        configuration=level.configuration,
        users=phrases.load_in_column(level.load),
        route=route.name,
        requests=numbers.count(route.requests),
        failed=cells.share(route.failures),
        gateway_shares=_gateway_shares(route),
        named=tuple(map(cells.count, named)),
        others=cells.count(route.failures.count - sum(named)),
        first_p50=with_spread(first_p50, lambda one: one.first_byte.p50_ms if one.first_byte else None),
        first_p95=first_p95,
        p50=with_spread(p50, lambda one: one.latency.p50_ms if one.latency else None),
        p95=with_spread(p95, spread.p95_ms),
        longest=longest,
        bar=f"{100 * route.latency.p95_ms / top_ms:.1f}%" if route.latency and top_ms else "",
    )


def route_rows(level: LevelSummary) -> tuple[RouteRow, ...]:
    """Return the rows of a level's routes; none when nothing was measured."""
    return tuple(route_row(level, route) for route in (level.measurement.routes if level.measurement else ()))


def server_cpu(level: LevelSummary | None) -> TableCell:
    """Return the CPU time of the application server for each OK request."""
    used_ms, served = 0.0, 0
    for trial in level.valid_trials if level else ():
        server = [use.cpu_s for use in trial.uses if use.part == SERVER]
        if server and trial.measurement is not None:
            used_ms += 1000 * server[0]
            served += trial.measurement.count(Outcome.OK)
    return cells.milliseconds(used_ms / served if served else None, "not measured")


def server_memory(level: LevelSummary | None) -> TableCell:
    """Return the most memory that the application server held, all of its processes together."""
    trials = level.valid_trials if level else ()
    peaks = [use.peak_rss_bytes for trial in trials for use in trial.uses if use.part == SERVER]
    return TableCell(text=numbers.memory(max(peaks))) if peaks else cells.missing("not measured")

"""What the closed loop does not show: its p99 beside that of an open loop, where a configuration had both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import LevelSummary, Measurement
from badgateway.report.html import render
from badgateway.report.markdown import blocks, bullets
from badgateway.report.section import Object, Section
from badgateway.words import phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopGap:
    """One configuration at one rate, and with the users who send about as many requests."""

    configuration: str
    closed: str
    """Load."""
    closed_rate: str
    """Requests a second that these users sent."""
    closed_failed: str
    closed_p99: str
    open: str
    open_failed: str
    open_p99: str
    closed_p99_ms: float
    open_p99_ms: float
    ratio: float
    """Closed p99 over open p99."""
    gap: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reached:
    """A level with OK requests."""

    load: LoadLevel
    measured: Measurement
    p99_ms: float


class LoopGapSection(Section):
    """Each rate beside the users who send about as much."""

    def html(self, run: RunSummary, /) -> str:
        """Return the table."""
        view = build(run)
        return render("loop_gap/loop_gap.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return a line for each."""
        lines = bullets(gap.sentence for gap in build(run))
        return blocks("Users who wait, and requests at a rate:", lines) if lines else ""

    def objects(self, run: RunSummary, /) -> Object:
        """Return the numbers."""
        return {"loop_gaps": [_object(gap) for gap in build(run)]}


def build(run: RunSummary) -> tuple[LoopGap, ...]:
    """Return a row for each rate of a configuration that ran with users too; in the order of the file."""
    return tuple(
        _gap(name, _nearest(closed, at_rate), at_rate)
        for name, levels in _by_configuration(run)
        if (closed := [level for level in levels if not level.load.is_open])
        for at_rate in levels
        if at_rate.load.is_open
    )


def _by_configuration(run: RunSummary) -> Iterator[tuple[str, list[_Reached]]]:
    confirmed = run.confirmation.level if run.confirmation else None
    for summary in run.configurations:
        name = summary.configuration.name
        more = [confirmed] if confirmed and confirmed.configuration == name else []
        yield name, [one for level in (*summary.levels, *more) for one in _reached(level)]


def _reached(level: LevelSummary) -> Iterator[_Reached]:
    found = level.measurement
    if found is not None and found.latency is not None:
        yield _Reached(load=level.load, measured=found, p99_ms=found.latency.p99_ms)


def _nearest(closed: Sequence[_Reached], at_rate: _Reached) -> _Reached:
    wanted = at_rate.load.size
    return min(closed, key=lambda level: abs(_sent_per_s(level.measured) - wanted))


def _sent_per_s(found: Measurement) -> float:
    """Return all requests a second, the failed ones included; there is an OK one."""
    return found.throughput_rps * found.requests / found.count(Outcome.OK)


def _gap(name: str, closed: _Reached, at_rate: _Reached) -> LoopGap:
    ratio = closed.p99_ms / at_rate.p99_ms
    closed_p99, open_p99 = numbers.milliseconds(closed.p99_ms), numbers.milliseconds(at_rate.p99_ms)
    rate = f"{numbers.rate(_sent_per_s(closed.measured))} {numbers.RATE_UNIT}"
    return LoopGap(
        configuration=name,
        closed=phrases.load(closed.load),
        closed_rate=rate,
        closed_failed=numbers.percent(closed.measured.failures.share),
        closed_p99=closed_p99,
        open=phrases.load(at_rate.load),
        open_failed=numbers.percent(at_rate.measured.failures.share),
        open_p99=open_p99,
        closed_p99_ms=closed.p99_ms,
        open_p99_ms=at_rate.p99_ms,
        ratio=ratio,
        gap=numbers.factor(ratio),
        sentence=(
            f"{name}: {phrases.load(closed.load)} who wait for their answers ({rate}) saw a p99 of {closed_p99}; "
            f"tasks that start at {phrases.load(at_rate.load)}, timed from when they were due, {open_p99}. The closed "
            f"loop shows {numbers.factor(ratio)} times what the open loop does."
        ),
    )


def _object(gap: LoopGap) -> Object:
    return {
        "configuration": gap.configuration,
        "closed": gap.closed,
        "open": gap.open,
        "closed_p99_ms": gap.closed_p99_ms,
        "open_p99_ms": gap.open_p99_ms,
        "ratio": gap.ratio,
        "sentence": gap.sentence,
    }

"""What was measured, as rows of a table ready to print; a cell without a number says why."""

from dataclasses import dataclass

from badgateway.model.contest import Purpose
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import Measurement, Quantiles, StudySummary, TrialSummary, Verdict
from badgateway.model.trial import SendingCheck, Trial
from badgateway.report import grid, numbers, wording
from badgateway.report.grid import Cell
from badgateway.report.loads import LoadLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The text of a cell, and where it has no number the reason."""

    text: str
    why: str = ""
    quiet: bool = False
    """A number that needs no attention, such as a count of 0 failures."""


_NO_SCHEDULE = Shown(text=numbers.NO_DATA, why="not sent to a schedule, or not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of failure and the name of its colour; in `Numbers.split` the text begins with its count."""

    text: str
    short: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One measurement, column by column."""

    requests: Shown
    failed_share: Shown
    failed_interval: Shown
    """The exact 95 % interval of the share."""
    split: tuple[Kind, ...]
    """The failures by kind; empty when there are none, or nothing was measured."""
    counts: tuple[Shown, ...]
    """One for each outcome the table has a column for."""
    p50: Shown
    p95: Shown
    p99: Shown
    longest: Shown
    first_byte_p95: Shown
    rate: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One configuration at one load level."""

    users: str
    verdict: str
    reasons: tuple[str, ...]
    gap: str
    """Why nothing was measured, in two words; empty when something was."""
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One trial."""

    position: str
    block: str
    configuration: str
    distance: str
    """To the database; empty where there is none."""
    remark: str
    """What makes it another trial than one of a block, or not the first of its kind; empty without."""
    users: str
    seed: str
    verdict: str
    reasons: tuple[str, ...]
    send_lag: Shown
    """How late the load generator sent its requests, the p99."""
    missed: Shown
    """Arrivals that were not sent."""
    overhead: str
    numbers: Numbers


def occurred(study: StudySummary) -> tuple[Outcome, ...]:
    """Return the kinds of failure that a valid trial had anywhere, in the order of Outcome."""
    measured = [cell.measurement for cell in grid.cells(study) if cell.measurement]
    return tuple(outcome for outcome in FAILURES if any(entry.count(outcome) for entry in measured))


def kind(outcome: Outcome, text: str) -> Kind:
    """Return the kind of an outcome, with the text to print for it."""
    return Kind(text=text, short=wording.short_name(outcome), slug=wording.slug(outcome))


def level_row(cell: Cell, columns: tuple[Outcome, ...]) -> LevelRow:
    """Return the row of a cell; a level that was never run has no verdict."""
    run = cell.level if cell.level and cell.level.trials else None
    return LevelRow(
        users=cell.load.in_column,
        verdict=run.verdict.value if run else "NOT RUN",
        reasons=run.reasons if run else (),
        gap=cell.gap,
        numbers=_numbers(cell.measurement, cell.gap, columns),
    )


def trial_row(summary: TrialSummary) -> TrialRow:
    """Return the row of a trial; an INVALID one has reasons instead of numbers."""
    trial = summary.trial
    return TrialRow(
        position=str(trial.position),
        block=str(trial.block),
        configuration=trial.configuration,
        distance=f"+ {trial.database_distance_ms:g} ms" if trial.database_distance_ms else "",
        remark=_remark(trial),
        users=LoadLevel.of(trial).in_column,
        seed=str(trial.seed),
        verdict=summary.verdict.value,
        reasons=summary.reasons,
        send_lag=_send_lag(summary.sending),
        missed=_missed(summary.sending),
        overhead=numbers.seconds(summary.overhead_s),
        numbers=_numbers(measured(summary), "not measured: the trial is INVALID", ()),
    )


def _remark(trial: Trial) -> str:
    purposes = {Purpose.COMPARE: "", Purpose.SEARCH: "capacity search", Purpose.CONFIRM: "confirmation"}
    again = f"attempt {trial.attempt}" if trial.attempt > 1 else ""
    return ", ".join(part for part in ("A/A" if trial.control else "", purposes[trial.purpose], again) if part)


def _send_lag(found: SendingCheck | None) -> Shown:
    return _NO_SCHEDULE if found is None else Shown(text=numbers.milliseconds(found.send_lag_p99_ms))


def _missed(found: SendingCheck | None) -> Shown:
    if found is None:
        return _NO_SCHEDULE
    if not found.missed_arrivals:
        return Shown(text="0", quiet=True)
    return Shown(text=f"{numbers.count(found.missed_arrivals)} of {numbers.count(found.arrivals)}")


def measured(summary: TrialSummary) -> Measurement | None:
    """Return what a trial measured; an INVALID trial measured nothing, whatever it holds."""
    return None if summary.verdict is Verdict.INVALID else summary.measurement


def _numbers(found: Measurement | None, gap: str, columns: tuple[Outcome, ...]) -> Numbers:
    if found is None:
        return _no_numbers(Shown(text=numbers.NO_DATA, why=gap), columns)
    p50, p95, p99, longest = _latencies(found.latency)
    _, first_p95, _, _ = _latencies(found.first_byte)
    failed = found.failures
    return Numbers(
        requests=Shown(text=numbers.count(found.requests)),
        failed_share=Shown(text=numbers.percent(failed.share), quiet=failed.count == 0),
        failed_interval=Shown(text=numbers.interval(failed.low, failed.high), quiet=failed.count == 0),
        split=tuple(kind(outcome, text) for outcome, text in wording.split(found)),
        counts=tuple(_count(found.count(outcome)) for outcome in columns),
        p50=p50,
        p95=p95,
        p99=p99,
        longest=longest,
        first_byte_p95=first_p95,
        rate=Shown(text=numbers.rate(found.throughput_rps)),
    )


def _count(number: int) -> Shown:
    return Shown(text=numbers.count(number), quiet=number == 0)


def _latencies(found: Quantiles | None) -> tuple[Shown, Shown, Shown, Shown]:
    if found is None:
        nothing = Shown(text=numbers.NO_DATA, why="no request was OK")
        return nothing, nothing, nothing, nothing
    p50, p95, p99, longest = (
        Shown(text=numbers.milliseconds(value)) for value in (found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms)
    )
    return p50, p95, p99, longest


def _no_numbers(nothing: Shown, columns: tuple[Outcome, ...]) -> Numbers:
    return Numbers(
        requests=nothing,
        failed_share=nothing,
        failed_interval=nothing,
        split=(),
        counts=tuple(nothing for _ in columns),
        p50=nothing,
        p95=nothing,
        p99=nothing,
        longest=nothing,
        first_byte_p95=nothing,
        rate=nothing,
    )

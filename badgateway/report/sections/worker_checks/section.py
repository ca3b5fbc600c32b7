"""How the requests of one worker share its time, in words: proofs, stops of the event loop, cost of a connect."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from badgateway import numbers
from badgateway.databases.database_kind import DatabaseKind
from badgateway.databases.registry import database_of
from badgateway.model.experiment import Experiment
from badgateway.model.load_level import LoadLevel
from badgateway.model.printable import printable
from badgateway.model.run_summary import RunSummary
from badgateway.model.worker_checks import (
    BlockingLine,
    ConnectCost,
    LoopStops,
    LoopWatch,
    WorkerCheck,
    WorkerChecks,
    WorkerVerdict,
)
from badgateway.report import cells, wording
from badgateway.report.cells import TableCell
from badgateway.report.html import render
from badgateway.report.markdown import blocks, code_span, escaped
from badgateway.report.section import Object, Section
from badgateway.words import phrases

PAGE = "docs/worker-checks.md"
MOST_LINES = 3

_WORDS = {
    WorkerVerdict.COOPERATIVE: "yes, they wait side by side",
    WorkerVerdict.PARTIAL: "some of them",
    WorkerVerdict.BLOCKING: "no, they wait one after the other",
    WorkerVerdict.ERRORS: "not proven",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """One server file with one driver."""

    server: str
    driver: str
    configurations: tuple[str, ...]
    """Those that have the pair."""
    one_by_one: str
    measured: TableCell
    verdict: str
    words: str
    reason: str
    """Why there were errors, else which line held the event loop, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRow:
    """The event loops of one configuration."""

    configuration: str
    load: str
    share: TableCell
    stops: TableCell
    typical: TableCell
    longest: TableCell
    lines: tuple[tuple[str, str], ...]
    """Place, and how often it was seen."""
    remark: str
    """Why there are no numbers, or what they leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One way to connect to the database."""

    client: str
    median: TableCell
    cpu: TableCell


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerChecksView:
    """The whole section."""

    intro: str
    proofs: tuple[ProofRow, ...]
    loops: tuple[LoopRow, ...]
    loop_load: str
    """The load of the watched trials; empty when there is none."""
    loop_s: str
    """How long a watched trial's window was; empty when none has numbers."""
    costs: tuple[CostRow, ...]
    about_connects: tuple[str, ...]
    """What the drivers that were measured spend unawares."""
    unfinished: str
    """One sentence when the run was interrupted before the end of its worker checks, else empty."""
    page: str


class WorkerChecksSection(Section):
    """What the worker checks after the trials found."""

    def html(self, run: RunSummary, /) -> str:
        """Return the tables."""
        view = build(run)
        return render("worker_checks/worker_checks.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return the proofs, the stops and the costs, line by line."""
        view = build(run)
        return _comment(view) if view else ""

    def objects(self, run: RunSummary, /) -> Object:
        """Return what they found."""
        found = _found(run.worker_checks)
        # Its name before, for one release.
        return {"worker_checks": found, "waiting": found}


def build(run: RunSummary) -> WorkerChecksView | None:
    """Put a run's worker checks into words; None when it has none."""
    found = run.worker_checks
    if found is None:
        return None
    windows_s = [watch.stops.window_s for watch in found.loops if watch.stops]
    return WorkerChecksView(
        intro=_intro(found.proofs),
        proofs=tuple(_proof(proof, run.experiment) for proof in found.proofs),
        loops=tuple(_loop(watch) for watch in found.loops),
        loop_load=_load(found.loops[0]) if found.loops else "",
        loop_s=numbers.declared_seconds(round(windows_s[0], 3)) if windows_s else "",
        costs=tuple(_cost(cost) for cost in found.connect_costs),
        about_connects=tuple(_about_connects(found.connect_costs, database_of(run.experiment))),
        unfinished="" if found.complete else "The run was interrupted before all of this had been tried.",
        page=PAGE,
    )


def _about_connects(costs: Sequence[ConnectCost], system: DatabaseKind) -> Iterator[str]:
    measured = {cost.client for cost in costs}
    for driver in system.drivers:
        if driver.about_connects and any(client in measured for client, _ in driver.ways):
            yield driver.about_connects


def _intro(proofs: tuple[WorkerCheck, ...]) -> str:
    if not proofs:
        return ""
    one, alone = proofs[0], numbers.declared_milliseconds(proofs[0].wait_ms)
    return (
        f"Each server file was started with one worker, which got {one.requests} requests at the same moment. Each "
        f"waits {alone} for one query: side by side they take {alone}, one after the other "
        f"{numbers.declared_milliseconds(one.serial_ms)}."
    )


def _proof(proof: WorkerCheck, experiment: Experiment) -> ProofRow:
    pair = (proof.server, proof.driver)
    return ProofRow(
        server=proof.server,
        driver=proof.driver,
        configurations=tuple(one.name for one in experiment.configurations if (str(one.server), one.driver) == pair),
        one_by_one=numbers.declared_milliseconds(proof.serial_ms),
        measured=cells.milliseconds(proof.wall_ms, "not every request was answered with 200"),
        verdict=proof.verdict.value,
        words=_WORDS[proof.verdict],
        reason=_reason(proof),
    )


def _reason(proof: WorkerCheck) -> str:
    if proof.verdict is WorkerVerdict.ERRORS:
        return ": ".join(part for part in (wording.statuses(proof.statuses), printable(proof.reason)) if part)
    if proof.verdict is WorkerVerdict.COOPERATIVE or not proof.blocked_by:
        return ""
    return printable(f"the event loop was held by {_telling(proof.blocked_by)[0].place}")


def _load(watch: LoopWatch) -> str:
    return phrases.load(LoadLevel.of(watch.users, watch.rate_per_s))


def _loop(watch: LoopWatch) -> LoopRow:
    found = watch.stops
    nothing = cells.missing(watch.problem)
    return LoopRow(
        configuration=watch.configuration,
        load=_load(watch),
        share=TableCell(text=numbers.percent(min(found.share, 1)), quiet=not found.stops) if found else nothing,
        stops=TableCell(text=numbers.count(found.stops), quiet=not found.stops) if found else nothing,
        typical=_seconds(found.typical_s if found and found.stops else None, watch.problem or "no stop"),
        longest=_seconds(found.longest_s if found and found.stops else None, watch.problem or "no stop"),
        lines=tuple(_seen(line) for line in _telling(watch.blocked_by)[:MOST_LINES]),
        remark=_remark(found) if found else watch.problem,
    )


def _remark(found: LoopStops) -> str:
    if not found.given_up:
        return ""
    one = found.given_up == 1
    return (
        f"{numbers.plural(found.given_up, 'worker')} {'was' if one else 'were'} killed by the server because "
        f"{'its heartbeat' if one else 'their heartbeats'} stopped; {'its event loop' if one else 'their event loops'} "
        "stood still longer than shown."
    )


def _telling(lines: tuple[BlockingLine, ...]) -> tuple[BlockingLine, ...]:
    # Of what the site does not contain, its reader can change nothing; but better that than nothing.
    return tuple(line for line in lines if line.is_own) or lines


def _seen(line: BlockingLine) -> tuple[str, str]:
    return printable(line.place), f"seen {line.sightings:,}\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}"


def _cost(cost: ConnectCost) -> CostRow:
    return CostRow(
        client=cost.client,
        median=cells.milliseconds(cost.median_ms, cost.problem),
        cpu=cells.milliseconds(cost.cpu_ms, cost.problem),
    )


def _seconds(value_s: float | None, why: str) -> TableCell:
    return cells.milliseconds(None if value_s is None else value_s * 1000, why)


def _comment(view: WorkerChecksView) -> str:
    proofs = (
        f"- {code_span(row.server)} with {row.driver}: **{row.verdict}**, {row.measured.text} "
        f"(one by one: {row.one_by_one}){escaped(f'; {row.reason}' if row.reason else '')}"
        for row in view.proofs
    )
    loops = (f"- {row.configuration} at {row.load}: {_loop_line(row)}" for row in view.loops)
    costs = "; ".join(f"{escaped(row.client)} {row.median.text}" for row in view.costs)
    return blocks(
        f"Can a worker serve others while a request waits? {escaped(view.intro)} {view.unfinished}".rstrip(),
        "\n".join(proofs),
        "\n".join(("How long the event loop stood still:", "", *loops)) if view.loops else "",
        f"One database connect takes: {costs}." if costs else "",
    )


def _loop_line(row: LoopRow) -> str:
    held = ", ".join(f"{escaped(place)} {seen}" for place, seen in row.lines)
    stopped = f"{row.share.text} of the time ({row.stops.text} times, the longest {row.longest.text})"
    parts = (stopped, f"held by {held}" if held else "", escaped(row.remark))
    return "; ".join(part for part in parts if part)


def _found(found: WorkerChecks | None) -> Object | None:
    if found is None:
        return None
    return {
        "complete": found.complete,
        "proofs": [_proof_object(proof) for proof in found.proofs],
        "loops": [_loop_object(watch) for watch in found.loops],
        "connect_costs": [asdict(cost) for cost in found.connect_costs],
    }


def _proof_object(found: WorkerCheck) -> Object:
    statuses = {str(status): count for status, count in found.statuses}
    return {**asdict(found), "serial_ms": found.serial_ms, "statuses": statuses}


def _loop_object(found: LoopWatch) -> Object:
    stops = found.stops
    keys = ("window_s", "workers", "stops", "blocked_s", "longest_s", "typical_s", "given_up", "share")
    return {
        "configuration": found.configuration,
        "users": found.users or None,
        "rate_per_s": found.rate_per_s,
        "problem": found.problem,
        **({**asdict(stops), "share": stops.share} if stops else dict.fromkeys(keys)),
        "blocked_by": [asdict(line) for line in found.blocked_by],
    }

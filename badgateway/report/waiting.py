"""How the requests of one worker share its time, in words: proofs, stops of the event loop, cost of a connect."""

from dataclasses import dataclass

from badgateway.model.cooperation import BlockingLine, ConnectCost, Cooperation, CooperationProof
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable
from badgateway.model.summary import StudySummary
from badgateway.model.waiting import LoopStops, LoopWatch
from badgateway.report import numbers, wording
from badgateway.report.loads import LoadLevel
from badgateway.report.rows import Shown

PAGE = "docs/cooperation.md"
MOST_LINES = 3

_WORDS = {
    Cooperation.COOPERATIVE: "yes, they wait side by side",
    Cooperation.PARTIAL: "some of them",
    Cooperation.BLOCKING: "no, they wait one after the other",
    Cooperation.ERRORS: "not proven",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """One server file with one driver."""

    server: str
    driver: str
    configurations: tuple[str, ...]
    """Those that have the pair."""
    one_by_one: str
    measured: Shown
    verdict: str
    words: str
    reason: str
    """Why there were errors, else which line held the event loop, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRow:
    """The event loops of one configuration."""

    configuration: str
    load: str
    share: Shown
    stops: Shown
    typical: Shown
    longest: Shown
    lines: tuple[tuple[str, str], ...]
    """Place, and how often it was seen."""
    remark: str
    """Why there are no numbers, or what they leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One way to connect to the database."""

    client: str
    median: Shown
    cpu: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The whole section."""

    intro: str
    proofs: tuple[ProofRow, ...]
    loops: tuple[LoopRow, ...]
    loop_load: str
    """The load of the diagnosis trials; empty when there is none."""
    loop_s: str
    """How long a diagnosis trial's window was; empty when none has numbers."""
    costs: tuple[CostRow, ...]
    unfinished: str
    """One sentence when the run was interrupted before the end of its diagnosis, else empty."""
    page: str


def build(study: StudySummary) -> Sharing | None:
    """Put a study's diagnosis into words; None when it has none."""
    found = study.waiting
    if found is None:
        return None
    windows_s = [watch.stops.window_s for watch in found.loops if watch.stops]
    return Sharing(
        intro=_intro(found.proofs),
        proofs=tuple(_proof(proof, study.experiment) for proof in found.proofs),
        loops=tuple(_loop(watch) for watch in found.loops),
        loop_load=_load(found.loops[0]) if found.loops else "",
        loop_s=numbers.declared_seconds(round(windows_s[0], 3)) if windows_s else "",
        costs=tuple(_cost(cost) for cost in found.connect_costs),
        unfinished="" if found.complete else "The run was interrupted before all of this had been tried.",
        page=PAGE,
    )


def _intro(proofs: tuple[CooperationProof, ...]) -> str:
    if not proofs:
        return ""
    one, alone = proofs[0], numbers.declared_milliseconds(proofs[0].wait_ms)
    return (
        "While a request waits for the database, its worker could serve others. To see whether it does, each server "
        f"file was started with one worker, which got {one.requests} requests at the same moment. Each waits {alone} "
        f"for one query: side by side they take {alone}, one after the other "
        f"{numbers.declared_milliseconds(one.serial_ms)}."
    )


def _proof(proof: CooperationProof, experiment: Experiment) -> ProofRow:
    pair = (proof.server, proof.driver)
    return ProofRow(
        server=proof.server,
        driver=proof.driver,
        configurations=tuple(one.name for one in experiment.configurations if (str(one.server), one.driver) == pair),
        one_by_one=numbers.declared_milliseconds(proof.serial_ms),
        measured=_milliseconds(proof.wall_ms, "not every request was answered with 200"),
        verdict=proof.verdict.value,
        words=_WORDS[proof.verdict],
        reason=_reason(proof),
    )


def _reason(proof: CooperationProof) -> str:
    if proof.verdict is Cooperation.ERRORS:
        return ": ".join(part for part in (wording.statuses(proof.statuses), printable(proof.reason)) if part)
    if proof.verdict is Cooperation.COOPERATIVE or not proof.blocked_by:
        return ""
    return printable(f"the event loop was held by {_telling(proof.blocked_by)[0].place}")


def _load(watch: LoopWatch) -> str:
    return LoadLevel(users=watch.users, rate_per_s=watch.rate_per_s).words


def _loop(watch: LoopWatch) -> LoopRow:
    found = watch.stops
    nothing = Shown(text=numbers.NO_DATA, why=watch.problem)
    return LoopRow(
        configuration=watch.configuration,
        load=_load(watch),
        share=Shown(text=numbers.percent(min(found.share, 1)), quiet=not found.stops) if found else nothing,
        stops=Shown(text=numbers.count(found.stops), quiet=not found.stops) if found else nothing,
        typical=_seconds(found.typical_s if found and found.stops else None, watch.problem or "no stop"),
        longest=_seconds(found.longest_s if found and found.stops else None, watch.problem or "no stop"),
        lines=tuple(_seen(line) for line in _telling(watch.blocked_by)[:MOST_LINES]),
        remark=_remark(found) if found else watch.problem,
    )


def _remark(found: LoopStops) -> str:
    if not found.given_up:
        return ""
    return (
        f"{wording.plural(found.given_up, 'worker')} did not live to tell: killed by the server when the heartbeat had "
        "stopped, so the loops stood still for longer than this."
    )


def _telling(lines: tuple[BlockingLine, ...]) -> tuple[BlockingLine, ...]:
    # Of what the site does not contain, its reader can change nothing; but better that than nothing.
    return tuple(line for line in lines if line.is_own) or lines


def _seen(line: BlockingLine) -> tuple[str, str]:
    return printable(line.place), f"seen {line.sightings:,}\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}"


def _cost(cost: ConnectCost) -> CostRow:
    return CostRow(
        client=cost.client,
        median=_milliseconds(cost.median_ms, cost.problem),
        cpu=_milliseconds(cost.cpu_ms, cost.problem),
    )


def _milliseconds(value_ms: float | None, why: str) -> Shown:
    if value_ms is None:
        return Shown(text=numbers.NO_DATA, why=why)
    return Shown(text=numbers.milliseconds(value_ms))


def _seconds(value_s: float | None, why: str) -> Shown:
    return _milliseconds(None if value_s is None else value_s * 1000, why)

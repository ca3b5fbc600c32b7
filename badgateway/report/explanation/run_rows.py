"""Says how a run stands while it goes on: the rows of the tab Run in Locust's web UI."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from badgateway import numbers
from badgateway.model.design import Purpose
from badgateway.model.live_page import Row
from badgateway.model.summary import Measurement, TrialSummary, Verdict
from badgateway.model.trial import Trial
from badgateway.words import phrases

_NOT_YET = "not yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """The trial that runs now."""

    trial: Trial
    where: str
    """Of the run: 'block 2 of 6, 5 still in the race'."""
    state: str
    """'12 of 20 s'."""
    requests: int = 0
    failures: int = 0


def run_rows(names: Iterable[str], ended: Sequence[TrialSummary], now: InFlight | None) -> list[Row]:
    """Return the trial in flight, then a row for each configuration: fewest failures first, then the lowest p95.

    Args:
        names: Of all configurations, in the order of the experiment file.
        ended: Trials so far, in the order of running.
        now: What runs.
    """
    compared = [one for one in ended if one.trial.purpose is Purpose.COMPARE and not one.trial.control]
    highest = max((one.trial.load for one in compared), key=lambda load: load.order, default=None)
    by_name: dict[str, list[TrialSummary]] = {name: [] for name in names}
    for one in compared:
        if one.trial.load == highest:
            by_name[one.trial.configuration].append(one)
    found = {name: _Standing.of(trials) for name, trials in by_name.items()}
    ordered = sorted(found.items(), key=lambda entry: entry[1].order)
    at = phrases.load(highest) if highest else ""
    return [*_flight_row(now), *(_row(name, standing, at) for name, standing in ordered)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    trials: int
    verdicts: Mapping[Verdict, int]
    failures: int
    requests: int
    p95_ms: float | None
    served_rps: float | None

    @classmethod
    def of(cls, trials: Sequence[TrialSummary]) -> "_Standing":
        measured = [one.measurement for one in trials if one.measurement is not None]
        p95s_ms = [one.latency.p95_ms for one in measured if one.latency]
        return cls(
            trials=len(trials),
            verdicts={verdict: sum(one.verdict is verdict for one in trials) for verdict in Verdict},
            failures=sum(one.failures.count for one in measured),
            requests=sum(map(_asked, measured)),
            p95_ms=median(p95s_ms) if p95s_ms else None,
            served_rps=fmean(one.throughput_rps for one in measured) if measured else None,
        )

    @property
    def order(self) -> tuple[bool, float, float]:
        """What is known comes first."""
        share = self.failures / self.requests if self.requests else 1.0
        return not self.requests, round(share, 3), self.p95_ms or float("inf")


def _asked(found: Measurement) -> int:
    return found.failures.total


def _flight_row(now: InFlight | None) -> Iterator[Row]:
    if now is not None:
        yield {
            "what": f"\N{BLACK RIGHT-POINTING SMALL TRIANGLE} {now.trial.configuration}, now",
            "load": phrases.load(now.trial.load),
            "trials": f"no. {now.trial.position}",
            "failed": _failed(now.failures, now.requests),
            "p95": "",
            "served": "",
            "standing": ", ".join(filter(None, (now.state, now.where))),
        }


def _row(name: str, found: _Standing, at: str) -> Row:
    return {
        "what": name,
        "load": at if found.trials else "",
        "trials": numbers.count(found.trials),
        "failed": _failed(found.failures, found.requests),
        "p95": numbers.milliseconds(found.p95_ms) if found.p95_ms is not None else "",
        "served": numbers.rate(found.served_rps) if found.served_rps is not None else "",
        "standing": _verdicts(found) if found.trials else _NOT_YET,
    }


def _failed(failures: int, requests: int) -> str:
    if not requests:
        return ""
    return f"{numbers.percent(failures / requests)} ({numbers.count(failures)} of {numbers.count(requests)})"


def _verdicts(found: _Standing) -> str:
    return ", ".join(f"{verdict} {count}" for verdict, count in found.verdicts.items() if count)

"""What single trials measured, beside what they measured together: how far a p95 or a rate can be trusted."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from badgateway import numbers
from badgateway.model.summary import LevelSummary, Measurement, RouteMeasurement
from badgateway.report.cells import TableCell
from badgateway.words import phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The lowest and the highest of single trials: two or more, each of which measured the number."""

    low: float
    high: float
    trials: int


def of(values: Iterable[float | None]) -> Spread | None:
    """Return the spread of a number; None of one trial alone, and where a trial measured no such number."""
    of_each = tuple(values)
    known = [value for value in of_each if value is not None]
    if len(of_each) < 2 or len(known) < len(of_each):
        return None
    return Spread(low=min(known), high=max(known), trials=len(known))


def by_trial(level: LevelSummary, value: Callable[[Measurement], float | None]) -> list[float | None]:
    """Return a number of each valid trial of a level, in their order; None where one measured none."""
    return [value(trial.measurement) if trial.measurement else None for trial in level.valid_trials]


def over_trials(level: LevelSummary | None, value: Callable[[Measurement], float | None]) -> Spread | None:
    """Return the spread of a number over the valid trials of a level."""
    return of(by_trial(level, value)) if level else None


def p95_ms(measured: Measurement | RouteMeasurement) -> float | None:
    """Return the p95 of what was OK."""
    return measured.latency.p95_ms if measured.latency else None


def throughput_rps(measured: Measurement) -> float:
    """Return how many were OK a second."""
    return measured.throughput_rps


def of_route(name: str, value: Callable[[RouteMeasurement], float | None]) -> Callable[[Measurement], float | None]:
    """Return a number of one route as a number of a trial, which has none where nobody asked for the route."""

    def of_trial(measured: Measurement) -> float | None:
        return next((value(route) for route in measured.routes if route.name == name), None)

    return of_trial


def beside(cell: TableCell, found: Spread | None, say: Callable[[float], str]) -> TableCell:
    """Return a cell with the spread of its number, said as the number is."""
    return cell if found is None else replace(cell, spread=numbers.ends(say(found.low), say(found.high)))


def note(levels: Sequence[LevelSummary]) -> str:
    """Return what the numbers in brackets are, and how sure that many trials make them; empty where there are none."""
    found = {one.trials for level in levels if (one := over_trials(level, throughput_rps))}
    if not found:
        return ""
    # The median of all such trials is beyond n of them with a probability of a half each, on either side.
    sure = [f"{phrases.percent(1 - 2 ** (1 - trials))} for {trials} trials" for trials in sorted(found)]
    return (
        "Beside a time or a rate: the lowest and the highest value of single trials. The median of many such trials "
        f"lies between them; the confidence in that is {numbers.listed(sure)}."
    )

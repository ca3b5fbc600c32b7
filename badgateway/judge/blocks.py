"""Pairs the numbers of two configurations by block."""

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from badgateway.model.design import ConfigurationFacts, Facts
from badgateway.model.gate import GateTrial

Number = Literal["p95_ms", "throughput_rps", "cpu_ms", "rss_bytes", "db_connections"]

_SLOWER_THAN_ANY_MS = 1e7
"""Stands for a p95 that falls on a failed request: nearly three hours, beyond every time limit."""
_LEAST = 1e-6


def at_level(configuration: ConfigurationFacts, level: float) -> dict[int, Facts]:
    """Return a configuration's facts at a level, by block."""
    return {block: facts for at, block, facts in configuration.trials if at == level}


def at_block(trials: Iterable[GateTrial]) -> dict[int, Facts]:
    """Return what a baseline keeps of trials, by block."""
    return {
        one.block: Facts(
            requests=one.requests,
            failures=one.failures,
            late=one.late,
            p95_ms=one.p95_ms,
            throughput_rps=one.throughput_rps,
        )
        for one in trials
    }


def log_ratios(first: Mapping[int, Facts], second: Mapping[int, Facts], number: Number) -> tuple[float, ...]:
    """Return log(second / first) of each block that both have; a block in which the number is unknown is left out."""
    pairs = (
        (logarithm(first[block], number), logarithm(second[block], number))
        for block in sorted(first)
        if block in second
    )
    return tuple(behind - ahead for ahead, behind in pairs if ahead is not None and behind is not None)


def p95_differences_ms(first: Mapping[int, Facts], second: Mapping[int, Facts]) -> tuple[float, ...]:
    """Return how much more p95 the second had in each block that both have, in milliseconds."""
    common = sorted(block for block in first if block in second)
    return tuple(math.exp(log_p95(second[block])) - math.exp(log_p95(first[block])) for block in common)


def log_p95(facts: Facts) -> float:
    """Return the logarithm of the p95, which is that of more than any time limit when it falls on a failed request."""
    return math.log(_SLOWER_THAN_ANY_MS if facts.p95_ms is None else max(facts.p95_ms, _LEAST))


def logarithm(facts: Facts, number: Number) -> float | None:
    """Return the number's logarithm; None when it was not measured."""
    if number == "p95_ms":
        return log_p95(facts)
    value = getattr(facts, number)
    return None if value is None else math.log(max(float(value), _LEAST))

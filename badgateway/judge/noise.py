"""Reads the noise: what two names for one configuration differ by, and whether one has two states."""

import math
from collections.abc import Sequence

from badgateway.judge.blocks import at_level, log_ratios
from badgateway.judge.paired import ALONE, blocks_to_prove, detectable_share, paired_ratio
from badgateway.model.comparison import Criterion, NoiseFloor, Rivalry
from badgateway.model.design import ConfigurationFacts, Design


def noise_floor(
    design: Design, configurations: tuple[ConfigurationFacts, ...], rivalries: Sequence[Rivalry]
) -> NoiseFloor | None:
    """Return the noise floor over all blocks in which a configuration ran twice; None when nothing came of any.

    After the configuration that runs twice left the race, it is another one; the noise is that of the machine all the
    same. What is visible depends on the noisiest configuration, which the one under two names need not be.

    Args:
        design: What was asked.
        configurations: All configurations.
        rivalries: Those that were compared, with the noise of each pair.
    """
    by_configuration = {one.configuration: _differences(one, design.levels[-1]) for one in configurations}
    logs = [log for found in by_configuration.values() for log in found]
    if not logs:
        return None
    latency = paired_ratio(logs)
    held = [one for one in rivalries if one.criterion is Criterion.LATENCY and one.paired is not None]
    own = None if latency.spread is None else detectable_share(latency.spread, len(logs), ALONE)
    known = [one.detectable for one in held if one.detectable is not None]
    return NoiseFloor(
        configurations=tuple(configuration for configuration, found in by_configuration.items() if found),
        latency=latency,
        detectable=max(known) if known else own if not held else None,
        blocks_to_prove=blocks_to_prove(ALONE),
        differs=latency.confidence >= 1 - ALONE and not latency.low <= 1 <= latency.high,
    )


def _differences(configuration: ConfigurationFacts, level: float) -> tuple[float, ...]:
    """Return the log ratio of each block; one whose p95 falls on a failed request tells nothing of the noise."""
    own = {block: facts for block, facts in at_level(configuration, level).items() if facts.p95_ms is not None}
    again = {block: facts for block, facts in configuration.control if facts.p95_ms is not None}
    return log_ratios(own, again, "p95_ms")


_LEAST_TRIALS = 7
_LEAST_IN_STATE = 2
_LEAST_GAP = math.log(1.2)
_OF_RANGE = 0.5
"""The gap between the states over the range of all values: normal noise has it in 3 of 100 configurations."""


def has_two_states(logs: Sequence[float]) -> bool:
    """Tell whether the values fall into two groups with nothing between them.

    Args:
        logs: Logarithms of a configuration's p95, one a trial.
    """
    values = sorted(logs)
    if len(values) < _LEAST_TRIALS:
        return False
    inner = range(_LEAST_IN_STATE, len(values) - _LEAST_IN_STATE + 1)
    gap = max(values[place] - values[place - 1] for place in inner)
    return gap >= _LEAST_GAP and gap >= _OF_RANGE * (values[-1] - values[0])

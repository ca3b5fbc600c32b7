"""Reads the noise: what two names for one configuration differ by, and whether one has two states."""

import math
from collections.abc import Sequence

from badgateway.judge.blocks import at_level, log_ratios
from badgateway.judge.paired import ALONE, blocks_to_prove, detectable_share, paired_ratio
from badgateway.model.comparison import Criterion, NoiseFloor, Rivalry
from badgateway.model.contest import ArmFacts, Contest


def noise_floor(contest: Contest, arms: tuple[ArmFacts, ...], rivalries: Sequence[Rivalry]) -> NoiseFloor | None:
    """Return the noise floor over all blocks in which some arm ran twice; None when none did, or nothing came of it.

    The arm that runs twice is another one after it left the race; the noise is that of the machine all the same. What
    is visible depends on the noisiest arm, which the one under two names need not be.

    Args:
        contest: What was asked.
        arms: All arms.
        rivalries: Those that were compared, with the noise of each pair.
    """
    by_arm = {one.arm: _differences(one, contest.levels[-1]) for one in arms}
    logs = [log for found in by_arm.values() for log in found]
    if not logs:
        return None
    latency = paired_ratio(logs)
    held = [one for one in rivalries if one.criterion is Criterion.LATENCY and one.paired is not None]
    own = None if latency.spread is None else detectable_share(latency.spread, len(logs), ALONE)
    known = [one.detectable for one in held if one.detectable is not None]
    return NoiseFloor(
        arms=tuple(arm for arm, found in by_arm.items() if found),
        latency=latency,
        detectable=max(known) if known else own if not held else None,
        blocks_to_prove=blocks_to_prove(ALONE),
        differs=latency.confidence >= 1 - ALONE and not latency.low <= 1 <= latency.high,
    )


def _differences(arm: ArmFacts, level: float) -> tuple[float, ...]:
    """Return the log ratio of each block; one whose p95 falls on a failed request tells nothing of the noise."""
    own = {block: facts for block, facts in at_level(arm, level).items() if facts.p95_ms is not None}
    again = {block: facts for block, facts in arm.control if facts.p95_ms is not None}
    return log_ratios(own, again, "p95_ms")


_LEAST_TRIALS = 7
_LEAST_IN_STATE = 2
_LEAST_GAP = math.log(1.2)
_OF_RANGE = 0.5
"""The gap between the states over the range of all values: normal noise has it in 3 of 100 arms."""


def has_two_states(logs: Sequence[float]) -> bool:
    """Tell whether the values fall into two groups with nothing between them.

    Args:
        logs: Logarithms of an arm's p95, one a trial.
    """
    values = sorted(logs)
    if len(values) < _LEAST_TRIALS:
        return False
    inner = range(_LEAST_IN_STATE, len(values) - _LEAST_IN_STATE + 1)
    gap = max(values[place] - values[place - 1] for place in inner)
    return gap >= _LEAST_GAP and gap >= _OF_RANGE * (values[-1] - values[0])

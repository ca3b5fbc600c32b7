"""Reads the A/A control: what two names for one configuration differ by, and what that leaves visible."""

from badgateway.judge.blocks import log_ratios
from badgateway.judge.levels import FINAL
from badgateway.judge.paired import blocks_to_prove, detectable_share, paired_ratio
from badgateway.model.comparison import NoiseFloor
from badgateway.model.contest import ArmFacts


def noise_floor(arms: tuple[ArmFacts, ...], level: float, rivals: int) -> NoiseFloor | None:
    """Return the noise floor of the arm that ran twice in most blocks; None when none did, or nothing came of it.

    Args:
        arms: All arms.
        level: The level at which they are compared.
        rivals: How many arms are held against the leader.
    """
    twice = max(arms, key=lambda one: len(one.control), default=None)
    if twice is None or not twice.control:
        return None
    own = {block: facts for at, block, facts in twice.cells if at == level}
    logs = log_ratios(own, dict(twice.control), "p95_ms")
    if not logs:
        return None
    latency = paired_ratio(logs)
    corrected = FINAL / max(rivals, 1)
    spread = latency.spread
    return NoiseFloor(
        arm=twice.arm,
        latency=latency,
        detectable=None if spread is None else detectable_share(spread, len(logs), corrected),
        blocks_to_prove=blocks_to_prove(rivals, FINAL),
    )


def difference_between_names(floor: NoiseFloor) -> float:
    """Return by what share the two names of one configuration differed."""
    return floor.latency.difference

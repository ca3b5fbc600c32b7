"""Reads the A/A control: what two names for one configuration differ by, and what that leaves visible."""

from badgateway.judge.blocks import at_level, log_ratios
from badgateway.judge.levels import FINAL
from badgateway.judge.paired import blocks_to_prove, detectable_share, paired_ratio
from badgateway.model.comparison import NoiseFloor
from badgateway.model.contest import ArmFacts


def noise_floor(arms: tuple[ArmFacts, ...], level: float, rivals: int) -> NoiseFloor | None:
    """Return the noise floor over all blocks in which some arm ran twice; None when none did, or nothing came of it.

    The arm that runs twice is another one after it left the race; the noise is that of the machine all the same.

    Args:
        arms: All arms.
        level: The level at which they are compared.
        rivals: How many arms are held against the leader.
    """
    by_arm = {one.arm: _differences(one, level) for one in arms}
    logs = [log for found in by_arm.values() for log in found]
    if not logs:
        return None
    latency = paired_ratio(logs)
    corrected = FINAL / max(rivals, 1)
    spread = latency.spread
    return NoiseFloor(
        arms=tuple(arm for arm, found in by_arm.items() if found),
        latency=latency,
        detectable=None if spread is None else detectable_share(spread, len(logs), corrected),
        blocks_to_prove=blocks_to_prove(rivals, FINAL),
    )


def _differences(arm: ArmFacts, level: float) -> tuple[float, ...]:
    """Return the log ratio of each block; one whose p95 falls on a failed request tells nothing of the noise."""
    own = {block: facts for block, facts in at_level(arm, level).items() if facts.p95_ms is not None}
    again = {block: facts for block, facts in arm.control if facts.p95_ms is not None}
    return log_ratios(own, again, "p95_ms")


def difference_between_names(floor: NoiseFloor) -> float:
    """Return by what share the two names of one configuration differed."""
    return floor.latency.difference

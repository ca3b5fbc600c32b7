"""Which of the disturbances that were seen in a trial count: each once, and only those that touched its load."""

from collections.abc import Iterable

from badgateway.model.trial import Disturbance, OutsidePart


def counted(
    seen: Iterable[Disturbance], *, load_start_s: float = 0.0, drained_s: float = float("inf")
) -> tuple[Disturbance, ...]:
    """Return the disturbances that count, in the order of time; those without a moment come last.

    Args:
        seen: By all who watched, those whom to believe first at the beginning: a stop is a silence and a gap too.
        load_start_s: When the first user started; of a trial without a load all count.
        drained_s: When its last request had ended.
    """
    touching = (one for one in seen if _touches(one, load_start_s, drained_s))
    return tuple(sorted(_once(touching), key=lambda found: found.at_s or float("inf")))


def _touches(found: Disturbance, load_start_s: float, drained_s: float) -> bool:
    if found.at_s is None or found.part is OutsidePart.CLOCK:
        return True
    return found.at_s < drained_s and found.at_s + (found.lasted_s or 0.0) > load_start_s


def _once(found: Iterable[Disturbance]) -> list[Disturbance]:
    """Leave out what the watch over the same part has told already."""
    kept: list[Disturbance] = []
    for one in found:
        if not any(one.part is other.part and _overlap(one, other) for other in kept):
            kept.append(one)
    return kept


def _overlap(one: Disturbance, other: Disturbance) -> bool:
    if one.at_s is None or other.at_s is None or one.lasted_s is None or other.lasted_s is None:
        return False
    return one.at_s < other.at_s + other.lasted_s and other.at_s < one.at_s + one.lasted_s

"""Notices an arm that is in one of two states from trial to trial, such as fast in some deployments, slow in others."""

import math
from collections.abc import Sequence

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

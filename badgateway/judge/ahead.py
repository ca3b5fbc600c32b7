"""Tells of two configurations whether one is ahead of the other, and which ones of a study nobody is ahead of.

All of it looks at two configurations alone, and none of it can turn for the better by a failure: a configuration that
fails more often is ahead of fewer others, and more of them are ahead of it. What is claimed of a whole study is tested
in `rivals`.
"""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.blocks import Number, at_level, log_ratios, p95_differences_ms
from badgateway.judge.paired import is_beyond
from badgateway.model.design import ConfigurationFacts, Design


def logs_of(design: Design, first: ConfigurationFacts, second: ConfigurationFacts, number: Number) -> tuple[float, ...]:
    """Return the log ratio second / first of each block, at the highest level."""
    level = design.levels[-1]
    return log_ratios(at_level(first, level), at_level(second, level), number)


def is_ahead_in_p95(design: Design, first: ConfigurationFacts, second: ConfigurationFacts) -> bool:
    """Tell whether the first has the lower p95, by more than decides nothing."""
    return is_beyond(logs_of(design, first, second, "p95_ms")) and not is_close_behind(design, first, second)


def is_close_behind(design: Design, first: ConfigurationFacts, second: ConfigurationFacts) -> bool:
    """Tell whether the second's p95 is proven to be no more above the first's than decides nothing."""
    level = design.levels[-1]
    less = [-log for log in logs_of(design, first, second, "p95_ms")]
    less_ms = [-ms for ms in p95_differences_ms(at_level(first, level), at_level(second, level))]
    return is_beyond(less, -math.log1p(design.margin)) or is_beyond(less_ms, -design.negligible_p95_ms)


def is_ahead_in_throughput(design: Design, first: ConfigurationFacts, second: ConfigurationFacts) -> bool:
    """Tell whether the first answers more requests a second, by more than the margin."""
    more = [-log for log in logs_of(design, first, second, "throughput_rps")]
    return is_beyond(more, math.log1p(design.margin))


def unbeaten(design: Design, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]) -> tuple[str, ...]:
    """Return those configurations that none of the others is ahead of, in p95 or, with a p95 no higher, in throughput.

    Args:
        design: What was asked.
        configurations: The facts of all configurations.
        names: The configurations that keep the objective, the fastest first.
    """
    ahead = {
        (one, other): is_ahead_in_p95(design, configurations[one], configurations[other])
        for one in names
        for other in names
        if one != other
    }

    def beats(one: str, other: str) -> bool:
        return ahead[one, other] or (
            not ahead[other, one] and is_ahead_in_throughput(design, configurations[one], configurations[other])
        )

    left = tuple(name for name in names if not any(beats(one, name) for one in names if one != name))
    # Three may beat each other in a circle; then the fastest has to do.
    return left or tuple(names[:1])

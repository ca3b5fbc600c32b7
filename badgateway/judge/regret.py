"""How much better than the chosen configuration another one may be."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.ahead import logs_of
from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.paired import REGRET, t_interval
from badgateway.model.comparison import Regret
from badgateway.model.design import ConfigurationFacts, Design

_LEAST_BLOCKS = 2


def regret_of(
    design: Design, configurations: Mapping[str, ConfigurationFacts], chosen: str, others: Sequence[str]
) -> Regret | None:
    """Return by how much of the chosen one's p95 another may be lower; None when nothing can be said.

    The bound against each other configuration is one-sided, at the level that Bonferroni's correction leaves it. It
    holds for the truly best one against all others at once, so it is true whichever was chosen, by whatever rule (Hsu).

    Args:
        design: What was asked.
        configurations: The facts of all configurations.
        chosen: The configuration to run.
        others: All configurations that keep the objective, or may.
    """
    logs = {name: logs_of(design, configurations[name], configurations[chosen], "p95_ms") for name in others}
    known = {name: found for name, found in logs.items() if len(found) >= _LEAST_BLOCKS}
    if not known:
        return None
    level = 2 * REGRET / len(others)
    most = max(t_interval(found, level)[1] for found in known.values())
    share = -math.expm1(-max(0.0, most))
    own = [log_p95(facts) for facts in at_level(configurations[chosen], design.levels[-1]).values()]
    return Regret(
        share=share,
        milliseconds=share * math.exp(math.fsum(own) / len(own)),
        over=tuple(known),
        blocks=min(len(found) for found in known.values()),
    )

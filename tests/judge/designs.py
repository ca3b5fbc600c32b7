"""Makes the facts of a study out of plain numbers."""

from collections.abc import Sequence

from badgateway.model.comparison import Choice
from badgateway.model.design import ConfigurationFacts, Design, Facts, TrialCost
from badgateway.model.experiment import Objective
from badgateway.words.choice_chain import chain

LEVEL = 200.0
OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=500)


def asked(*configurations: str, levels: tuple[float, ...] = (LEVEL,), margin: float = 0.05) -> Design:
    cost = TrialCost(warm_up_s=3, drain_s=2, overhead_s=4)
    return Design(
        configurations=configurations, levels=levels, objective=OBJECTIVE, window_s=10, cost=cost, seed=1, margin=margin
    )


def facts(
    p95_ms: float | None = 300,
    *,
    requests: int = 2000,
    failures: int = 0,
    late: int = 0,
    throughput_rps: float = 200,
    cpu_ms: float | None = None,
    rss_bytes: float | None = None,
) -> Facts:
    return Facts(
        requests=requests,
        failures=failures,
        late=late,
        p95_ms=p95_ms,
        throughput_rps=throughput_rps,
        cpu_ms=cpu_ms,
        rss_bytes=rss_bytes,
    )


def configuration(
    name: str, found: Sequence[Facts], control: Sequence[Facts] = (), *, level: float = LEVEL
) -> ConfigurationFacts:
    """Return a configuration with one trial a block at one level."""
    return ConfigurationFacts(
        configuration=name,
        trials=tuple((level, block, one) for block, one in enumerate(found, 1)),
        control=tuple(enumerate(control, 1)),
    )


def with_p95s(name: str, *p95s_ms: float, control: Sequence[float] = ()) -> ConfigurationFacts:
    return configuration(name, [facts(p95_ms) for p95_ms in p95s_ms], [facts(p95_ms) for p95_ms in control])


def reasons(choice: Choice) -> tuple[str, ...]:
    """Return the sentences of a choice's chain."""
    return tuple(one.sentence for one in chain(choice))

"""Where each configuration stands against the objective, and their order: failures first, so that they never win."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.objective import SEVERITY, limits, over_levels, pooled, units_of_facts
from badgateway.model.comparison import ConfigurationVerdict
from badgateway.model.design import ConfigurationFacts, Counts, Design, Elimination, Facts
from badgateway.model.experiment import Objective
from badgateway.model.summary import Verdict


def configuration_verdict(
    facts: ConfigurationFacts, levels: Sequence[float], objective: Objective
) -> ConfigurationVerdict:
    """Return the configuration's verdict over all levels, which is that of its worst level.

    A level that is not decided is no worse than a higher one, as long as nothing speaks against it: who keeps the
    objective at 200 tasks/s keeps it at 50.
    """
    by_level = {level: [one for at, _, one in facts.trials if at == level] for level in levels}
    units = {level: units_of_facts(found) for level, found in by_level.items()}
    judged = over_levels(units, objective)
    measured = [level for level in levels if pooled(units[level]).requests]
    # A level that a configuration never came to, because it had failed below, is no missing measurement.
    if not measured or (len(measured) < len(levels) and Verdict.FAIL not in judged.values()):
        return ConfigurationVerdict(
            configuration=facts.configuration, verdict=Verdict.INVALID, level=None, requests=0, failures=0, late=0
        )
    worst = max(measured, key=lambda level: (SEVERITY.index(judged[level]), _failure_share(units[level]), level))
    return _verdict_at(facts.configuration, judged[worst], worst, by_level[worst], objective)


def _verdict_at(
    configuration: str, found: Verdict, level: float, facts: Sequence[Facts], objective: Objective
) -> ConfigurationVerdict:
    total = pooled(facts)
    failures, missed = (part.most for part in limits(units_of_facts(facts), objective))
    seconds = [second for one in facts for second in one.seconds]
    return ConfigurationVerdict(
        configuration=configuration,
        verdict=found,
        level=level,
        requests=total.requests,
        failures=total.failures,
        late=total.late,
        trials=len(facts),
        bad_trials=sum(bool(one.failures or one.broke) for one in facts),
        broken_trials=sum(bool(one.broke) for one in facts),
        seconds=len(seconds),
        bad_seconds=sum(bool(one.failures) for one in seconds),
        most_failures=failures,
        most_missed=missed,
    )


def in_order(
    design: Design,
    found: Sequence[ConfigurationVerdict],
    configurations: Mapping[str, ConfigurationFacts],
    eliminations: Sequence[Elimination],
) -> tuple[ConfigurationVerdict, ...]:
    """Return the verdicts, best first.

    By verdict; then by failure share, except among those that pass; then those a look put out after those that
    stayed; then by p95 (of all requests, see `p95_with_failures`) over the blocks that all passing ones have; then by
    failure share, and by name.
    """
    put_out = {one.configuration for one in eliminations if one.at_look is not None}
    passing = [one.configuration for one in found if one.verdict is Verdict.PASS]
    log_p95 = mean_log_p95(design, configurations, passing)

    def key(one: ConfigurationVerdict) -> tuple[int, float, bool, float, float, str]:
        passes, share = one.verdict is Verdict.PASS, _share(one.failures, one)
        return (
            SEVERITY.index(one.verdict),
            0.0 if passes else share,
            one.configuration in put_out,
            log_p95[one.configuration] if passes else _share(one.late, one),
            share,
            one.configuration,
        )

    return tuple(sorted(found, key=key))


def mean_log_p95(
    design: Design, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]
) -> dict[str, float]:
    """Return each one's mean log p95 at the highest level, over the blocks that all of them have, if there are any."""
    own = {name: at_level(configurations[name], design.levels[-1]) for name in names}
    common = set.intersection(*(set(facts) for facts in own.values())) if own else set()
    return {name: _mean([log_p95(facts[block]) for block in sorted(common or facts)]) for name, facts in own.items()}


def _mean(logs: Sequence[float]) -> float:
    return math.fsum(logs) / len(logs) if logs else math.inf


def _share(count: int, one: ConfigurationVerdict) -> float:
    return count / one.requests if one.requests else 1.0


def _failure_share(units: Sequence[Counts]) -> float:
    total = pooled(units)
    return total.failures / total.requests

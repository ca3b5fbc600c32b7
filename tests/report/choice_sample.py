"""Studies as the engine makes them, of eight simulated configurations: one sample for each kind of choice."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from badgateway.model.capacity import CapacityGoal
from badgateway.model.comparison import Choice, ChoiceKind
from badgateway.model.design import Design, Ended, Facts, Purpose, Step
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision, Recommendation, RunSummary
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, TrialSummary, Verdict
from badgateway.model.trial import SendingCheck, Trial
from badgateway.search import conclude
from badgateway.words.choice import sentence
from badgateway.words.study_limits import power
from tests.report import builders
from tests.report.comparison import CONFIGURATIONS, experiment, run_summary
from tests.simulation.servers import Machine, Server, design

RATES = (50.0, 100.0, 200.0)
LATE = "the load generator was late: 1 % of requests were sent more than 14 ms after they were due; allowed are 10 ms"
STEAL = "the hypervisor took 9.10 % of the CPU time for other guests; allowed are 5 % (machine.max_steal_share)"
SERVERS = {
    "uwsgi-2": Server(p95_ms=900, limit=60),
    "uwsgi-2-listen": Server(p95_ms=900, limit=120),
    "uwsgi-16": Server(p95_ms=354, limit=420),
    "uwsgi-gevent": Server(p95_ms=520, limit=380),
    "gunicorn-sync": Server(p95_ms=700, limit=70),
    "gunicorn-gthread": Server(p95_ms=361.8333, limit=600),
    "gunicorn-gevent": Server(p95_ms=308, limit=330, cpu_ms=6.5),
    "gunicorn-gevent-mysqlclient": Server(p95_ms=4000, limit=30),
}
"""The p95 of gthread and gevent is equal at 200, and only one of them carries more than 330."""
ALIKE = SERVERS | {"gunicorn-gevent": Server(p95_ms=361.8333, limit=600, cpu_ms=6.5)}
SLOW = {name: Server(p95_ms=2400, limit=450) for name in SERVERS}
GOAL = CapacityGoal(lowest=20, highest=640)
_DECISIONS = {
    ChoiceKind.PICKED: Decision.PICKED,
    ChoiceKind.EQUIVALENT: Decision.PICKED,
    ChoiceKind.NEEDS_MORE: Decision.INCONCLUSIVE,
    ChoiceKind.NONE_QUALIFIES: Decision.NONE_QUALIFIES,
}


def study_picked() -> RunSummary:
    return _made("picked", Machine(servers=SERVERS, seed=2, invalid=0.05, noise=0.01), _asked(capacity=GOAL))


def study_equivalent() -> RunSummary:
    return _made("equivalent", Machine(servers=ALIKE, seed=2, noise=0.01), _asked(capacity=GOAL))


def study_undecided() -> RunSummary:
    """One block: one trial alone proves of nobody that it keeps the objective."""
    return _made("undecided", Machine(servers=SERVERS, seed=1), _asked(blocks=1, looks=()))


def study_none() -> RunSummary:
    return _made("none", Machine(servers=SLOW, seed=1), _asked())


def choice_of(given: RunSummary) -> Choice:
    assert given.choice is not None
    return given.choice


def _asked(**given: object) -> Design:
    return design(*SERVERS, levels=RATES, control=True, **given)


_RAN: dict[str, tuple[Choice, tuple[Ended, ...]]] = {}


def _made(name: str, machine: Machine, asked: Design) -> RunSummary:
    if name not in _RAN:
        ended = machine.run(asked)
        _RAN[name] = conclude(asked, ended), tuple(ended)
    return summed_up(*_RAN[name])


def summed_up(choice: Choice, ended: Sequence[Ended]) -> RunSummary:
    """Return the summary of a study whose trials ended so."""
    trials = [_trial(one, position) for position, one in enumerate(ended, start=1)]
    own = [one for one in trials if one.trial.purpose is Purpose.COMPARE and not one.trial.control]
    load = experiment().load.model_copy(update={"users": (), "rates_per_s": RATES})
    standings = {one.configuration: one.verdict for one in choice.ranking}
    configurations = [
        ConfigurationSummary(
            configuration=configuration,
            verdict=standings[configuration.name],
            reasons=(),
            levels=tuple(_level(configuration.name, rate, own) for rate in RATES),
        )
        for configuration in CONFIGURATIONS
    ]
    decision = _DECISIONS[choice.kind]
    recommendation = Recommendation(
        decision=decision,
        configuration=choice.configuration if decision is Decision.PICKED else None,
        sentence=sentence(choice),
        reasons=(power(choice),),
        ranking=tuple(one.configuration for one in choice.ranking),
    )
    asked = experiment().model_copy(update={"load": load})
    summary = run_summary(configurations, recommendation, declared_experiment=asked)
    return replace(summary, choice=choice, other_trials=tuple(one for one in trials if one not in own))


def _trial(ended: Ended, position: int) -> TrialSummary:
    measured = _measured(ended.facts) if ended.facts else None
    step = ended.step
    return TrialSummary(
        trial=_planned(step, position),
        verdict=_verdict(measured),
        reasons=() if measured else (LATE if position % 3 else STEAL,),
        measurement=measured,
        proxy_messages=(),
        uses=builders.uses() if measured else (),
        overhead_s=2.75,
        sending=SendingCheck(
            arrivals=round(step.level * step.window_s),
            missed_arrivals=0,
            send_lag_p99_ms=1.5 + position % 7 / 10 if measured else 14.2,
        ),
    )


def _planned(step: Step, position: int) -> Trial:
    return Trial(
        block=step.block,
        position=position,
        configuration=step.configuration,
        rate_per_s=round(step.level, 1),
        seed=step.seed,
        purpose=step.purpose,
        control=step.control,
        attempt=step.attempt,
        window_s=step.window_s,
    )


def _measured(facts: Facts) -> Measurement:
    p95_ms = facts.p95_ms or 4000.0
    counts = {Outcome.OK: facts.requests - facts.failures, Outcome.GATEWAY_TIMEOUT: facts.failures}
    return replace(
        builders.measurement(counts, (0.5 * p95_ms, p95_ms, 1.3 * p95_ms, 1.7 * p95_ms)),
        throughput_rps=facts.throughput_rps,
    )


def _verdict(measured: Measurement | None) -> Verdict:
    if measured is None or measured.latency is None:
        return Verdict.INVALID
    late = measured.latency.p95_ms > builders.OBJECTIVE.p95_ms
    return Verdict.FAIL if late or measured.failures.share > builders.OBJECTIVE.max_failure_share else Verdict.PASS


def _level(name: str, rate: float, trials: Sequence[TrialSummary]) -> LevelSummary:
    here = tuple(one for one in trials if (one.trial.configuration, one.trial.rate_per_s) == (name, rate))
    valid = [one.measurement for one in here if one.measurement]
    measured = valid[0] if valid else None
    return LevelSummary(
        configuration=name,
        users=0,
        rate_per_s=rate,
        verdict=_verdict(measured),
        reasons=() if here else ("no trial was run",),
        measurement=measured,
        trials=here,
    )


@cache
def both_loops() -> RunSummary:
    """One configuration with users who wait, and at rates; at the higher one it stands still for seconds."""
    only = CONFIGURATIONS[0]
    closed = [
        _closed(only.name, users, place, p99_ms) for place, (users, p99_ms) in enumerate(((50, 190), (300, 640)), 1)
    ]
    at_rates = [
        _at_rate(_closed(only.name, 1, place, p99_ms, per_s), rate)
        for place, (rate, p99_ms, per_s) in enumerate(((100.0, 200, 100), (317.0, 3200, 317)), 3)
    ]
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration=only.name,
        sentence="Run uwsgi-2.",
        reasons=("It is the only configuration.",),
        ranking=(only.name,),
    )
    load = experiment().load.model_copy(update={"users": (50, 300), "rates_per_s": (100.0, 317.0)})
    asked = experiment((only,)).model_copy(update={"load": load})
    summary = builders.summary(only, [*closed, *at_rates])
    return run_summary([summary], recommendation, declared_experiment=asked)


def _at_rate(level: LevelSummary, rate: float) -> LevelSummary:
    (one,) = level.trials
    sending = SendingCheck(arrivals=int(rate * 10), missed_arrivals=3, send_lag_p99_ms=0.8)
    trial = replace(one, trial=replace(one.trial, users=0, rate_per_s=rate), sending=sending)
    return replace(level, users=0, rate_per_s=rate, trials=(trial,))


def _closed(name: str, users: int, position: int, p99_ms: float, per_s: float | None = None) -> LevelSummary:
    ok = round((users if per_s is None else per_s) * builders.WINDOW_S)
    measured = builders.measurement({Outcome.OK: ok}, (0.3 * p99_ms, 0.6 * p99_ms, p99_ms, 1.2 * p99_ms))
    return builders.level(name, users, position, measured)

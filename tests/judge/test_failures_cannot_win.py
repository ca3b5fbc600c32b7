"""What must hold for any results whatsoever."""

from dataclasses import dataclass, replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from badgateway.judge import recommend
from badgateway.judge.proportion import proportion
from badgateway.judge.ranking import rank
from badgateway.judge.verdicts import SEVERITY, Judgement, judge
from badgateway.model.outcome import Outcome
from badgateway.model.summary import (
    ConfigurationSummary,
    Decision,
    LevelSummary,
    Measurement,
    OutcomeShare,
    Quantiles,
    Verdict,
)
from tests.judge.evidence_of import experiment

NAMES = ("a", "b", "c", "d")
USERS = (50, 300)
EXPERIMENT = experiment(*NAMES, users=USERS)


@dataclass(frozen=True)
class Level:
    ok: int
    failed: int
    over: int
    p95_ms: float
    valid: bool

    def measurement(self) -> Measurement | None:
        if not self.valid or self.ok + self.failed == 0:
            return None
        total, over = self.ok + self.failed, min(self.over, self.ok)
        shares = ((Outcome.OK, self.ok), (Outcome.BAD_GATEWAY, self.failed))
        latency = Quantiles(p50_ms=1, p95_ms=self.p95_ms, p99_ms=self.p95_ms, max_ms=self.p95_ms)
        return Measurement(
            requests=total,
            outcomes=tuple(OutcomeShare(outcome=o, proportion=proportion(n, total)) for o, n in shares if n),
            failures=proportion(self.failed, total),
            latency=latency if self.ok else None,
            first_byte=None,
            over_objective=proportion(over, self.ok) if self.ok else None,
            throughput_rps=self.ok / 10,
        )


def summary(name: str, levels: tuple[Level, ...]) -> ConfigurationSummary:
    judged = tuple(level_summary(name, users, level) for users, level in zip(USERS, levels, strict=True))
    worst = max(judged, key=lambda level: SEVERITY.index(level.verdict))
    return ConfigurationSummary(
        configuration=EXPERIMENT.configuration(name), verdict=worst.verdict, reasons=worst.reasons, levels=judged
    )


def level_summary(name: str, users: int, level: Level) -> LevelSummary:
    measurement = level.measurement()
    invalid = Judgement(verdict=Verdict.INVALID, reasons=("not measured",))
    judgement = judge(measurement, EXPERIMENT.objective) if measurement else invalid
    return LevelSummary(
        configuration=name,
        users=users,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        measurement=measurement,
        trials=(),
    )


counts = st.one_of(st.integers(0, 20), st.integers(0, 20_000))
a_level = st.builds(
    Level,
    ok=counts,
    failed=st.one_of(st.just(0), counts),
    over=st.one_of(st.just(0), counts),
    p95_ms=st.sampled_from([1.0, 10.0, 500.0, 999.0, 5000.0]),
    valid=st.sampled_from([True, True, True, False]),
)
an_arm = st.tuples(a_level, a_level)
results = st.tuples(*(an_arm for _ in NAMES))

# A busy machine is no fault of the judge, and the first example imports scipy.
unhurried = settings(deadline=None)


def place(arms: dict[str, tuple[Level, ...]], name: str) -> int:
    ranked = rank([summary(arm, levels) for arm, levels in arms.items()])
    return [entry.configuration.name for entry in ranked].index(name)


@unhurried
@given(results, st.sampled_from(NAMES), st.sampled_from([0, 1]), st.integers(1, 50_000))
def test_more_failures_never_improve_a_rank(found, name, which, more):
    arms = dict(zip(NAMES, found, strict=True))
    levels = list(arms[name])
    levels[which] = replace(levels[which], failed=levels[which].failed + more)
    # Without requests an arm is INVALID; failures would make it a measured one, and that is ahead of INVALID ones.
    assume(all(level.measurement() for level in arms[name]))

    assert place(arms, name) <= place({**arms, name: tuple(levels)}, name)


@unhurried
@given(results, st.sampled_from(NAMES), st.integers(1, 100_000))
def test_instant_502s_never_outrank_an_arm_with_fewer_failures(found, name, number):
    all_failed = Level(ok=0, failed=number, over=0, p95_ms=0.1, valid=True)
    arms = dict(zip(NAMES, found, strict=True)) | {name: (all_failed, all_failed)}
    ranked = rank([summary(arm, levels) for arm, levels in arms.items()])
    behind = ranked[[entry.configuration.name for entry in ranked].index(name) + 1 :]

    for entry in behind:
        shares = [level.measurement.failures.share for level in entry.levels if level.measurement]
        assert entry.verdict is Verdict.INVALID or max(shares) == 1


@unhurried
@given(results, st.permutations(NAMES))
def test_the_ranking_holds_every_configuration_once_whatever_order_they_come_in(found, order):
    summaries = {name: summary(name, levels) for name, levels in zip(NAMES, found, strict=True)}
    recommendation = recommend(EXPERIMENT, list(summaries.values()))

    assert sorted(recommendation.ranking) == list(NAMES)
    assert recommend(EXPERIMENT, [summaries[name] for name in order]) == recommendation


@unhurried
@given(results)
def test_only_what_passed_everywhere_is_picked_and_what_is_invalid_comes_last(found):
    summaries = {name: summary(name, levels) for name, levels in zip(NAMES, found, strict=True)}
    recommendation = recommend(EXPERIMENT, list(summaries.values()))
    verdicts = [summaries[name].verdict for name in recommendation.ranking]

    assert verdicts == sorted(verdicts, key=SEVERITY.index)
    assert (recommendation.decision is Decision.PICKED) == (Verdict.PASS in verdicts)
    if recommendation.configuration is not None:
        picked = summaries[recommendation.configuration]
        assert all(level.verdict is Verdict.PASS for level in picked.levels)
    else:
        assert recommendation.decision is not Decision.PICKED

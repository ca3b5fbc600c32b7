"""Every form of the sentence, and that noise is not called help."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.chance import chance
from badgateway.judge.effects import effect, start
from badgateway.model.differences import Difference
from badgateway.model.ladder import Effect
from badgateway.model.samples import WorkerGaps
from badgateway.model.summary import LevelSummary, TrialSummary, Verdict
from badgateway.model.trial import Trial
from badgateway.words.effects import sentence as said
from tests.judge.causes_of import FULL, SLOW, diagnosis, found, level

LISTEN = (Difference(setting="listen", new="1,024", old="100"),)


def failing(name, failed, total=24_000, *, cause=FULL, p95_ms=100):
    why = diagnosis(found(cause, failed), requests=total) if failed else diagnosis(requests=total)
    return level(name, total - failed, failed, why, p95_ms=p95_ms)


def told(before, after, changes=LISTEN, others=0):
    """Return the effect as one of so many more comparisons."""
    return effect(before, after, changes, p_value=min(1, chance(before, after) * (1 + others)))


def trials_of(one: LevelSummary, *p95s_ms: float, gaps: WorkerGaps | None = None) -> LevelSummary:
    assert one.measurement is not None
    assert one.measurement.latency is not None
    latency = one.measurement.latency
    trials = tuple(
        TrialSummary(
            trial=Trial(block=block, position=block, configuration=one.configuration, users=one.users, seed=1),
            verdict=Verdict.PASS,
            reasons=(),
            measurement=replace(one.measurement, latency=replace(latency, p95_ms=p95_ms)),
            proxy_messages=(),
            uses=(),
            overhead_s=1.0,
            worker_gaps=gaps,
        )
        for block, p95_ms in enumerate(p95s_ms, start=1)
    )
    return replace(one, trials=trials)


def test_a_single_change_that_ends_the_failures_helped_because_of_it():
    found_effect = told(failing("one", 5430), failing("two", 0, p95_ms=120))
    assert found_effect.effect is Effect.HELPED
    assert said(found_effect) == (
        "Helped because of listen (1,024 instead of 100): listen-queue-full 5,430 → 0; "
        "22.6 % → 0 % of requests failed; p95 100 ms → 120 ms (OK requests alone; not comparable: too many failed), "
        "1,857 → 2,400 requests/s."
    )
    assert found_effect.p_value is not None
    assert found_effect.p_value < 1e-9


def test_of_several_changes_none_is_named_as_the_reason():
    sentence = said(
        told(failing("one", 5430), failing("two", 0), (*LISTEN, Difference(setting="workers", new="8", old="2")))
    )
    assert sentence.startswith("Helped (2 settings changed): listen-queue-full 5,430 → 0;")


def test_the_same_configuration_twice_that_differs_is_told_as_such():
    assert said(told(failing("one", 0), failing("two", 900), ())).startswith("Made it worse though nothing was")


def test_with_about_as_many_failures_of_the_same_cause_there_was_no_effect_however_many_requests_say_otherwise():
    found_effect = told(failing("one", 5430), failing("two", 5000))
    assert found_effect.effect is Effect.NO_EFFECT
    assert said(found_effect).startswith(
        "No effect: the cause was the same, the accept queue of the unix socket was full "
        "(listen-queue-full 5,430 → 5,000); 22.6 % → 20.8 % of requests failed;"
    )


def test_another_cause_in_the_place_of_the_first_is_told():
    sentence = said(told(failing("one", 5430), failing("two", 5300, cause=SLOW)))
    assert sentence.startswith(
        "No fewer failures, but of another cause: listen-queue-full 5,430 → 0, slow-request 0 → 5,300;"
    )


def test_where_nobody_looked_into_why_the_outcomes_are_told():
    before = level("one", 10_000, 5000, None)
    sentence = said(told(before, failing("two", 4900, 15_000)))
    assert sentence.startswith("No effect: 502 5,000 → 4,900; 33.3 % → 32.7 % of requests failed;")


def test_failures_without_a_cause_are_told_beside_the_others():
    before = level("one", 10_000, 500, diagnosis(found(FULL, 400), unattributed=100))
    assert "listen-queue-full 400 → 0, without a cause 100 → 0" in said(told(before, failing("two", 0)))


def test_more_failures_made_it_worse():
    found_effect = told(failing("one", 0), failing("two", 900))
    assert found_effect.effect is Effect.WORSE
    assert said(found_effect).startswith("Made it worse because of listen")


def test_nearly_everything_failed_and_ten_points_less_is_help():
    assert told(failing("one", 22_800), failing("two", 20_000)).effect is Effect.HELPED


def test_a_few_failures_more_or_less_may_be_chance():
    found_effect = told(failing("one", 3, 4000), failing("two", 0, 4100))
    assert found_effect.effect is Effect.NOT_PROVEN
    assert said(found_effect) == (
        "Not proven: 3 of 4,000 requests failed before, 0 of 4,100 after "
        "(listen-queue-full 3 → 0), which may be chance (p = 0.12 among all comparisons, as unevenly as failures "
        "fell); p95 100 ms → 100 ms (less than 10 % apart), 400 → 410 requests/s."
    )


def test_a_p95_twice_as_high_is_called_slower_and_names_the_change():
    before, after = trials_of(failing("one", 0), 100), trials_of(failing("two", 0, p95_ms=2300), 2300)
    assert said(told(before, after)) == (
        "No failures before and after, but slower because of listen (1,024 instead of 100): "
        "p95 100 ms → 2.30 s (not tested), 2,400 → 2,400 requests/s."
    )
    assert said(told(after, before)).startswith("No failures before and after, and faster because of listen")
    assert "slower" not in said(told(before, trials_of(failing("two", 0, p95_ms=190), 190)))


def test_a_slower_one_that_breaks_the_objective_is_told_so():
    before, after = trials_of(failing("one", 0), 100), trials_of(failing("two", 0, p95_ms=2300), 2300)
    assert said(told(before, replace(after, verdict=Verdict.FAIL))).endswith(" It no longer keeps the objective.")


def test_without_failures_only_the_speed_is_told():
    sentence = said(told(failing("one", 0, 410, p95_ms=820), failing("two", 0, 800, p95_ms=430)))
    assert sentence == "No failures before and after; p95 820 ms → 430 ms (not tested), 41 → 80 requests/s."


@pytest.mark.parametrize(
    ("before_ms", "after_ms", "words"),
    [
        ((100, 101), (97, 98), "less than 10 % apart"),
        ((820, 900), (430, 440), "lower in each of 2 trials"),
        ((430, 440), (820, 900), "higher in each of 2 trials"),
        ((500, 900), (450, 890), "not so in every trial: may be chance"),
        ((500,), (900, 910), "not tested"),
    ],
)
def test_the_p95_is_called_lower_only_where_every_trial_says_so(before_ms, after_ms, words):
    before = trials_of(failing("one", 0, p95_ms=max(before_ms)), *before_ms)
    after = trials_of(failing("two", 0, p95_ms=min(after_ms)), *after_ms)
    assert f"({words})" in said(told(before, after))


def test_a_configuration_of_which_every_request_failed_has_no_p95():
    assert "p95" not in said(told(failing("one", 0), failing("two", 24_000)))


def test_what_was_not_measured_is_not_compared():
    lost = replace(failing("one", 1), measurement=None, reasons=("1 of 1 trial not counted: it was aborted",))
    found_effect = effect(lost, failing("two", 0), LISTEN, p_value=1)
    assert (found_effect.effect, found_effect.p_value) == (Effect.NOT_COMPARED, None)
    assert said(found_effect) == "Not compared: one was not measured, 1 of 1 trial not counted: it was aborted."


def with_a_trial_lost(one: LevelSummary) -> LevelSummary:
    """Return the level with one trial more, which its configuration did not get through."""
    through = trials_of(one, 100)
    lost = replace(through.trials[0], verdict=Verdict.FAIL, reasons=("uWSGI ended",), measurement=None)
    return replace(through, trials=(*through.trials, lost))


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (failing("one", 5430), with_a_trial_lost(failing("two", 0)), Effect.NOT_PROVEN),
        (failing("one", 0), with_a_trial_lost(failing("two", 0)), Effect.NOT_PROVEN),
        (failing("one", 0), with_a_trial_lost(failing("two", 5430)), Effect.WORSE),
        (with_a_trial_lost(failing("one", 0)), failing("two", 5430), Effect.NOT_PROVEN),
        (with_a_trial_lost(failing("one", 5430)), failing("two", 0), Effect.HELPED),
    ],
)
def test_a_trial_that_was_not_got_through_never_speaks_for_its_configuration(before, after, kind):
    found_effect = told(before, after)
    assert found_effect.effect is kind
    assert " did not get through 1 of 2 trials, in no share here: uWSGI ended." in said(found_effect)


def test_the_time_without_a_worker_is_told_where_it_matters():
    long, short = WorkerGaps(count=3, total_s=2.44), WorkerGaps(count=1, total_s=0.2)
    after = failing("two", 900)
    assert said(told(failing("one", 0), trials_of(after, 100, gaps=long))).endswith(
        "requests/s. No worker accepted for about 2.44 s (3 times)."
    )
    assert "No worker" not in said(told(failing("one", 0), trials_of(after, 100, gaps=short)))
    assert "4.88 s of 2 trials together (6 times)" in said(told(after, trials_of(after, 1, 1, gaps=long)))


def test_the_configuration_at_the_start_says_how_it_does():
    assert said(start(failing("one", 5430))) == (
        "Where the others start from: 22.6 % of 24,000 requests failed (listen-queue-full 5,430)."
    )
    assert said(start(failing("one", 0))).startswith("Where the others start from: no request of 24,000 failed")


IMPORTS_FIRST = settings(deadline=None)
"""The first comparison of a process imports scipy.stats."""
COUNTS = st.tuples(st.integers(0, 3000), st.just(3000))


@IMPORTS_FIRST
@given(one=COUNTS, other=COUNTS)
def test_what_helps_one_way_makes_it_worse_the_other_way(one, other):
    there = told(failing("one", *one), failing("two", *other)).effect
    back = told(failing("two", *other), failing("one", *one)).effect
    opposite = {Effect.HELPED: Effect.WORSE, Effect.WORSE: Effect.HELPED}
    assert back is opposite.get(there, there)


@IMPORTS_FIRST
@given(count=COUNTS)
def test_the_same_numbers_never_help(count):
    same = {Effect.NO_EFFECT, Effect.NEVER_FAILED, Effect.NOT_PROVEN}
    assert told(failing("one", *count), failing("two", *count)).effect in same


def test_about_as_many_of_a_few_failures_are_not_told_to_be_no_effect():
    found_effect = told(failing("one", 10), failing("two", 9))
    assert found_effect.effect is Effect.NOT_PROVEN
    assert "about as many, but too few to say that it did not double or halve them" in said(found_effect)

"""The choice and its chain of reasons."""

from dataclasses import replace

import numpy as np
import pytest

from badgateway.judge.choice import choose, latency_candidates
from badgateway.judge.paired import TOGETHER
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import ChoiceKind, Criterion, Relation, TieRule
from badgateway.model.design import ClearlySlower, ConfigurationFacts, Elimination
from badgateway.model.load_level import LoadUnit
from badgateway.model.summary import Verdict
from badgateway.words.choice import sentence
from badgateway.words.choice_chain import chain
from badgateway.words.study_limits import power, unseen
from tests.judge.designs import LEVEL, asked, configuration, facts, reasons, with_p95s

STEADY = (300.0, 306.0, 297.0, 312.0, 303.0, 309.0, 294.0, 300.0)
"""Eight blocks; each configuration below follows the same weather."""


def times(factor: float, wobble: float = 0.004) -> tuple[float, ...]:
    return tuple(p95 * factor * (1 + (-1) ** i * wobble * (i + 1) / 8) for i, p95 in enumerate(STEADY))


def capacity(low: float, high: float) -> Capacity:
    return Capacity(
        status=CapacityStatus.FOUND, estimate=(low + high) / 2, low=low, high=high, confirmed=low, trials=10
    )


def test_the_faster_of_two_that_keep_the_objective_is_picked_and_the_chain_says_why():
    choice = choose(asked("a", "b"), [with_p95s("a", *times(1.2)), with_p95s("b", *STEADY)])

    assert (choice.kind, choice.configuration, sentence(choice)) == (
        ChoiceKind.PICKED,
        "b",
        "Run b: the best, proven, by its p95.",
    )
    assert [one.configuration for one in choice.ranking] == ["b", "a"]
    assert reasons(choice)[0].startswith("b keeps the objective")
    assert reasons(choice)[1].startswith("a: p95 1.200 times")
    assert reasons(choice)[1].endswith("p = 0.0078 alone and p = 0.0078 among all pairs: behind.")


def test_a_ratio_that_failures_made_has_no_digits_and_says_that_they_count_as_late():
    choice = choose(asked("a", "b"), [with_p95s("a", *times(1.2)), with_p95s("b", *STEADY)])
    (rivalry,) = (one for one in choice.rivalries if one.criterion is Criterion.LATENCY)
    assert rivalry.paired is not None
    failing = replace(rivalry, paired=replace(rivalry.paired, ratio=13.258, high=32_536.514))
    said = [one.sentence for one in chain(replace(choice, rivalries=(failing,)))]

    assert said[1].startswith("a: p95 > 10 times (97.7 % interval 1.196-> 10) b's over 8 blocks")
    assert said[1].endswith(": behind (a failed request counts as a late one).")


def test_configurations_within_the_margin_are_equivalent_and_the_cheapest_is_named():
    dear = configuration("dear", [facts(p95, cpu_ms=6) for p95 in STEADY])
    cheap = configuration("cheap", [facts(p95, cpu_ms=4) for p95 in times(1.01)])
    choice = choose(asked("dear", "cheap"), [dear, cheap])

    assert (choice.kind, choice.configuration, choice.equivalent) == (ChoiceKind.EQUIVALENT, "cheap", ("cheap", "dear"))
    assert sentence(choice) == (
        "Run cheap. As good: dear; chosen: least CPU time a request. No other is more "
        "than 1.14 % (3.5 ms) better in p95, with 95 % confidence."
    )
    assert any(
        reason.endswith(": treated as equivalent: less than 5 % apart, which is declared negligible.")
        for reason in reasons(choice)
    )
    assert reasons(choice)[-1].startswith("dear takes 1.500 times")


def test_those_that_noise_alone_keeps_from_being_told_apart_are_not_called_as_good():
    noisy = [2.2, 2.4, 0.3, 2.1, 2.3, 1.9, 2.6, 2.2]
    fast = configuration("fast", [facts(p95, cpu_ms=4) for p95 in STEADY])
    slow = configuration("slow", [facts(p95 * by, cpu_ms=6) for p95, by in zip(STEADY, noisy, strict=True)])
    said = sentence(choose(asked("fast", "slow"), [fast, slow]))

    assert said.startswith("Run fast. Not told apart from it: slow; chosen: least CPU time a request.")


def test_who_is_proven_to_serve_less_is_not_said_to_be_slower_without_proof():
    fast = with_p95s("fast", *STEADY)
    noisy = [1.6, 1.7, 0.3, 1.5, 1.8, 1.4, 1.9, 1.6]
    less = configuration("less", [facts(p95 * by, throughput_rps=70) for p95, by in zip(STEADY, noisy, strict=True)])
    choice = choose(asked("fast", "less"), [fast, less])

    assert choice.configuration == "fast"
    assert any(one.relation is Relation.WORSE and one.criterion is Criterion.THROUGHPUT for one in choice.rivalries)
    assert "not proven" not in sentence(choice)


def test_who_serves_more_than_each_of_many_rivals_is_told_though_no_pair_of_all_is():
    shares = [0.80, 0.72, 0.88, 0.78, 0.74, 0.84, 0.70, 0.86]
    first = with_p95s("first", *STEADY)
    rivals = [
        configuration(
            f"rival-{place}", [facts(p95, throughput_rps=200 * by) for p95, by in zip(STEADY, own, strict=True)]
        )
        for place, own in enumerate(shares[turn:] + shares[:turn] for turn in range(8))
    ]
    equal = configuration("equal", [facts(p95, throughput_rps=200) for p95 in STEADY])
    ahead = choose(asked(*(one.configuration for one in (first, *rivals))), [first, *rivals])
    beside = choose(asked(*(one.configuration for one in (first, equal, *rivals))), [first, equal, *rivals])

    assert {one.rival for one in ahead.rivalries if one.relation is Relation.WORSE} == {
        one.configuration for one in rivals
    }
    assert not any(one.relation is Relation.WORSE for one in beside.rivalries)


def test_of_more_than_four_that_are_as_good_the_sentence_has_the_number_and_the_first_three():
    names = ("a", "b", "c", "d", "e", "f")
    alike = [configuration(name, [facts(p95, cpu_ms=4) for p95 in STEADY]) for name in names]
    said = sentence(choose(asked(*names), alike))
    fewer = sentence(choose(asked(*names[:5]), alike[:5]))

    assert said.startswith(
        "Run a. As good: 5 others, among them b, c and d (the table names all); chosen: first in the experiment file."
    )
    assert fewer.startswith("Run a. As good: b, c, d and e; chosen: ")


def test_of_more_than_four_that_were_not_measured_the_sentence_has_the_number_and_the_first_three():
    names = ("a", "b", "c", "d", "e", "f")
    first, *unmeasured = names
    measured = configuration(first, [facts(p95) for p95 in STEADY])
    choice = choose(asked(*names), [measured, *(configuration(name, []) for name in unmeasured)])

    assert sentence(choice).endswith("Not measured: 5 configurations (among them b, c and d).")


def test_fewest_changes_from_the_baseline_come_before_cpu_time_and_the_order_of_the_file_after_it():
    configurations = [
        configuration(name, [facts(p95, cpu_ms=cpu_ms) for p95 in STEADY])
        for name, cpu_ms in (("a", 6), ("b", 4), ("c", 4))
    ]
    changed = replace(asked("a", "b", "c"), changes=(2, 1, 1))

    assert (choose(changed, configurations).configuration, choose(changed, configurations).tie_rule) == (
        "b",
        TieRule.FIRST,
    )
    assert choose(replace(changed, changes=(1, 2, 3)), configurations).tie_rule is TieRule.FEWEST_CHANGES
    assert choose(replace(changed, changes=(1, 2, 3)), configurations).configuration == "a"
    assert choose(asked("a", "b", "c"), configurations).configuration == "b"


def test_of_configurations_equal_in_latency_the_one_with_more_throughput_is_picked():
    less = configuration("less", [facts(p95, throughput_rps=100 + i) for i, p95 in enumerate(STEADY)])
    more = configuration("more", [facts(p95, throughput_rps=150 + i) for i, p95 in enumerate(times(1.01))])

    assert choose(asked("less", "more"), [less, more]).configuration == "more"


def test_of_configurations_equal_in_latency_the_one_with_more_capacity_is_picked():
    configurations = [with_p95s("a", *STEADY), with_p95s("b", *times(1.01))]
    choice = choose(asked("a", "b"), configurations, (), {"a": capacity(200, 220), "b": capacity(300, 330)})
    overlapping = choose(asked("a", "b"), configurations, (), {"a": capacity(200, 310), "b": capacity(300, 330)})

    assert (choice.kind, choice.configuration) == (ChoiceKind.PICKED, "b")
    assert "a: its capacity is proven to be lower than that of b." in reasons(choice)
    assert overlapping.kind is ChoiceKind.EQUIVALENT


def test_a_capacity_is_said_with_what_is_known_of_it():
    configurations = [with_p95s("a", *STEADY), with_p95s("b", *times(1.01)), with_p95s("c", *times(1.02))]
    beyond = replace(capacity(620, 660), status=CapacityStatus.AT_LEAST)
    none = Capacity(status=CapacityStatus.NONE, estimate=None, low=None, high=None, confirmed=None, trials=2)
    unconfirmed = replace(capacity(200, 220), status=CapacityStatus.UNCONFIRMED, confirmed=None)
    told = reasons(choose(asked("a", "b", "c"), configurations, (), {"a": beyond, "b": none, "c": unconfirmed}))

    assert told[-3:] == (
        "a carries at least 620 tasks/s, confirmed at 620 tasks/s, from 10 trials; more was not tried.",
        "b has no capacity: the lowest load failed, and so did a higher one.",
        "c carries 210 tasks/s (95 % interval 200-220), not confirmed by a long window, from 10 trials.",
    )


def test_a_difference_that_is_small_beside_the_objective_decides_nothing():
    """4 ms against 6 ms, where 500 ms are allowed."""
    configurations = [with_p95s("a", *(p95 / 50 for p95 in times(1.2))), with_p95s("b", *(p95 / 50 for p95 in STEADY))]

    assert choose(asked("a", "b"), configurations).kind is ChoiceKind.EQUIVALENT


@pytest.mark.parametrize("blocks", [2, 3, 5])
def test_few_blocks_name_what_to_run_but_prove_it_not_the_best_and_say_what_it_takes(blocks):
    configurations = [with_p95s("a", *times(3)[:blocks]), with_p95s("b", *STEADY[:blocks])]
    choice = choose(asked("a", "b"), [configurations[0], configurations[1]])

    assert (choice.kind, choice.more_blocks, choice.blocks_in_all) == (ChoiceKind.EQUIVALENT, 6 - blocks, 6)
    assert sentence(choice).startswith(f"Run {choice.configuration}.")
    assert "that takes 6." in power(choice)
    assert f"{2.0 ** (1 - blocks):.2g}" in power(choice)


def test_a_regret_that_bounds_nothing_is_said_without_a_figure():
    choice = choose(asked("a", "b"), [with_p95s("a", 300, 300), with_p95s("b", 450, 200)])

    assert choice.regret is not None
    assert choice.regret.share > 0.9
    assert sentence(choice).endswith(" Another may be over ten times better in p95: 2 blocks cannot rule that out.")


def test_one_block_proves_of_nobody_that_it_keeps_the_objective():
    choice = choose(asked("a", "b"), [with_p95s("a", 300), with_p95s("b", 310)])

    assert (choice.kind, choice.configuration) == (ChoiceKind.NEEDS_MORE, "a")
    assert sentence(choice) == (
        "Not decided: a and b may keep the objective, and none is proven to yet. If all goes on so, about 1 more block "
        "would settle it."
    )


def test_the_only_one_that_keeps_the_objective_is_picked():
    configurations = [configuration("a", [facts(requests=2000, failures=600, p95_ms=None)]), with_p95s("b", 300, 300)]
    choice = choose(asked("a", "b"), configurations)

    assert (choice.kind, choice.configuration) == (ChoiceKind.PICKED, "b")
    assert sentence(choice) == "Run b: the only one that keeps the objective."
    assert reasons(choice)[1] == (
        "a is FAIL: at 200 tasks/s, 600 of 2,000 requests failed and 0 were OK but late, in 1 trial."
    )


def test_who_may_keep_the_objective_too_stays_visible_and_counts_for_the_regret():
    few = configuration("few", [facts(p95, requests=100, failures=1) for p95 in times(0.9)])
    choice = choose(asked("few", "b"), [few, with_p95s("b", *STEADY)])

    assert (choice.kind, choice.configuration) == (ChoiceKind.EQUIVALENT, "b")
    assert sentence(choice).endswith("few may keep the objective too: INCONCLUSIVE.")
    assert choice.regret is not None
    assert choice.regret.share == pytest.approx(0.1, abs=0.01)


def test_an_invalid_rival_makes_nobody_the_best_and_none_qualify_of_nobody():
    failing, unmeasured = (
        configuration("a", [facts(None, failures=900)]),
        ConfigurationFacts(configuration="c", trials=()),
    )
    run = choose(asked("a", "b", "c"), [failing, with_p95s("b", *STEADY), unmeasured])
    nothing = choose(asked("a", "c"), [failing, unmeasured])

    assert (run.kind, run.configuration) == (ChoiceKind.EQUIVALENT, "b")
    assert sentence(run) == "Run b. Not measured: c."
    assert nothing.kind is ChoiceKind.NEEDS_MORE


def test_a_configuration_ten_per_cent_slower_among_many_is_behind_and_one_that_is_alike_is_not():
    rng = np.random.default_rng(4)
    configurations = [
        with_p95s(f"configuration-{i}", *(300 * (1.3 if i == 4 else 1) * np.exp(rng.normal(0, 0.03, 8))))
        for i in range(5)
    ]
    choice = choose(asked(*(one.configuration for one in configurations)), configurations)

    assert [one.rival for one in choice.rivalries if one.relation is Relation.WORSE] == ["configuration-4"]
    assert len(choice.equivalent) == 4


def test_a_noisy_configuration_among_quiet_ones_is_not_behind_while_its_own_interval_holds_one():
    quiet = 300 * np.exp(np.random.default_rng(500).normal(0, 0.02, (6, 5))).T[:4]
    configurations = [with_p95s(f"quiet-{i}", *p95s_ms) for i, p95s_ms in enumerate(quiet)]
    configurations.append(with_p95s("noisy", 378, 290, 412, 525, 349, 431))
    choice = choose(asked(*(one.configuration for one in configurations)), configurations)
    (noisy,) = (one for one in choice.rivalries if (one.rival, one.criterion) == ("noisy", Criterion.LATENCY))

    assert noisy.paired is not None
    assert noisy.paired.low < 1
    assert noisy.adjusted_p is not None
    assert noisy.adjusted_p <= TOGETHER
    assert noisy.relation is Relation.OPEN


def test_a_configuration_with_two_states_is_called_that():
    twice = with_p95s("b", 62, 68, 68, 99, 129, 122, 63, 66)
    choice = choose(asked("a", "b"), [with_p95s("a", *(p95 / 5 for p95 in STEADY)), twice])

    assert choice.two_states == ("b",)
    assert sentence(choice).endswith("The p95 of b is one of two values, from trial to trial.")


def test_two_names_of_one_thing_that_differ_make_the_study_say_so():
    twice = with_p95s("a", *STEADY, control=times(1.29))
    choice = choose(asked("a", "b"), [twice, with_p95s("b", *times(1.2))])

    assert choice.noise is not None
    assert choice.noise.differs
    assert choice.kind is ChoiceKind.EQUIVALENT
    assert "Beware: a under two names is proven to differ from itself by 29.0 %" in sentence(choice)


def test_none_qualifies_when_all_fail_and_a_failing_configuration_is_never_picked_for_its_speed():
    configurations = [
        configuration("instant", [facts(1.0, failures=1990)]),
        configuration("slow", [facts(None, failures=600)]),
    ]
    choice = choose(asked("instant", "slow"), configurations)

    assert (choice.kind, choice.configuration) == (ChoiceKind.NONE_QUALIFIES, None)
    assert [one.configuration for one in choice.ranking] == ["slow", "instant"]


def test_nothing_measured_is_neither_a_pick_nor_a_failure():
    choice = choose(asked("a"), [ConfigurationFacts(configuration="a", trials=())])

    assert (choice.kind, choice.configuration) == (ChoiceKind.NEEDS_MORE, None)
    assert choice.ranking[0].verdict is Verdict.INVALID
    assert choice.more_blocks is None
    assert reasons(choice) == ("a is INVALID: nothing valid was measured.",)


def test_too_few_requests_say_how_many_more_blocks_the_objective_takes():
    choice = choose(asked("a"), [configuration("a", [facts(requests=100)])])

    assert choice.kind is ChoiceKind.NEEDS_MORE
    assert (choice.more_blocks, choice.blocks_in_all) == (3, 4)
    assert sentence(choice).endswith("about 3 more blocks would settle it.")


def test_a_configuration_that_a_look_put_out_is_behind_all_that_stayed():
    configurations = [with_p95s("a", *STEADY[:3]), with_p95s("b", *times(1.4)), with_p95s("c", *times(1.6))]
    slower = ClearlySlower(leader="b", ratio=0.7, blocks=3, p=0.001)
    leaving = [Elimination(configuration="a", at_look=3, slower=slower)]
    choice = choose(asked("a", "b", "c"), configurations, leaving)

    assert [one.configuration for one in choice.ranking] == ["b", "c", "a"]
    assert choice.configuration == "b"
    left = "its p95 was 0.700 times that of b (t test over 3 blocks, p = 0.001 among all pairs)"
    assert f"a left the race after 3 blocks: {left}." in reasons(choice)


def test_a_block_that_one_configuration_has_not_is_left_out_of_its_comparison():
    missing = ConfigurationFacts(
        configuration="a", trials=tuple((LEVEL, i + 1, facts(p95)) for i, p95 in enumerate(times(1.2)) if i != 3)
    )
    choice = choose(asked("a", "b"), [missing, with_p95s("b", *STEADY)])

    assert choice.rivalries[0].paired is not None
    assert choice.rivalries[0].paired.blocks == 7
    assert (choice.rivalries[0].criterion, choice.rivalries[0].relation) == (Criterion.LATENCY, Relation.WORSE)


def test_the_capacity_is_searched_of_those_that_p95_has_not_put_out():
    configurations = [with_p95s("slow", *times(1.3)), with_p95s("fast", *STEADY), with_p95s("like", *times(1.01))]

    assert latency_candidates(asked("slow", "fast", "like"), configurations, ()) == ("fast", "like")


def test_the_control_gives_the_noise_floor_and_what_it_leaves_visible():
    twice = with_p95s("a", *STEADY, control=times(1.02))
    choice = choose(asked("a", "b"), [twice, with_p95s("b", *times(1.5))])

    assert choice.noise is not None
    assert choice.noise.configurations == ("a",)
    assert choice.noise.latency.ratio == pytest.approx(1.02, abs=0.005)
    assert choice.noise.detectable is not None
    assert "a under two names differed by 1.97 % in p95 over 8 blocks" in unseen(choice)[2]


def test_the_noise_is_that_of_all_blocks_when_another_configuration_takes_over_the_control():
    left = configuration("a", [facts(300), facts(300)], [facts(303), facts(297)])
    stays = with_p95s("b", *STEADY)
    taken_over = replace(stays, control=tuple((block, facts(300)) for block in range(3, 9)))
    choice = choose(asked("a", "b"), [left, taken_over], (Elimination(configuration="a", at_look=2),))

    assert choice.noise is not None
    assert choice.noise.configurations == ("a", "b")
    assert choice.noise.latency.blocks == len(STEADY)
    assert "a and b under two names differed by" in unseen(choice)[2]


def test_a_control_whose_p95_is_that_of_a_failed_request_tells_nothing_of_the_noise():
    failing = configuration("a", [facts(None), facts(300)], [facts(300), facts(None)])

    assert choose(asked("a"), [failing]).noise is None


def test_each_rivalry_tells_its_leader_and_margin_and_each_reason_whom_it_is_about():
    choice = choose(asked("a", "b"), [with_p95s("a", *STEADY), with_p95s("b", *times(1.5))])

    (rivalry,) = choice.rivalries
    assert (rivalry.rival, rivalry.leader, rivalry.margin) == ("b", "a", 0.05)
    assert [(one.criterion, one.configuration, one.outcome) for one in chain(choice)] == [
        (Criterion.OBJECTIVE, "a", Verdict.PASS),
        (Criterion.LATENCY, "b", Relation.WORSE),
    ]


def test_what_could_not_have_been_seen_is_said_with_its_numbers():
    few = choose(asked("a", "b"), [with_p95s("a", *STEADY[:2], control=times(1.02)[:2]), with_p95s("b", *STEADY[:2])])

    assert unseen(few)[0].startswith("Failures rarer than 0.075 % of requests")
    assert "once in 10 s" in unseen(few)[1]
    assert "it takes 6 blocks until the signed-rank test between two of them can prove any" in unseen(few)[2]
    assert "shared one machine" in unseen(few)[3]
    nothing = choose(asked("a"), [ConfigurationFacts(configuration="a", trials=())])
    assert unseen(nothing)[0].startswith("Nothing was measured")
    assert "no A/A control" in unseen(nothing)[2]


def test_an_experiment_may_say_how_much_decides_nothing():
    """300 ms against 354 ms, where 500 are allowed: 5 ms are nothing by themselves, 75 ms if it is declared."""
    configurations = [with_p95s("a", *times(1.18)), with_p95s("b", *STEADY)]
    generous = replace(asked("a", "b"), negligible_ms=75)

    assert choose(asked("a", "b"), configurations).kind is ChoiceKind.PICKED
    told = choose(generous, configurations)

    assert told.kind is ChoiceKind.EQUIVALENT
    assert any(
        reason.endswith(": treated as equivalent: less than 75 ms apart, which is declared negligible.")
        for reason in reasons(told)
    )


def test_users_are_said_as_users():
    told = reasons(choose(replace(asked("a"), unit=LoadUnit.USERS), [with_p95s("a", *STEADY)]))

    assert ": at 200 users, 0 of " in told[0]

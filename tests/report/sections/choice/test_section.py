import json
from dataclasses import replace

import pytest

from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import Criterion, Relation
from badgateway.model.load_level import LoadUnit
from badgateway.model.summary import Verdict
from badgateway.model.trial import Trial
from badgateway.report.formats import render_html, render_json, render_markdown
from badgateway.report.sections.answer import section as answer
from badgateway.report.sections.choice import capacities, steps
from badgateway.report.sections.choice import view as choice
from badgateway.words.choice import sentence
from badgateway.words.choice_chain import LEFT, chain
from badgateway.words.study_limits import power, unseen
from tests.judge.designs import reasons
from tests.report import samples
from tests.report.choice_sample import choice_of, study_equivalent, study_none, study_picked, study_undecided


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-")


def view_of(run):
    view = choice.build(run)
    assert view is not None
    return view


def capacity(status, **given):
    numbers = {"estimate": 317.0, "low": 300.0, "high": 335.53, "confirmed": 305.0, "trials": 9} | given
    return Capacity(status=status, **numbers)


def searched(*found):
    run = study_picked()
    return view_of(replace(run, choice=replace(choice_of(run), capacities=tuple(found)))).capacities


def test_others_that_are_not_proven_to_be_as_good_may_be():
    choice = choice_of(study_equivalent())
    noisy = replace(choice, rivalries=tuple(replace(one, relation=Relation.OPEN) for one in choice.rivalries))

    assert answer.label(noisy) == "Run gunicorn-gthread; 1 other may be as good"


def test_what_is_slower_than_another_one_than_the_one_to_run_is_said_to_be_slower_than_that():
    choice = choice_of(study_equivalent())
    first = next(one for one in choice.rivalries if one.criterion is Criterion.LATENCY)
    chosen = choice.configuration
    assert chosen is not None
    of_the_chosen = replace(first, relation=Relation.OPEN, rival="uwsgi-gevent", leader=chosen)
    of_another = replace(of_the_chosen, leader="uwsgi-16")

    assert "Slower than uwsgi-16 here, but not proven to be: uwsgi-gevent." in sentence(
        replace(choice, rivalries=(of_another,))
    )
    assert "Slower here, but not proven to be: uwsgi-gevent." in sentence(replace(choice, rivalries=(of_the_chosen,)))


@pytest.mark.parametrize(
    ("made", "label", "kind", "exit_status"),
    [
        (study_picked, "Picked: gunicorn-gthread", "picked", 0),
        (study_equivalent, "Run gunicorn-gthread; 1 other is as good", "picked", 0),
        (study_undecided, "Needs about 1 more block", "inconclusive", 3),
        (study_none, "None qualifies", "none-qualifies", 1),
    ],
)
def test_the_headline_says_which_of_the_four_answers_it_is_how_sure_and_the_exit_status(made, label, kind, exit_status):
    run = made()
    page = answer.build(run)
    assert (page.label, page.kind) == (label, kind)
    assert page.sentence == sentence(choice_of(run))
    assert page.reasons == (power(choice_of(run)),)
    assert page.exit_status == view_of(run).exit_status
    assert page.exit_status.startswith(f"Exit status {exit_status}: ")
    assert json.loads(render_json(run))["choice"]["exit_status"] == exit_status


def test_a_run_without_a_trusted_trial_has_the_exit_status_of_the_command_and_not_that_of_an_answer():
    run = study_none()
    distrusted = tuple(
        replace(
            one,
            verdict=Verdict.INVALID,
            levels=tuple(
                replace(level, trials=tuple(replace(trial, verdict=Verdict.INVALID) for trial in level.trials))
                for level in one.levels
            ),
        )
        for one in run.configurations
    )
    nothing = replace(run, configurations=distrusted, other_trials=())
    assert answer.build(nothing).exit_status == "Exit status 4: no trial could be trusted."
    assert json.loads(render_json(nothing))["choice"]["exit_status"] == 4


def test_when_more_blocks_would_hardly_decide_the_headline_says_not_decided():
    undecided = replace(choice_of(study_undecided()), more_blocks=None)
    assert answer.label(undecided) == "Not decided"
    assert answer.label(replace(undecided, more_blocks=2)) == "Needs about 2 more blocks"


def test_without_a_study_there_is_no_choice_anywhere():
    assert choice.build(samples.picked()) is None
    assert "How the pick was made" not in render_html(samples.picked())
    assert "How the pick was made" not in render_markdown(samples.picked())


def test_the_chain_has_every_criterion_in_the_order_in_which_they_decide():
    found = view_of(study_picked()).steps
    assert [step.title for step in found] == [
        "Failures and the objective",
        "p95",
        "Throughput",
        "Capacity",
        "Changes and cost",
    ]
    assert [step.summary for step in found] == [
        "4 of 8 configurations are PASS.",
        "gunicorn-gthread leads: 1 behind, 1 equivalent, 1 left the race before.",
        "gunicorn-gthread leads: 1 equivalent.",
        "gunicorn-gthread leads: 1 behind.",
        "Skipped: there was nothing to choose.",
    ]


@pytest.mark.parametrize("made", [study_picked, study_equivalent, study_undecided, study_none])
def test_no_reason_of_the_choice_is_lost_and_their_order_stays(made):
    run = made()
    told = [reason.sentence for step in view_of(run).steps for reason in step.reasons]
    assert sorted(told) == sorted(reasons(choice_of(run)))
    objective = [one.sentence for one in chain(choice_of(run)) if one.criterion is Criterion.OBJECTIVE]
    assert told[: len(objective)] == objective


def test_each_reason_says_in_a_word_who_was_out_or_ahead():
    first, second, _, fourth, _ = view_of(study_picked()).steps
    assert [(reason.word, reason.tone) for reason in first.reasons] == [("PASS", "good")] + [("FAIL", "bad")] * 4
    assert [reason.word for reason in second.reasons] == ["left the race", "equivalent", "behind"]
    assert [reason.word for reason in fourth.reasons] == ["behind", "found", "found"]


def test_the_cheapest_is_named_and_no_difference_is_claimed():
    view = view_of(study_equivalent())
    assert view.steps[4].summary == "gunicorn-gthread is chosen: least CPU time a request."
    assert [reason.word for reason in view.steps[4].reasons] == ["costs"]
    (row,) = [row for row in view.rivals if row.criterion == "CPU time a request"]
    assert (row.name, row.word, row.p.text) == ("gunicorn-gevent", "named only", "\N{EN DASH}")


def test_a_step_that_was_not_asked_says_why():
    nobody = view_of(study_none()).steps
    assert nobody[0].summary == "0 of 8 configurations are PASS."
    assert {step.summary for step in nobody[1:]} == {"Skipped: no configuration passed."}
    open_p95 = view_of(study_undecided()).steps
    assert {step.summary for step in open_p95[1:]} == {"Skipped: no configuration passed."}
    alone = choice_of(study_picked())
    (first, *others) = alone.ranking
    one_passes = replace(
        alone,
        ranking=(first, *(replace(one, verdict=Verdict.FAIL) for one in others)),
        rivalries=(),
        eliminations=(),
    )
    found = steps.steps(one_passes)
    assert found[0].summary == "1 of 8 configurations is PASS."
    assert {step.summary for step in found[1:]} == {"Skipped: only one passed."}


def test_a_capacity_that_was_not_searched_is_said_not_to_be_measured():
    equal = choice_of(study_equivalent())
    unsearched = replace(
        equal, capacities=(), rivalries=tuple(one for one in equal.rivalries if one.criterion is not Criterion.CAPACITY)
    )
    assert steps.steps(unsearched)[3].summary == "Not measured."


def test_a_capacity_that_is_not_proven_to_be_lower_is_not_said_to_be_as_high():
    run = study_picked()
    found = choice_of(run)
    *others, last = found.rivalries
    alike = replace(found, rivalries=(*others, replace(last, relation=Relation.EQUIVALENT)))
    step = steps.steps(alike)[3]
    row = view_of(replace(run, choice=alike)).rivals[-1]

    assert step.summary == "gunicorn-gthread leads: 1 not told apart."
    assert [reason.word for reason in step.reasons] == ["not told apart", "found", "found"]
    assert "is not proven to be lower" in step.reasons[0].sentence
    assert (row.criterion, row.word) == ("capacity", "not told apart")
    assert json.loads(render_json(replace(run, choice=alike)))["choice"]["rivalries"][-1]["relation"] == "OPEN"


@pytest.mark.parametrize("outcome", [*Relation, *CapacityStatus, *Verdict, LEFT])
def test_every_outcome_has_a_word_and_a_tone(outcome):
    word, tone = steps.word(outcome)
    assert word
    assert tone in {"good", "bad", "unsure", "muted"}


def test_who_left_the_race_is_told_with_when_by_which_rule_and_at_what_load():
    rows = {row.name: row for row in view_of(study_picked()).left}
    assert (rows["uwsgi-2"].when, rows["uwsgi-2"].rule) == ("in block 1", "at once, beyond doubt")
    assert rows["uwsgi-2"].reason.startswith("at 100 tasks/s, 1,605 of 3,000 requests failed (53.5 %)")
    assert (rows["uwsgi-gevent"].when, rows["uwsgi-gevent"].rule) == (
        "at the look after 3 blocks",
        "clearly slower, t test",
    )
    assert len(rows) == 5


def test_a_rival_stands_with_ratio_interval_blocks_p_and_margin():
    row = view_of(study_picked()).rivals[0]
    assert (row.name, row.criterion, row.leader, row.word) == (
        "gunicorn-gevent",
        "p95",
        "gunicorn-gthread",
        "equivalent",
    )
    shown = [plain(cell.text) for cell in (row.ratio, row.interval, row.blocks, row.p, row.margin)]
    assert shown == ["1.024", "0.999-1.040 (97.7 %)", "8", "0.33", "± 5 %"]


def test_a_rival_by_capacity_has_no_ratio_and_says_why():
    row = view_of(study_picked()).rivals[-1]
    assert (row.criterion, row.word, row.ratio.why) == ("capacity", "behind", "compared round by round")


def test_a_rival_without_a_common_block_has_no_ratio_and_says_so():
    run = study_picked()
    first, *_ = choice_of(run).rivalries
    apart = replace(first, paired=None, relation=Relation.OPEN, adjusted_p=1.0)
    (row,) = view_of(replace(run, choice=replace(choice_of(run), rivalries=(apart,)))).rivals
    assert (row.ratio.why, row.p.text, row.word) == ("no block in common", "\N{EN DASH}", "not told apart")


def test_the_noise_is_told_in_words_and_in_figures():
    view = view_of(study_picked())
    assert plain(view.noise).startswith(
        "uwsgi-16 ran twice in a block, under two names. By its p95, the second differed from the first by "
    )
    assert "is found in 80 % of such studies; a smaller one is mostly missed." in plain(view.noise)
    assert [fact.name for fact in view.noise_facts] == [
        "difference of the two names",
        "second name's p95 over the first's",
        "minimum detectable effect",
        "blocks to prove anything",
    ]
    assert "8 blocks" in view.noise_facts[1].value


def test_with_too_few_blocks_the_noise_says_that_nothing_can_be_proven():
    run = study_picked()
    noise = choice_of(run).noise
    assert noise is not None
    view = view_of(replace(run, choice=replace(choice_of(run), noise=replace(noise, detectable=None))))
    assert "With so few blocks the signed-rank test between two configurations can prove no difference" in view.noise
    assert view.noise_facts[2].value == "none"


def test_without_a_control_the_noise_is_said_not_to_be_known():
    run = study_picked()
    view = view_of(replace(run, choice=replace(choice_of(run), noise=None)))
    assert "the noise of this machine was not measured" in view.noise
    assert view.noise_facts == ()


def test_a_capacity_is_told_with_its_unit_interval_and_confirmation():
    (row,) = searched(("uwsgi-16", capacity(CapacityStatus.FOUND)))
    assert (row.estimate.text, plain(row.interval.text), row.confirmed.text) == (
        "317 tasks/s",
        "300-336",
        "305 tasks/s",
    )
    assert (row.trials, row.remark) == ("9", "found")


def test_no_capacity_at_least_and_unconfirmed_are_told_right():
    none, least, unconfirmed = searched(
        ("uwsgi-2", capacity(CapacityStatus.NONE, estimate=None, low=None, high=None, confirmed=None)),
        ("uwsgi-16", capacity(CapacityStatus.AT_LEAST)),
        ("uwsgi-gevent", capacity(CapacityStatus.UNCONFIRMED, confirmed=None)),
    )
    assert (none.estimate.text, none.interval.why) == ("none", "there is no capacity: the lowest load failed")
    assert (none.remark, none.confirmed.text) == ("the lowest load failed", "\N{EN DASH}")
    assert (least.estimate.text, least.interval.why) == ("at least 300 tasks/s", "nothing higher was tried")
    assert least.remark == "no higher load was tried"
    assert (unconfirmed.confirmed.why, unconfirmed.remark) == (
        "no window three times as long passed",
        "no long window passed",
    )


def test_the_unit_of_a_capacity_is_that_of_the_searches_trials_even_when_the_levels_are_another():
    run = study_picked()
    assert capacities.unit_of(run) is LoadUnit.RATE
    in_users = tuple(
        replace(one, trial=_with_users(one.trial)) if one.trial.purpose != "COMPARE" else one
        for one in run.other_trials
    )
    changed = replace(run, other_trials=in_users)
    assert capacities.unit_of(changed) is LoadUnit.USERS
    assert view_of(changed).capacities[0].estimate.text == "603 users"
    assert capacities.unit_of(replace(samples.picked(), choice=choice_of(run))) is LoadUnit.USERS


def _with_users(trial: Trial) -> Trial:
    return replace(trial, users=40, rate_per_s=None)


def test_the_page_shows_the_chain_the_tables_the_noise_and_what_was_not_seen():
    run = study_picked()
    page = render_html(run).replace("&#39;", "'")
    for words in (
        'id="choice">How the pick was made',
        "Who left the race before its end",
        "The rivals, block by block",
        "Capacity at the objective",
        "The noise: one configuration under two names",
        "INVALID trials",
        "docs/how-the-pick-is-made.md",
        *unseen(choice_of(run)),
    ):
        assert words in page


def test_the_legends_explain_only_what_the_charts_show():
    decided, undecided = render_html(study_picked()), render_html(study_undecided())
    assert 'id="choice"' in undecided
    assert "not told apart yet</li>" not in decided
    assert "none: the lowest load failed</li>" not in decided
    assert "not confirmed</li>" not in decided


def test_a_comment_shows_the_chain_the_capacities_the_noise_and_what_was_not_seen():
    text = render_markdown(study_picked()).replace("\N{NO-BREAK SPACE}", " ")
    assert "Exit status 0: there is a configuration to run. How the pick was made:" in text
    assert "2. **p95**: gunicorn-gthread leads: 1 behind, 1 equivalent, 1 left the race before." in text
    assert "- gunicorn-gthread: 603 tasks/s; 95 % interval" in text
    assert "Trials: 7 of 85 trials were INVALID and are in no statistic; 7 trials were run to repeat them." in text
    assert "What this could not have seen:\n\n- Failures rarer than 0.0063 % of requests" in text

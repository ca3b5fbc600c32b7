from dataclasses import replace

from badgateway.model.summary import Verdict
from badgateway.report.sections.answer.section import AnswerSection, build, objective
from tests.report import builders, comparison, samples
from tests.report.choice_sample import both_loops
from tests.report.ladder_sample import long_ladder


def words(sentences):
    return " ".join(sentences).replace("\N{NO-BREAK SPACE}", " ")


def test_the_objective_is_one_sentence_with_all_its_limits():
    sentence = words([objective(comparison.experiment())])
    assert sentence == (
        "at most 0.1 % of the requests fail and 95 % are answered well within 1 s, at 50 and 300 users."
    )


def test_an_objective_without_failures_says_that_none_may_fail():
    strict = builders.OBJECTIVE.model_copy(update={"max_failure_share": 0.0})
    experiment = comparison.experiment().model_copy(update={"objective": strict})
    assert objective(experiment).startswith("no request fails and")


def test_both_kinds_of_load_stand_in_the_objective():
    assert words([objective(both_loops().experiment)]).endswith("at 50 and 300 users and 100 and 317 tasks/s.")
    alone = comparison.experiment().load.model_copy(update={"users": (1,)})
    assert objective(comparison.experiment().model_copy(update={"load": alone})).endswith("at 1 user.")


def measured_with(*values):
    """Return how many CPUs each configuration has as a quota, for the verdict first, as the answer says it."""
    run = samples.picked()
    each = [
        one.model_copy(update={"cpu_limits": values[number % len(values)]})
        for number, one in enumerate(run.experiment.configurations)
    ]
    return build(replace(run, experiment=run.experiment.model_copy(update={"configurations": tuple(each)}))).scope


def test_what_the_verdict_was_measured_in_stands_in_the_answer():
    first = ". A verdict is that with the CPU quota that its configuration names first."
    assert measured_with((0.5, 1.0)).endswith(". Verdicts are those with a CPU quota of 0.5.")
    assert measured_with((0.5,), (0.0,)).endswith(first)
    assert "erdict" not in measured_with((0.0, 0.5))


def test_a_pick_that_fails_at_a_rate_is_not_shown_as_the_answer_to_all():
    run = long_ladder()
    assert run.confirmation is not None
    level = replace(run.confirmation.level, verdict=Verdict.FAIL, reasons=("21,305 of 30,212 requests failed",))
    failing = replace(run.confirmation, level=level)
    found = build(replace(run, confirmation=failing))
    not_sent = build(replace(run, confirmation=replace(failing, is_sent=False)))

    assert build(run).kind == not_sent.kind == "picked"
    assert build(run).label == not_sent.label == "Picked: gunicorn-gthread-pool"
    assert found.kind == "unconfirmed"
    assert found.label == "Picked: gunicorn-gthread-pool; it fails at 19,000 tasks a minute"
    assert 'class="answer unconfirmed"' in AnswerSection().html(replace(run, confirmation=failing))

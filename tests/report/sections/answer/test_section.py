from dataclasses import replace

from badgateway.report.sections.answer.section import build, objective
from tests.report import builders, comparison, samples
from tests.report.choice_sample import both_loops


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
    study = samples.picked()
    each = [
        one.model_copy(update={"cpu_limits": values[number % len(values)]})
        for number, one in enumerate(study.experiment.configurations)
    ]
    return build(replace(study, experiment=study.experiment.model_copy(update={"configurations": tuple(each)}))).scope


def test_what_the_verdict_was_measured_in_stands_in_the_answer():
    assert measured_with((0.5, 1.0)).endswith(". For the verdict with a CPU quota of 0.5.")
    assert measured_with((0.5,), (0.0,)).endswith(". For the verdict each with the CPU quota that it names first.")
    assert "For the verdict" not in measured_with((0.0, 0.5))

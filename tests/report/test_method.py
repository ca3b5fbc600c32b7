from dataclasses import replace

from badgateway.report import method
from tests.report import builders, comparison, samples


def words(sentences):
    return " ".join(sentences).replace("\N{NO-BREAK SPACE}", " ")


def test_the_objective_is_one_sentence_with_all_its_limits():
    sentence = words([method.objective(comparison.experiment())])
    assert sentence == (
        "at most 0.1 % of the requests fail and at least 95 % of the OK requests take at most 1 s, at 50 and 300 users."
    )


def test_an_objective_without_failures_says_that_none_may_fail():
    objective = builders.OBJECTIVE.model_copy(update={"max_failure_share": 0.0})
    experiment = comparison.experiment().model_copy(update={"objective": objective})
    assert method.objective(experiment).startswith("no request fails and")


def test_the_smallest_level_decides_which_failures_could_have_gone_unseen():
    assert "The smallest level here has 2,000 requests: a share below 0.15 % could" in words(
        method.limits(samples.tiny())
    )


def test_without_any_measurement_the_limits_say_so():
    assert method.limits(samples.nothing_measured())[0] == "Nothing was measured."


def test_one_block_is_said_to_leave_room_for_chance_and_several_are_counted():
    study = samples.picked()
    repeated = replace(study, experiment=study.experiment.model_copy(update={"blocks": 5}))
    assert "may be chance" in words(method.measured(study))
    assert "had 5 trials at each level" in words(method.measured(repeated))


def test_the_window_the_warm_up_and_the_seed_are_told():
    told = words(method.measured(samples.picked()))
    assert "warm up for 3 s" in told
    assert "in the 10 s after that" in told
    assert "seed 7" in told

from dataclasses import replace

from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.report import grid
from tests.report import samples
from tests.report.choice_sample import both_loops, study_picked


def test_configurations_come_best_first():
    names = [summary.configuration.name for summary in grid.ranked(samples.picked())]
    assert names[0] == "gunicorn-gthread"
    assert names[-1] == "uwsgi-2"


def test_a_configuration_that_the_ranking_left_out_still_has_its_place():
    run = samples.picked()
    shortened = replace(run, recommendation=replace(run.recommendation, ranking=("uwsgi-16",)))
    names = [summary.configuration.name for summary in grid.ranked(shortened)]
    assert names[:2] == ["uwsgi-16", "uwsgi-2"]
    assert len(names) == 8


def test_a_level_that_was_not_run_differs_from_one_that_was_not_measured():
    gaps = {(result.configuration, result.load.size): result.gap for result in grid.results(samples.interrupted())}
    assert gaps["uwsgi-16", 50] == ""
    assert gaps["uwsgi-16", 300] == "not run"
    assert gaps["uwsgi-2", 300] == "not measured"


def test_levels_come_as_declared_and_none_that_was_measured_is_lost():
    run = samples.picked()
    load = run.experiment.load.model_copy(update={"users": (300,)})
    narrowed = replace(run, experiment=run.experiment.model_copy(update={"load": load}))
    assert [level.size for level in grid.levels(run)] == [50, 300]
    assert [level.size for level in grid.levels(narrowed)] == [300, 50]


def test_a_level_that_the_summary_leaves_out_was_not_run():
    run = samples.picked()
    shortened = replace(run.configurations[0], levels=run.configurations[0].levels[:1])
    (first, second) = grid.row(shortened, grid.levels(run))
    assert (first.gap, second.gap) == ("", "not run")
    assert second.measurement is None


def test_the_heading_of_a_column_tells_what_stands_in_it():
    assert grid.heading(samples.picked()) == "users"
    assert grid.heading(study_picked()) == "load"
    assert grid.heading(both_loops()) == "users, or rate"


def test_a_higher_rate_is_more_load():
    assert max(LoadLevel(300, LoadUnit.USERS), LoadLevel(10.0, LoadUnit.RATE), key=lambda level: level.order).is_open


def test_trials_come_in_the_order_of_running_wherever_they_belong():
    positions = [one.trial.position for one in grid.every_trial(study_picked())]
    assert positions == list(range(1, 86))

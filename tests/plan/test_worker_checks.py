"""What a run does besides its trials."""

import pytest

from badgateway.model.places import Line, Place, Places
from badgateway.plan.schedule import schedule
from badgateway.plan.worker_checks import REQUESTS, lone_workers, plan_worker_checks, roomy, worker_checks_s
from tests.declared import experiment

THREADED = {"name": "fourth", "server": "servers/uwsgi.ini", "driver": "pymysql", "workers": 9, "threads": 6}


def test_every_server_file_gets_every_driver_and_one_worker():
    declared = experiment()
    found = list(lone_workers(experiment(configurations=[*map(dict, declared.configurations), THREADED])))

    assert [(str(lone.server), lone.driver, lone.workers) for lone in found] == [
        ("servers/uwsgi.ini", "mysqlclient", 1),
        ("servers/uwsgi.ini", "pymysql", 1),
        ("servers/gunicorn_gevent.py", "mysqlclient", 1),
        ("servers/gunicorn_gevent.py", "pymysql", 1),
    ]
    assert {lone.threads for lone in found[:2]} == {6}
    assert len({lone.name for lone in found}) == 4


def test_the_queue_has_room_for_all_requests():
    tight = experiment(configurations=[THREADED | {"listen": 1}])

    assert all(lone.listen >= REQUESTS for lone in lone_workers(tight))


def test_the_kernel_of_a_place_has_room_for_all_requests_too():
    places = Places(proxy=Place(somaxconn=4, round_trip_ms=1), target=Place(somaxconn=15), load=Place(somaxconn=16))

    assert roomy(places) == Places(proxy=Place(round_trip_ms=1), target=Place(), load=Place(somaxconn=16))
    assert roomy(Places(database=Line(loss=0.1))) == Places(database=Line(loss=0.1))


def test_only_declared_pairs_are_proven_each_once():
    twice = [*map(dict, experiment().configurations), {**dict(experiment().configurations[0]), "name": "again"}]
    plan = plan_worker_checks(experiment(configurations=twice))

    assert [(str(lone.server), lone.driver, lone.workers) for lone in plan.pairs] == [
        ("servers/uwsgi.ini", "mysqlclient", 1),
        ("servers/gunicorn_gevent.py", "pymysql", 1),
        ("servers/gunicorn_gevent.py", "mysqlclient", 1),
    ]


def test_configurations_on_gevent_are_watched_at_the_highest_level_with_the_requests_of_their_trials():
    declared = experiment()
    plan = plan_worker_checks(declared)

    assert [(trial.configuration, trial.users) for trial in plan.trials] == [("second", 50), ("third", 50)]
    assert len({trial.id for trial in plan.trials}) == 2
    assert {trial.seed for trial in plan.trials} == {trial.seed for trial in schedule(declared) if trial.users == 50}


@pytest.mark.parametrize(("declared_s", "planned_s"), [(10, 5), (2, 2)])
def test_the_window_of_a_watched_trial_is_short(declared_s, planned_s):
    load = {"locustfile": "experiments/load.py", "users": [5], "window_s": declared_s}

    assert plan_worker_checks(experiment(load=load)).load.window_s == planned_s


def test_a_configuration_that_need_not_answer_has_no_loop_to_watch_but_is_proven():
    trap = {"name": "trap", "server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2}
    found = plan_worker_checks(experiment(configurations=[THREADED, trap | {"must_answer": False}]))

    assert (len(found.pairs), found.trials) == (2, ())


def test_pairs_that_several_configurations_share_are_watched_once():
    configuration = {"server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2}
    found = plan_worker_checks(experiment(configurations=[configuration | {"name": name} for name in ("a", "b")]))

    assert [trial.configuration for trial in found.trials] == ["a"]


def test_the_expected_time_grows_with_what_there_is_to_do():
    threaded = experiment(
        configurations=[{**dict(one), "worker_model": "threads"} for one in experiment().configurations]
    )
    with_greenlets, without = plan_worker_checks(experiment()), plan_worker_checks(threaded)

    assert 0 < worker_checks_s(without, experiment()) < worker_checks_s(with_greenlets, experiment())


def test_a_lone_worker_has_nothing_of_what_else_a_configuration_changes():
    first = {**THREADED, "name": "first", "pool": 8, "conn_max_age_s": 60, "max_requests": 5, "transport": "tcp"}
    changed = first | {"front_door": "load-balancer", "environment": {"APP_SLOW_MS": "9"}, "least_workers": 4}
    changed |= {"instances": 3, "cores": 1}
    (lone,) = lone_workers(experiment(configurations=[changed]))

    assert (lone.pool, lone.conn_max_age_s, lone.max_requests, lone.least_workers) == (0, 0, 0, 0)
    assert (lone.instances, lone.cores) == (1, 0)
    assert (lone.transport, lone.front_door, lone.environment) == ("unix", "nginx", {})


def test_the_plainest_of_a_pair_is_watched_not_the_first():
    gevent = {"server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2}
    ladder = [{"name": "recycled", "max_requests": 500, **gevent}, {"name": "plain", **gevent}]

    (watched,) = plan_worker_checks(experiment(configurations=ladder)).trials

    assert watched.configuration == "plain"


def test_loops_are_watched_at_the_highest_rate_where_there_are_no_users():
    load = {"locustfile": "experiments/load.py", "rates_per_s": [5, 20]}
    (watched, *_) = plan_worker_checks(experiment(load=load, study={})).trials

    assert (watched.users, watched.rate_per_s) == (0, 20)

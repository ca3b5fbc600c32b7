"""What a declaration knows and refuses by itself; how a file's faults are told is tested with the plan."""

import pytest
from pydantic import ValidationError

from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.experiment import Load
from tests.declared import declared, experiment


def configuration(server: str) -> Configuration:
    return Configuration.model_validate({"name": "one", "server": server, "driver": "pymysql", "workers": 1})


@pytest.mark.parametrize("server", ["/etc/uwsgi.ini", "../uwsgi.ini"])
def test_a_server_file_from_elsewhere_is_refused(server):
    with pytest.raises(ValidationError, match="inside the project"):
        configuration(server)


def test_the_default_timeouts_are_in_their_order():
    timeouts = Timeouts()

    assert timeouts.app_s < timeouts.proxy_read_s < timeouts.client_s


@pytest.mark.parametrize(("app_s", "proxy_read_s", "client_s"), [(5, 5, 10), (4, 10, 10), (9, 5, 10), (4, 12, 10)])
def test_timeouts_that_would_rename_failures_are_refused_with_their_values(app_s, proxy_read_s, client_s):
    with pytest.raises(ValidationError, match=rf"app_s \({app_s}\) must be below proxy_read_s \({proxy_read_s}\)"):
        Timeouts(app_s=app_s, proxy_read_s=proxy_read_s, client_s=client_s)


def test_in_any_order_the_server_may_wait_as_long_as_the_proxy_or_longer_but_the_client_waits_longest():
    assert Timeouts(app_s=3, proxy_read_s=3, client_s=9, any_order=True).app_s == 3
    assert Timeouts(app_s=20, proxy_read_s=3, client_s=9, any_order=True).app_s == 20
    with pytest.raises(ValidationError, match=r"proxy_read_s \(9\) must be below client_s \(9\), in any_order too"):
        Timeouts(app_s=3, proxy_read_s=9, client_s=9, any_order=True)


def load(**given: object) -> Load:
    return Load.model_validate({"locustfile": "experiments/load.py", **given})


def test_a_load_has_users_or_rates_or_both():
    assert load(users=[5]).rates_per_s == ()
    assert load(rates_per_s=[12.5]).users == ()
    assert (load(users=[5], rates_per_s=[1]).users, load(users=[5], rates_per_s=[1]).rates_per_s) == ((5,), (1,))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "name at least one load level, in users"),
        ({"users": [], "rates_per_s": []}, "name at least one load level"),
        ({"rates_per_s": [5, 5]}, "rates_per_s .* a level is listed twice"),
        ({"rates_per_s": [0]}, "greater than 0"),
        ({"users": [*range(1, 5000)]}, "4,999 load levels, and 20 are allowed, .* list fewer"),
        ({"users": [*range(1, 12)], "rates_per_s": [*range(1, 11)]}, "21 load levels, and 20 are allowed"),
        ({"rates_per_s": [5], "arrivals": "bursts"}, "'poisson' or 'constant'"),
        ({"rates_per_s": [5], "max_in_flight": 0}, "max_in_flight"),
    ],
)
def test_a_load_without_levels_or_with_one_that_is_none_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        load(**given)


def test_a_configuration_is_found_by_its_name():
    assert experiment().configuration("second").name == "second"

    with pytest.raises(KeyError):
        experiment().configuration("fourth")


def test_a_declaration_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        experiment().configuration("second").workers = 3  # type: ignore[misc]


def test_a_configuration_may_have_time_limits_of_its_own():
    own = {"app_s": 1, "proxy_connect_s": 1, "proxy_read_s": 2, "client_s": 3}
    first, second, _ = declared()["configurations"]
    one = experiment(configurations=[first | {"timeouts": own}, second])

    assert one.timeouts_of(one.configuration("first")).app_s == 1
    assert one.timeouts_of(one.configuration("second")) == one.timeouts


def test_a_distance_that_is_listed_twice_is_refused():
    first, *_ = declared()["configurations"]
    with pytest.raises(ValidationError, match="a distance is listed twice"):
        experiment(configurations=[first | {"database_distances_ms": [1, 1.0]}])


def test_a_variant_of_configurations_that_do_not_exist_is_refused():
    with pytest.raises(ValidationError, match="variant quick: only: no configuration fourth"):
        experiment(variants={"quick": {"only": ["first", "fourth"]}})


def test_a_load_balancer_cannot_speak_http_1_0_to_the_server():
    first, *_ = declared()["configurations"]
    with pytest.raises(ValidationError, match=r"a load-balancer keeps its connections to the server, which takes 1\.1"):
        experiment(configurations=[first | {"front_door": "load-balancer", "proxy_http": "1.0"}])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"study": {}, "blocks": 3}, "nor blocks of its own; see study.blocks"),
        ({"study": {}, "confirmation": {"rate_per_s": 5}}, r"has neither \[confirmation\]"),
        (
            {"study": {}, "load": {"locustfile": "experiments/load.py", "users": [5], "rates_per_s": [5]}},
            "load levels of one kind",
        ),
        ({"study": {"looks": [5, 3]}}, "must ascend"),
        ({"study": {"capacity": {"lowest": 50, "highest": 50}}}, "must be below highest"),
        ({"study": {"capacity": {"lowest": 1.5, "highest": 50}}}, "whole numbers of users"),
    ],
)
def test_a_study_that_could_not_be_run_is_refused(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        experiment(**changes)


def test_a_study_races_candidates_only():
    trap = declared()["configurations"][-1] | {"candidate": False}
    with pytest.raises(ValidationError, match="races candidates only"):
        experiment(study={}, configurations=[*declared()["configurations"][:-1], trap])


def test_the_name_that_a_setting_had_in_an_earlier_version_is_read():
    first, *_ = declared()["configurations"]

    assert experiment(configurations=[first | {"reload_mercy_s": 7}]).configurations[0].graceful_stop_s == 7

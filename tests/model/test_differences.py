import pytest

from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.differences import differences

USUAL = Timeouts(app_s=4, proxy_connect_s=3, proxy_read_s=5, client_s=10)


def configuration(**changes):
    given = {"name": "one", "server": "servers/uwsgi.ini", "driver": "mysqlclient", "workers": 2}
    return Configuration.model_validate(given | changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"listen": 100}, "listen (100 instead of 1,024)"),
        ({"transport": "tcp"}, "transport (tcp instead of unix)"),
        ({"front_door": "load-balancer"}, "front_door (load-balancer instead of nginx)"),
        ({"preload": False}, "preload (off instead of on)"),
        ({"max_requests": 150}, "max_requests (150 instead of 0)"),
        ({"pool": 8}, "pool (8 instead of 0)"),
        ({"database_tls": True}, "database_tls (on instead of off)"),
        ({"background": ("python", "my job.py")}, "background (python 'my job.py' instead of not set)"),
        ({"environment": {"APP_SLOW_MS": "1500"}}, "APP_SLOW_MS (1500 instead of not set)"),
    ],
)
def test_a_changed_setting_is_told_with_its_old_value(change, said):
    assert differences(configuration(), configuration(**change), USUAL) == (said,)


def test_a_command_and_a_server_file_are_what_it_is_started_with():
    today = configuration(command="gunicorn shop.wsgi")

    assert differences(today, configuration(), USUAL) == (
        f"server ({configuration().server} instead of gunicorn shop.wsgi)",
    )


def test_of_its_own_time_limits_only_those_count_that_differ_from_the_experiments():
    own = {"app_s": 1, "proxy_connect_s": 3, "proxy_read_s": 5, "client_s": 10}
    assert differences(configuration(), configuration(timeouts=own), USUAL) == ("app_s (1 instead of 4)",)


@pytest.mark.parametrize(
    "change",
    [{"name": "two"}, {"note": "why"}, {"step": "First"}, {"against": "x"}, {"database_distances_ms": [0, 5]}],
)
def test_what_only_tells_or_measures_a_configuration_is_no_difference(change):
    assert differences(configuration(), configuration(**change), USUAL) == ()


def test_leave_for_limits_in_any_order_is_no_difference_of_its_own():
    own = {"app_s": 5, "proxy_connect_s": 3, "proxy_read_s": 5, "client_s": 10, "any_order": True}
    assert differences(configuration(), configuration(timeouts=own), USUAL) == ("app_s (5 instead of 4)",)

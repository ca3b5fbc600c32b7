from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from badgateway.errors import DeploymentError
from badgateway.model.declared import OF_DATABASE, SET_BY_A_RUN, Variable
from badgateway.plan.overrides import EACH_TASK_ONCE
from badgateway.servers.registry import servers
from tests.stack.sites import configuration, site


def test_the_server_file_gets_every_parameter_from_the_environment(monkeypatch):
    monkeypatch.setenv("PATH", "/bin")

    environment = site().environment(configuration("servers/uwsgi.ini"), bind="here")

    assert {name: value for name, value in environment.items() if name != "PATH"} == {
        "HOME": "/tmp/t/raw/written/run",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
        "DB_PASSWORD": "hush",
        "APP_MEMBERS": "10",
        "WEB_BIND": "here",
        "PYTHONPATH": "/tmp/t/snapshot/.badgateway",
        "JOURNAL_WSGI": "school_site.wsgi:application",
        "JOURNAL_FILE": "/tmp/t/raw/written/app-journal.csv",
        "WEB_WSGI": "badgateway_journal:application",
        "WEB_WORKERS": "3",
        "WEB_LEAST_WORKERS": "0",
        "WEB_THREADS": "5",
        "WEB_GREENLETS": "7",
        "WEB_LISTEN": "11",
        "WEB_TIMEOUT_S": "4",
        "WEB_KEEPALIVE_S": "75",
        "WEB_LAZY": "0",
        "WEB_MAX_REQUESTS": "0",
        "WEB_MAX_REQUESTS_DELTA": "0",
        "WEB_LEAST_LIFETIME_S": "10",
        "WEB_GRACEFUL_STOP_S": "60",
        "WEB_RELOAD_MERCY_S": "60",
    }


def is_allowed(name):
    try:
        TypeAdapter(Variable).validate_python(name)
    except ValidationError:
        return False
    return True


def names_set_by_a_run():
    one = configuration("servers/uwsgi.ini")
    every = dict(site(watch_loop=True, variables={EACH_TASK_ONCE: "1"}).environment(one, bind="here"))
    for server in servers():
        every |= server.start(one, site()).environment
    prefixes = tuple(f"{server.name.upper()}_" for server in servers())
    return {name for name in every if not name.startswith(prefixes)} - {EACH_TASK_ONCE}


def test_the_names_that_a_run_sets_are_its_own_and_no_others():
    found = names_set_by_a_run()

    assert [name for name in found if is_allowed(name)] == []
    unused = set(SET_BY_A_RUN) - found - set(OF_DATABASE)
    assert unused == set()


@pytest.mark.parametrize(
    "name", ["WEB_CONCURRENCY", "WEB_URL", "PYTHONHASHSEED", "PYTHON_ENV", "LD_LIBRARY_PATH", "DB_URL"]
)
def test_a_sites_own_variables_may_begin_as_those_of_a_run_do(name):
    assert is_allowed(name)


def test_what_recycles_workers_reaches_the_server_file():
    changed = configuration(
        "servers/uwsgi.ini",
        preload=False,
        max_requests=150,
        max_requests_delta=40,
        least_lifetime_s=1,
        graceful_stop_s=2,
        keepalive_s=3,
    )
    environment = site().environment(changed, bind="here")

    names = ("LAZY", "MAX_REQUESTS", "MAX_REQUESTS_DELTA", "LEAST_LIFETIME_S", "GRACEFUL_STOP_S", "KEEPALIVE_S")
    assert [environment[f"WEB_{name}"] for name in names] == ["1", "150", "40", "1", "2", "3"]


def test_a_site_listens_on_its_socket_or_on_a_port():
    assert (site().listener, site().address) == (
        Path("/tmp/t/raw/written/run/web.sock"),
        "/tmp/t/raw/written/run/web.sock",
    )
    assert (site(port=9001).listener, site(port=9001).address) == (9001, "127.0.0.1:9001")


def test_what_a_site_reaches_is_told_in_a_check_alone():
    one = configuration("servers/uwsgi.ini")
    of_check = site(variables={EACH_TASK_ONCE: "1"}, own_ports=(3306, 6380)).environment(one, bind="here")

    assert (of_check["JOURNAL_REACHES"], of_check["JOURNAL_OWN_PORTS"]) == ("1", "3306,6380")
    assert "JOURNAL_REACHES" not in site(own_ports=(3306,)).environment(one, bind="here")


def test_the_event_loop_is_watched_only_when_asked_for():
    watching = site(watch_loop=True).environment(configuration("servers/uwsgi.ini"), bind="here")

    assert watching["JOURNAL_LOOP"] == "1"


def test_a_socket_path_that_cannot_be_bound_is_refused_before_anything_starts():
    with pytest.raises(DeploymentError, match="its path has 119 bytes, more than 100") as refusal:
        site(written=Path("/tmp/" + "x" * 101))

    assert "\n" not in str(refusal.value)


def test_the_password_is_not_printed_with_the_site():
    assert "hush" not in repr(site())


def test_the_journal_is_told_whether_the_application_is_wsgi_or_asgi():
    one = configuration("servers/uwsgi.ini")
    wsgi = site().environment(one, bind="x")
    asgi = site(is_asgi=True, application_name="school_site.asgi:application").environment(one, bind="x")

    assert (wsgi["JOURNAL_WSGI"], asgi["JOURNAL_ASGI"]) == (
        "school_site.wsgi:application",
        "school_site.asgi:application",
    )
    assert "JOURNAL_ASGI" not in wsgi
    assert "JOURNAL_WSGI" not in asgi


def test_a_further_server_has_sockets_of_its_own_and_shares_the_rest():
    first, second = site(), site(number=2)

    assert (second.socket.name, second.statistics_socket.name) == ("web-2.sock", "stats-2.sock")
    assert (first.socket.name, first.statistics_socket.name) == ("web.sock", "stats.sock")
    assert (second.journal_file, second.run) == (first.journal_file, first.run)

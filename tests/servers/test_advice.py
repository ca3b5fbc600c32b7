"""What a remedy is for a site that has only one of the servers."""

from dataclasses import replace

import pytest

from badgateway.causes.catalogue import BY_ID, CAUSES
from badgateway.model.diagnosis import Remedy
from badgateway.model.knob import Knob, WorkerModel
from badgateway.servers.advice import FRONTS, advice_for, any_server, first_knob
from badgateway.servers.registry import servers
from tests.report.explanation.samples import cause

UWSGI, GUNICORN = {"uwsgi": ()}, {"gunicorn": ()}
QUEUE = Remedy(text="Make it longer.", knobs=(Knob.ACCEPT_QUEUE,))
PAUSE = Remedy(text="Make it shorter.", knobs=(Knob.RESPAWN_PAUSE,))
USR2 = Remedy(text="Start it anew.", knobs=(Knob.SECOND_MASTER,))
NGINX = Remedy(text="Wait longer.", settings={"nginx": "proxy_read_timeout"})
LOOK = Remedy(text="Look.")


def remedied(*remedies):
    return replace(cause(), remedies=remedies)


def settings(remedy, uses):
    return [dict(advice.settings) for advice in advice_for(remedied(remedy), uses)]


@pytest.mark.parametrize(
    ("remedy", "uses", "said"),
    [
        (QUEUE, UWSGI, {"uWSGI": "listen"}),
        (QUEUE, GUNICORN, {"Gunicorn": "backlog"}),
        (QUEUE, {"granian": ()}, {"Granian": "GRANIAN_BACKLOG"}),
        (QUEUE, {**GUNICORN, **UWSGI}, {"uWSGI": "listen", "Gunicorn": "backlog"}),
        (replace(QUEUE, settings={"sysctl": "a"}), UWSGI, {"sysctl": "a", "uWSGI": "listen"}),
        (replace(PAUSE, settings={"sysctl": "a"}), GUNICORN, {"sysctl": "a"}),
        (NGINX, GUNICORN, {"nginx": "proxy_read_timeout"}),
        (LOOK, GUNICORN, {}),
    ],
)
def test_a_remedy_is_spelled_as_the_servers_in_use_spell_it(remedy, uses, said):
    assert settings(remedy, uses) == [said]


@pytest.mark.parametrize(
    ("knob", "server", "models", "setting"),
    [
        (Knob.AT_A_TIME, "uwsgi", (), "processes, threads"),
        (Knob.AT_A_TIME, "uwsgi", (WorkerModel.GREENLETS,), "processes, gevent"),
        (Knob.AT_A_TIME, "gunicorn", (WorkerModel.ONE_REQUEST,), "workers, threads"),
        (Knob.AT_A_TIME, "gunicorn", (WorkerModel.GREENLETS,), "workers, worker_connections"),
        (Knob.AT_A_TIME, "gunicorn", (WorkerModel.EVENT_LOOP,), "workers"),
        (Knob.AT_A_TIME, "uvicorn", (), "UVICORN_WORKERS"),
        (Knob.TIME_LIMIT, "gunicorn", (WorkerModel.ONE_REQUEST,), "timeout"),
        (Knob.ACCEPT_QUEUE, "gunicorn", (WorkerModel.EVENT_LOOP,), "backlog (worker class asgi: always 100)"),
        (
            Knob.AT_A_TIME,
            "gunicorn",
            (WorkerModel.THREADS, WorkerModel.GREENLETS),
            "workers, worker_connections or workers, threads",
        ),
    ],
)
def test_a_worker_model_has_its_own_settings(knob, server, models, setting):
    (said,) = settings(Remedy(text="Turn it.", knobs=(knob,)), {server: models})

    assert list(said.values()) == [setting]


def test_a_setting_that_a_worker_model_does_not_have_is_no_advice():
    limit = Remedy(text="End it.", knobs=(Knob.TIME_LIMIT,))

    assert [advice.text for advice in advice_for(remedied(limit, LOOK), {"gunicorn": {WorkerModel.THREADS}})] == [
        "Look."
    ]


def test_a_remedy_of_another_server_alone_is_no_advice_as_long_as_there_is_any():
    assert [advice.text for advice in advice_for(remedied(PAUSE, LOOK, USR2), GUNICORN)] == ["Look.", "Start it anew."]
    assert settings(PAUSE, GUNICORN) == [{"uWSGI": "forkbomb-delay"}]


def test_what_stands_before_the_server_has_its_own_settings_alone():
    both = Remedy(text="Wait longer.", settings={"nginx, for a location": "a", "ALB, Classic ELB": "b", "sysctl": "c"})

    assert [dict(advice.settings) for advice in advice_for(remedied(both), GUNICORN, {"ALB"})] == [
        {"ALB, Classic ELB": "b", "sysctl": "c"}
    ]
    assert [advice.text for advice in advice_for(remedied(NGINX, LOOK), GUNICORN, {"Traefik"})] == ["Look."]
    assert [advice.text for advice in advice_for(remedied(NGINX), GUNICORN, {"Traefik"})] == ["Wait longer."]


@pytest.mark.parametrize("front", FRONTS)
def test_there_is_something_to_do_about_every_cause_behind_every_proxy(front):
    assert all(advice_for(known, any_server(), {front}) for known in CAUSES)


def test_a_cause_of_one_server_is_mended_there_whatever_else_is_in_use():
    of_uwsgi = replace(remedied(QUEUE), servers=("uwsgi",))

    assert first_knob(of_uwsgi, any_server()) == "uWSGI: listen"
    assert first_knob(of_uwsgi, GUNICORN) == "uWSGI: listen"


def test_the_first_knob_is_one_of_the_server_and_none_is_said_so():
    assert first_knob(remedied(LOOK, PAUSE, USR2), GUNICORN) == "Gunicorn: USR2 instead of HUP"
    assert first_knob(remedied(LOOK), GUNICORN) == ""


def test_what_one_remedy_changes_is_one_line():
    both = Remedy(text="Do it.", knobs=(Knob.AT_A_TIME, Knob.TIME_LIMIT), settings={"nginx": "a, b"})

    assert first_knob(remedied(both), {**UWSGI, **GUNICORN}) == (
        "nginx: a, b; uWSGI: processes, threads, harakiri; Gunicorn: workers, threads, timeout"
    )


def test_every_knob_is_one_of_a_server():
    spelled = {
        knob
        for knob in Knob
        for server in servers()
        for model in (None, *WorkerModel)
        if server.spelled((knob,), model)
    }

    assert spelled == set(Knob)


def test_whatever_the_cause_and_the_server_there_is_advice():
    each = [(known, server.name) for known in CAUSES for server in servers()]

    assert [(known.id, server) for known, server in each if not advice_for(known, {server: ()})] == []


def test_a_cause_is_about_servers_that_there_are():
    assert {server for known in CAUSES for server in known.servers} <= {server.name for server in servers()}


def test_a_remedy_for_another_worker_model_is_left_out():
    greenlets = Remedy(text="Patch.", worker_models=(WorkerModel.GREENLETS,))
    for models, said in (
        ((WorkerModel.EVENT_LOOP,), ["Look."]),
        ((WorkerModel.GREENLETS,), ["Patch.", "Look."]),
        ((), ["Patch.", "Look."]),
    ):
        advice = advice_for(remedied(greenlets, LOOK), {"gunicorn": models})
        assert [each.text for each in advice] == said


@pytest.mark.parametrize(
    ("uses", "first"),
    [
        ({"uwsgi": (WorkerModel.GREENLETS,)}, "sysctl"),
        ({"gunicorn": (WorkerModel.ONE_REQUEST,)}, "sysctl"),
        ({"gunicorn": (WorkerModel.THREADS,)}, "nginx"),
        ({"uvicorn": (WorkerModel.EVENT_LOOP,)}, "nginx"),
        ({"granian": ()}, "nginx"),
        ({"uwsgi": (), "gunicorn": (WorkerModel.GREENLETS,)}, "nginx"),
    ],
)
def test_to_keep_connections_helps_before_servers_that_keep_them(uses, first):
    advice = advice_for(BY_ID["ephemeral-ports-exhausted"], uses)

    assert next(iter(advice[0].settings)) == first
    assert any("net.ipv4.ip_local_port_range" in each.knob for each in advice)
    assert any("unix:" in each.knob for each in advice)

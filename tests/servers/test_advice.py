"""What a remedy is for a site that has only one of the servers."""

from dataclasses import replace

import pytest

from badgateway.causes.catalogue import CAUSES
from badgateway.model.diagnosis import Remedy
from badgateway.servers.advice import first_knob, for_servers, remedies_for
from badgateway.servers.registry import servers
from tests.report.explanation.samples import cause

UWSGI, GUNICORN = "uwsgi", "gunicorn"


@pytest.mark.parametrize(
    ("knob", "kinds", "left"),
    [
        ("uWSGI: listen; Gunicorn: backlog", {UWSGI}, "uWSGI: listen"),
        ("uWSGI: listen; Gunicorn: backlog", {GUNICORN}, "Gunicorn: backlog"),
        ("uWSGI: listen; Gunicorn: backlog", {UWSGI, GUNICORN}, "uWSGI: listen; Gunicorn: backlog"),
        ("Gunicorn: a; uWSGI (2.0.29 and later): b", {GUNICORN}, "Gunicorn: a"),
        ("nginx: a; Gunicorn without nginx: b", {UWSGI}, "nginx: a"),
        ("nginx: uwsgi_read_timeout", {GUNICORN}, "nginx: uwsgi_read_timeout"),
        ("", {UWSGI}, ""),
    ],
)
def test_a_remedy_keeps_the_knobs_that_turn_something_here(knob, kinds, left):
    assert for_servers(Remedy(text="Do it.", knob=knob), kinds) == Remedy(text="Do it.", knob=left)


def remedied(*knobs):
    return replace(cause(), remedies=tuple(Remedy(text=f"Turn {knob}.", knob=knob) for knob in knobs))


def test_a_remedy_of_another_server_alone_is_no_advice_as_long_as_there_is_any():
    both = remedied("uWSGI: early", "", "Gunicorn: late")

    assert [remedy.knob for remedy in remedies_for(both, {GUNICORN})] == ["", "Gunicorn: late"]
    assert remedies_for(remedied("uWSGI: early"), {GUNICORN}) == remedied("uWSGI: early").remedies


def test_the_first_knob_is_one_of_the_server_and_none_is_said_so():
    assert first_knob(remedied("", "uWSGI: early", "Gunicorn: late"), {GUNICORN}) == "Gunicorn: late"
    assert first_knob(remedied(""), {GUNICORN}) == ""


@pytest.mark.parametrize("server", [server.name for server in servers()])
@pytest.mark.parametrize("known", CAUSES, ids=lambda known: known.id)
def test_whatever_the_cause_and_the_server_there_is_advice(known, server):
    assert remedies_for(known, {server})

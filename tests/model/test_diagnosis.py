"""What a remedy is for a site that has only one of the servers."""

from dataclasses import replace

import pytest

from badgateway.causes.catalogue import CAUSES
from badgateway.model.diagnosis import Remedy
from badgateway.model.server_kind import ServerKind
from tests.report.explanation.samples import cause

UWSGI, GUNICORN = ServerKind.UWSGI, ServerKind.GUNICORN


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
    assert Remedy(text="Do it.", knob=knob).for_servers(kinds) == Remedy(text="Do it.", knob=left)


def remedied(*knobs):
    return replace(cause(), remedies=tuple(Remedy(text=f"Turn {knob}.", knob=knob) for knob in knobs))


def test_a_remedy_of_another_server_alone_is_no_advice_as_long_as_there_is_any():
    both = remedied("uWSGI: early", "", "Gunicorn: late")

    assert [remedy.knob for remedy in both.remedies_for({GUNICORN})] == ["", "Gunicorn: late"]
    assert remedied("uWSGI: early").remedies_for({GUNICORN}) == remedied("uWSGI: early").remedies


def test_the_first_knob_is_one_of_the_server_and_none_is_said_so():
    assert remedied("", "uWSGI: early", "Gunicorn: late").first_knob({GUNICORN}) == "Gunicorn: late"
    assert remedied("").first_knob({GUNICORN}) == ""


@pytest.mark.parametrize("kind", list(ServerKind))
@pytest.mark.parametrize("known", CAUSES, ids=lambda known: known.id)
def test_whatever_the_cause_and_the_server_there_is_advice(known, kind):
    assert known.remedies_for({kind})

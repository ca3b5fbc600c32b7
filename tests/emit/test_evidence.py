"""A value is said to be chosen by a measurement only where the run has another one, and nothing else differs."""

import json

import pytest

from badgateway.emit.evidence import Basis, evidence, said, shown
from tests.emit.subjects import chosen, report


def test_what_another_configuration_has_alone_is_told_with_both_measurements():
    found = evidence(chosen("uwsgi-16", "servers"), "workers")
    of = {one["name"]: one for one in json.loads(report("servers"))["configurations"]}
    here, failures = (of[name]["levels"][-1]["failures"] for name in ("uwsgi-16", "uwsgi-2-listen"))

    assert found.basis is Basis.ALONE
    assert found.text.startswith(f"Measured: here {here['count']} of {here['total']:,} requests failed")
    assert (
        f"With 2 and all else equal (uwsgi-2-listen): FAIL, {failures['count']} of {failures['total']:,}" in found.text
    )


def test_what_differs_in_more_proves_nothing_of_one_setting():
    found = evidence(chosen("uwsgi-16", "servers"), "listen")

    assert found.basis is Basis.WITH_OTHERS
    assert found.text == "Not compared alone: uwsgi-2 has 100, and differs in workers too: FAIL."


def test_a_value_that_all_have_is_not_called_measured():
    found = evidence(chosen("uwsgi-16", "servers"), "threads")

    assert found.basis is Basis.ONE_VALUE
    assert found.text == "Not compared: all 3 configurations of the run with this server file have it."


def test_what_no_worker_of_these_uses_makes_no_difference():
    of = json.loads(report("servers"))["configurations"]
    for one in of:
        if one["name"] == "uwsgi-2-listen":
            one["settings"]["greenlets"] = 7

    assert evidence(chosen("uwsgi-16", "servers", configurations=of), "workers").basis is Basis.ALONE


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("keepalive_s", "the front door opened a connection for every request"),
        ("graceful_stop_s", "no worker was replaced"),
        ("app_s", "no request came near the limit, the slowest took"),
    ],
)
def test_a_value_that_had_no_effect_is_said_to_be_untested(field, why):
    assert f"Not tested: {why}" in evidence(chosen("gunicorn-gthread", "servers"), field).text


def test_a_value_that_had_an_effect_is_not_said_to_be_untested():
    balanced = chosen("gunicorn-gthread-balanced")

    assert evidence(balanced, "keepalive_s").untested == ""
    assert evidence(chosen("uwsgi-12-recycled"), "max_requests").untested == ""
    assert evidence(chosen("uwsgi-2", "servers"), "app_s").untested == ""


def test_a_time_limit_is_compared_by_itself():
    found = evidence(chosen("annotated", "export"), "proxy_read_s")

    assert "timeouts-raised has 600 s" in found.text
    assert "time limits" not in found.text


def test_nothing_measured_is_never_a_number():
    assert said(None) == "nothing valid was measured"
    values: list[object] = [True, False, {}, 1024]
    assert [shown(value) for value in values] == ["on", "off", "none", "1,024"]

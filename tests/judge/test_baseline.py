from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.baseline import baseline_of
from badgateway.model.diagnosis import Certainty
from badgateway.model.differences import differences
from badgateway.model.experiment import Experiment
from badgateway.model.summary import ConfigurationSummary, Verdict
from badgateway.words.baseline import about_baseline
from tests.declared import declared
from tests.judge.causes_of import FULL, RETRIED, SLOW, diagnosis, found, level

FAMILY = Certainty.FAMILY
UWSGI = {"server": "servers/uwsgi.ini", "driver": "mysqlclient", "workers": 2, "listen": 100}
BASE = level("base", 960, 8826, diagnosis(found(FULL, 8826), requests=9786))
FREE = level("other", 953, 0, diagnosis(requests=953))


def reasons(base=BASE, other=FREE, *, change=None, third=None):
    """Return what is said about the baseline, when the other one differs from it by `change`."""
    configurations = [{"name": "base", **UWSGI}, {"name": "other", **UWSGI, **(change or {"listen": 1024})}]
    levels = {"base": base, "other": other}
    if third:
        configurations.append({"name": "third", **UWSGI, "workers": 16})
        levels["third"] = third
    given_experiment = Experiment.model_validate(
        declared(configurations=configurations, load={"locustfile": "experiments/load.py", "users": [300]})
    )
    summaries = [
        ConfigurationSummary(
            configuration=configuration,
            verdict=levels[configuration.name].verdict,
            reasons=tuple(f"at 300 users: {reason}" for reason in levels[configuration.name].reasons),
            levels=(levels[configuration.name],),
        )
        for configuration in given_experiment.configurations
    ]
    return about_baseline(baseline_of(given_experiment, summaries, "other"))


def claims(said):
    return [reason for reason in said if "differs from base only in" in reason]


def test_the_cause_of_the_baselines_failures_is_named_with_its_knob_and_with_the_change_that_ends_it():
    assert reasons()[-2:] == (
        (
            "The baseline base is FAIL, at 300 users: 8826 requests failed. All 8,826 failures at 300 users: "
            "the accept queue of the unix socket was full (listen-queue-full); uWSGI: listen."
        ),
        (
            "other differs from base only in listen (1,024 instead of 100) and had none of these failures: "
            "0 of 953 requests failed at 300 users."
        ),
    )


def test_a_cause_of_a_part_says_of_how_many():
    base = level("base", 100, 50, diagnosis(found(SLOW, 30), found(FULL, 20), requests=150))
    (said,) = [reason for reason in reasons(base) if reason.startswith("The baseline")]
    assert said.endswith("30 of the 50 failures at 300 users: uWSGI was slow (slow-request).")


def test_a_cause_that_only_fits_says_so():
    base = level("base", 100, 50, diagnosis(found(FULL, 50, certainty=FAMILY), requests=150))
    assert any("(listen-queue-full; several causes fit)" in reason for reason in reasons(base))


@pytest.mark.parametrize(
    "why",
    [None, diagnosis(found(FULL, 20), unattributed=30), diagnosis(found(RETRIED, 70), unattributed=50)],
    ids=["not looked into", "mostly without a cause", "only retried"],
)
def test_without_a_cause_none_is_named_and_no_change_is_claimed_to_end_it(why):
    said = reasons(level("base", 950, 50, why))
    assert not claims(said)
    assert not any("-full" in reason or RETRIED in reason for reason in said)


def test_requests_that_were_answered_at_the_second_try_are_not_the_cause_of_failures():
    base = level("base", 950, 50, diagnosis(found(RETRIED, 70), found(FULL, 50)))
    assert any("All 50 failures at 300 users: the accept queue" in reason for reason in reasons(base))


def test_failures_of_other_causes_are_told_with_the_change():
    other = level("other", 915, 38, diagnosis(found(SLOW, 38, status=504), requests=953))
    (claim,) = claims(reasons(other=other))
    assert "38 of 953 requests failed at 300 users, all of other causes. " in claim


def test_a_change_that_ends_these_failures_and_is_not_enough_says_what_is_left():
    slow = replace(FREE, verdict=Verdict.FAIL, reasons=("p95 is 3,140 ms",))
    (claim,) = claims(reasons(other=slow))
    assert claim.endswith("requests failed at 300 users. It is FAIL all the same, at 300 users: p95 is 3,140 ms.")


def test_every_single_change_that_ends_it_is_told():
    third = level("third", 953, 0, diagnosis(requests=953))
    assert [claim.split()[0] for claim in claims(reasons(third=replace(third)))] == ["other", "third"]
    assert "only in workers (16 instead of 2)" in claims(reasons(third=third))[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"server": "servers/uwsgi_gevent.ini"}, "server (servers/uwsgi_gevent.ini instead of servers/uwsgi.ini)"),
        ({"driver": "pymysql"}, "driver (pymysql instead of mysqlclient)"),
        ({"threads": 8}, "threads (8 instead of 1)"),
        ({"greenlets": 8}, "greenlets (8 instead of 64)"),
        ({"conn_max_age_s": 60}, "conn_max_age_s (60 instead of 0)"),
        ({"environment": {"APP_MODE": "fast"}}, "APP_MODE (fast instead of not set)"),
    ],
)
def test_any_declared_setting_may_be_the_one(change, words):
    (claim,) = claims(reasons(change=change))
    assert f"differs from base only in {words} and had none" in claim


@pytest.mark.parametrize(
    "other",
    [
        level("other", 900, 53, diagnosis(found(FULL, 53), requests=953)),
        level("other", 900, 53, None),
        level("other", 900, 53, diagnosis(found(SLOW, 52), unattributed=1, requests=953)),
        level("other", 900, 53, diagnosis(found(SLOW, 53, certainty=FAMILY), requests=953)),
        level("other", 900, 53, diagnosis(found(SLOW, 52), requests=953)),
        replace(FREE, measurement=None, verdict=Verdict.INVALID, reasons=("no ledger",)),
        replace(FREE, users=50),
    ],
    ids=["left", "not looked into", "without a cause", "may be it", "one is missing", "invalid", "other level"],
)
def test_nothing_is_claimed_where_a_failure_of_the_cause_may_be_left(other):
    assert not claims(reasons(other=other))


def test_one_failure_that_did_not_occur_again_is_no_proof():
    base = level("base", 999, 1, diagnosis(found(FULL, 1)))
    assert not claims(reasons(base))


CHANGES: dict[str, list[Any]] = {
    "server": ["servers/uwsgi_gevent.ini"],
    "driver": ["pymysql"],
    "workers": [1, 16],
    "threads": [4],
    "greenlets": [8],
    "listen": [1024],
    "conn_max_age_s": [60],
    "environment": [{"APP_A": "1"}, {"APP_A": "1", "APP_B": "2"}],
}
some_changes = st.sets(st.sampled_from(sorted(CHANGES)), min_size=1).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(CHANGES[name]) for name in sorted(names)})
)
a_cause = st.builds(
    found,
    st.sampled_from([FULL, SLOW]),
    st.integers(1, 50),
    status=st.sampled_from([502, 504]),
    certainty=st.sampled_from(Certainty),
)


@settings(deadline=None)
@given(some_changes, st.lists(a_cause, max_size=3), st.integers(0, 2), st.booleans())
def test_a_change_is_only_claimed_to_end_a_cause_when_it_is_the_only_one_and_none_of_it_is_left(
    change, causes, left, looked
):
    failed = sum(one.count for one in causes) + left
    why = diagnosis(*causes, requests=900 + failed, unattributed=left) if looked else None
    said = claims(reasons(other=level("other", 900, failed, why), change=change))

    settings_changed = sum(len(value) if isinstance(value, dict) else 1 for value in change.values())
    may_be_it = [
        one for one in causes if one.cause.id == FULL or (one.certainty is FAMILY and one.statuses[0][0] == 502)
    ]
    assert bool(said) == (settings_changed == 1 and looked and not left and not may_be_it)


def test_configurations_that_are_the_same_do_not_differ_in_name_or_note():
    experiment = Experiment.model_validate(
        declared(configurations=[{"name": "a", **UWSGI, "note": "x"}, {"name": "b", **UWSGI}])
    )
    one, other = experiment.configurations
    assert differences(one, other, experiment.timeouts) == ()

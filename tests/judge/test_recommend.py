import pytest

from badgateway.judge import recommend
from badgateway.model.summary import Decision, ProxyMessage
from badgateway.model.trial import INTERRUPTED, TrialStatus
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, experiment, record, summarised

QUEUE_FULL = ProxyMessage(
    message="connect() to unix:... failed (11: x)",
    count=600,
    first_line="2026/11/21 20:31:56 [error] 1#1: *4 connect()",
)
TEMPORARY_FILE = ProxyMessage(
    message="buffered to a temporary file", count=9000, first_line="2026/11/21 20:31:56 [warn] 1#1: *4 an upstream"
)
GOOD, BAD, FEW = {OK: 2000}, {OK: 1400, BAD_GATEWAY: 600}, {OK: 100}


NOT_REACHED = "not reached"


def recommended(arms, *, latencies=None, messages=()):
    """Recommend among arms given as name -> counts of the one level at 50 users.

    None is a trial without ledger, NOT_REACHED is no trial.
    """
    given = experiment(*arms)
    found = {
        name: evidence(counts, record(name), latencies_ms=[(latencies or {}).get(name, 100.0)], proxy_messages=messages)
        for name, counts in arms.items()
        if counts is not NOT_REACHED
    }
    return recommend(given, summarised(given, found))


def test_the_pick_is_named_with_what_to_deploy_and_what_it_reached():
    found = recommended({"uwsgi-2": BAD, "gevent": GOOD}, messages=(TEMPORARY_FILE, QUEUE_FULL))

    assert (found.decision, found.configuration) == (Decision.PICKED, "gevent")
    assert found.sentence == (
        "Run gevent (servers/gunicorn_gevent.py with 2 workers x 64 greenlets, accept queue 1,024, pymysql): "
        "at 50 users 0 of 2,000 requests failed (with 95 % confidence at most 0.18 %), the p95 of OK requests "
        "was 100 ms, and it served 200 requests/s."
    )
    assert found.reasons == (
        "No other configuration is proven to reach the objective.",
        (
            "The baseline uwsgi-2 is FAIL, at 50 users: 30.0 % of 2,000 requests failed "
            "(95 % interval 28.0-32.1 %); allowed are 1 %: 600 x 502; nginx said 600 times: "
            "connect() to unix:... failed (11: x)."
        ),
    )
    assert found.ranking == ("gevent", "uwsgi-2")


def test_the_faster_of_two_that_pass_is_picked_with_both_numbers():
    found = recommended({"a": BAD, "b": GOOD, "c": GOOD}, latencies={"b": 300.0, "c": 200.0})

    assert found.ranking == ("c", "b", "a")
    assert found.reasons[0] == (
        "Both c and b reached the objective; at 50 users c had a p95 of 200 ms and 200 requests/s, "
        "b of 300 ms and 200 requests/s."
    )


@pytest.mark.parametrize(("p95_ms", "close"), [(181.0, True), (180.0, False)])
def test_a_difference_below_a_tenth_is_admitted_to_be_perhaps_none(p95_ms, close):
    found = recommended({"a": GOOD, "b": GOOD}, latencies={"a": 200.0, "b": p95_ms})

    assert found.configuration == "b"
    expected = "less than 10 % apart in p95, so with 1 trial each they may be equivalent."
    assert found.reasons[0].endswith(expected) is close


def test_throughput_decides_between_equal_latencies_and_the_name_between_equals():
    assert recommended({"a": {OK: 1000}, "b": GOOD}).ranking == ("b", "a")
    assert recommended({"b": GOOD, "a": GOOD}).ranking == ("a", "b")


def test_the_p95_that_counts_is_that_of_the_highest_level():
    given = experiment("a", "b", users=(300, 50))
    p95_ms = {("a", 50): 10.0, ("a", 300): 900.0, ("b", 50): 800.0, ("b", 300): 500.0}
    found = summarised(
        given,
        {
            name: [evidence(GOOD, record(name, users), latencies_ms=[p95_ms[name, users]]) for users in (50, 300)]
            for name in ("a", "b")
        },
    )

    assert recommend(given, found).configuration == "b"


def test_a_baseline_that_passes_is_spoken_of_only_once():
    latencies = {"base": 300.0, "b": 100.0, "c": 200.0}
    third = recommended({"base": GOOD, "b": GOOD, "c": GOOD}, latencies=latencies)
    second = recommended({"base": GOOD, "b": GOOD}, latencies=latencies)

    assert third.reasons[1].startswith("The baseline base reached the objective too: at 50 users 0 of")
    assert len(second.reasons) == 1


def test_an_only_configuration_that_passes_is_picked():
    found = recommended({"a": GOOD})

    assert (found.configuration, found.reasons) == ("a", ("a was the only configuration.",))


def test_the_next_best_that_does_not_pass_is_named_with_its_reason():
    found = recommended({"base": BAD, "a": GOOD, "b": FEW})

    assert found.reasons[0].startswith(
        "No other configuration is proven to reach the objective; next is b (INCONCLUSIVE), at 50 users: 0 % of 100"
    )


def test_an_invalid_configuration_is_last_is_never_picked_and_is_told_of():
    found = recommended({"base": None, "a": GOOD})

    assert found.ranking == ("a", "base")
    assert found.reasons == (
        "No other configuration is proven to reach the objective.",
        "base is INVALID and was not compared, at 50 users: 1 of 1 trial not counted: there is no ledger of the trial.",
    )


def test_none_qualifies_when_all_that_could_be_measured_fail():
    found = recommended({"base": {BAD_GATEWAY: 500}, "a": BAD, "b": None}, messages=(QUEUE_FULL,))

    assert (found.decision, found.configuration) == (Decision.NONE_QUALIFIES, None)
    assert found.sentence == (
        "None of the 2 configurations that could be measured reached the objective (at most 1 % of requests failed and "
        "95 % of the OK ones within 1,000 ms, at every load level); the closest is a (servers/gunicorn_gevent.py with "
        "2 workers x 64 greenlets, accept queue 1,024, pymysql)."
    )
    assert [reason.split(",")[0] for reason in found.reasons] == [
        "a",
        "The baseline base is FAIL",
        "b is INVALID and was not compared",
    ]
    assert found.ranking == ("a", "base", "b")


def test_the_only_one_that_could_be_measured_is_no_plural():
    found = recommended({"a": BAD, "b": None})

    assert found.sentence.startswith("a (servers/gunicorn_gevent.py")
    assert "pymysql), the only configuration that could be measured, does not reach the objective" in found.sentence


def test_an_only_configuration_that_fails_is_told_so():
    found = recommended({"a": BAD})

    assert found.decision is Decision.NONE_QUALIFIES
    assert found.sentence.startswith("a (servers/gunicorn_gevent.py with 2 workers x 64 greenlets")
    assert ") does not reach the objective (at most 1 %" in found.sentence


def test_a_fast_failure_is_behind_a_slow_one_with_fewer_failures():
    found = recommended(
        {"fast": {OK: 1000, BAD_GATEWAY: 9000}, "slow": {OK: 90, BAD_GATEWAY: 10}}, latencies={"slow": 990.0}
    )

    assert found.ranking == ("slow", "fast")


def test_nothing_is_decided_when_something_may_still_pass():
    found = recommended({"base": BAD, "a": FEW})

    assert (found.decision, found.configuration) == (Decision.INCONCLUSIVE, None)
    assert "no configuration is proven to reach the objective" in found.sentence
    assert "but a may; measure longer" in found.sentence
    assert found.reasons[0].startswith("a is open, at 50 users: 0 % of 100 requests failed")
    assert found.reasons[1].startswith("The baseline base is FAIL")


def test_nothing_is_known_when_every_configuration_is_invalid():
    found = recommended({"a": None, "b": None})

    assert (found.decision, found.configuration) == (Decision.INCONCLUSIVE, None)
    assert found.sentence.startswith("No trial can be trusted")
    assert len(found.reasons) == 2


def test_what_a_stopped_run_did_not_come_to_is_told_beside_the_pick_in_one_sentence():
    found = recommended({"base": None, "a": GOOD, "b": NOT_REACHED, "c": NOT_REACHED})

    assert found.configuration == "a"
    assert [reason.split(",")[0] for reason in found.reasons] == [
        "No other configuration is proven to reach the objective.",
        "base is INVALID and was not compared",
        "Not measured at every load level",
    ]
    assert found.reasons[2] == "Not measured at every load level, because the run was stopped: b, c."


def test_a_stopped_run_decides_nothing_against_what_it_did_not_come_to():
    found = recommended({"base": BAD, "a": FEW, "b": NOT_REACHED})

    assert (found.decision, found.configuration) == (Decision.INCONCLUSIVE, None)
    assert found.sentence == (
        "Nothing is decided: the run was stopped before all configurations had been measured at every load level; "
        "run it again and let it end."
    )
    assert [reason.split(",")[0] for reason in found.reasons] == [
        "a is INCONCLUSIVE",
        "base is FAIL",
        "Not measured at every load level",
    ]


def test_a_run_that_was_stopped_before_the_second_level_blames_no_trial():
    given = experiment("a", "b", users=(50, 300))
    cut_off = evidence(None, record("a", 300, status=TrialStatus.ABORTED, reason=INTERRUPTED))
    found = recommend(
        given, summarised(given, {"a": [evidence(GOOD, record("a")), cut_off], "b": evidence(GOOD, record("b"))})
    )

    assert found.sentence.startswith("Nothing is decided: the run was stopped before any configuration had been")
    assert found.reasons == ("Not measured at every load level, because the run was stopped: a, b.",)


def test_nginx_is_not_quoted_about_a_baseline_without_failures():
    slow = recommended({"base": GOOD, "a": GOOD}, latencies={"base": 2000.0}, messages=(QUEUE_FULL,))
    silent = recommended({"base": BAD, "a": GOOD}, messages=(TEMPORARY_FILE,))

    assert all("nginx said" not in reason for reason in (*slow.reasons, *silent.reasons))


def test_what_is_no_candidate_is_ranked_and_never_picked():
    given = experiment("a", "b", "c")
    trap = given.configurations[2].model_copy(update={"candidate": False})
    given = given.model_copy(update={"configurations": (*given.configurations[:2], trap)})
    arms = {"a": (BAD, 100.0), "b": (GOOD, 300.0), "c": (GOOD, 100.0)}
    found = recommend(
        given,
        summarised(given, {n: evidence(counts, record(n), latencies_ms=[ms]) for n, (counts, ms) in arms.items()}),
    )

    assert (found.configuration, found.ranking) == ("b", ("c", "b", "a"))
    assert not any("c " in reason for reason in found.reasons if "Both" in reason)


def test_a_baseline_that_is_no_candidate_is_compared_with_nobody():
    given = experiment("a", "b")
    control = given.configurations[0].model_copy(update={"candidate": False})
    given = given.model_copy(update={"configurations": (control, given.configurations[1])})
    found = recommend(given, summarised(given, {"a": evidence(BAD, record("a")), "b": evidence(GOOD, record("b"))}))

    assert (found.configuration, found.reasons) == ("b", ("b was the only configuration.",))


def test_a_trap_that_is_looked_at_by_itself_gets_its_verdict():
    given = experiment("a")
    trap = given.configurations[0].model_copy(update={"candidate": False})
    given = given.model_copy(update={"configurations": (trap,)})

    assert recommend(given, summarised(given, {"a": evidence(BAD, record("a"))})).decision is Decision.NONE_QUALIFIES

"""The books balance for any evidence: every failure once, whatever the order of rows."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgateway.causes import diagnose
from badgateway.model.evidence import Phase, ServerEvent
from tests.amounts import examples
from tests.causes.evidence import CLOSED, TIMED_OUT, Evidence
from tests.causes.samples import QUEUE_FULL

SECONDS = st.integers(0, 12)
PIDS = st.none() | st.integers(70, 72)
PATHS = st.sampled_from(["/members/", "/export/?year=*", "/scores/"])

FAILURES = st.fixed_dictionaries(
    {
        "status": st.sampled_from([200, 499, 500, 502, 503, 504, None]),
        "at": st.none() | st.floats(0, 12, allow_nan=False),
        "uri": PATHS,
        "duration_s": st.none() | st.sampled_from([0.001, 1.5, 6.0]),
        "upstream_connect_s": st.sampled_from([None, 0.0, 1.01]),
        "upstream_header_s": st.sampled_from([None, 0.2]),
        "upstream_tries": st.sampled_from([None, 1, 2]),
        "outcome": st.sampled_from([None, "TRUNCATED", "BAD_CONTENT", "CONNECT_ERROR"]),
        "app_pid": PIDS,
        "connection": st.sampled_from([None, 1, 2]),
        "source": st.sampled_from(["nginx access log (JSON)", "AWS Classic Load Balancer access log", "ledger"]),
    }
)
COMPLAINTS = st.tuples(
    st.sampled_from([(CLOSED, None), (TIMED_OUT, 110), (QUEUE_FULL, 11), ("something else", None)]),
    st.sampled_from(list(Phase)),
    SECONDS,
    st.sampled_from([1, 2]),
)
EVENTS = st.tuples(
    st.sampled_from(list(ServerEvent)), st.none() | SECONDS, PIDS, st.none() | PATHS, st.sampled_from([None, 9, 11])
)
SAMPLES = st.tuples(st.sampled_from(["listen_overflows", "accept_queue"]), st.floats(0, 9), SECONDS)


def build(failures: list[dict[str, Any]], complaints: list[Any], events: list[Any], samples: list[Any]) -> Evidence:
    evidence = Evidence()
    for failure in failures:
        evidence.failure(**failure)
    for (message, errno), phase, at, connection in complaints:
        evidence.proxy_line(message, errno=errno, phase=phase, at=at, connection=connection)
    for event, at, pid, uri, signal in events:
        evidence.event(event, at=at, pid=pid, uri=uri, signal=signal, server="uwsgi", value=2.0)
    for series, value, at in samples:
        evidence.sample(series, value, at=at, limit=5)
    return evidence


@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(FAILURES, max_size=8),
    st.lists(COMPLAINTS, max_size=6),
    st.lists(EVENTS, max_size=8),
    st.lists(SAMPLES, max_size=4),
    st.randoms(use_true_random=False),
)
def test_each_failure_has_one_cause_or_none_in_any_order_of_rows(failures, complaints, events, samples, random):
    evidence = build(failures, complaints, events, samples)
    connection = evidence.database()
    diagnosis = diagnose(connection, requests=50)
    attributed = sum(found.count for found in diagnosis.causes)
    assert attributed + diagnosis.unattributed == diagnosis.failures
    assert diagnosis.failures >= len(failures)
    each = "SELECT count(*), count(DISTINCT failure_id) FROM {}"
    for table in ("prepared_failures", "decided"):
        assert connection.execute(each.format(table)).fetchone() == (diagnosis.failures, diagnosis.failures)

    shuffled = {name: random.sample(range(len(rows)), len(rows)) for name, rows in evidence.rows.items()}
    assert diagnose(evidence.database(shuffled), requests=50) == diagnosis

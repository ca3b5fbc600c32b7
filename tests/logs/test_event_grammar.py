import dataclasses
import json
from pathlib import Path

from badgateway.logs.event_grammar import KERNEL, application_rules
from badgateway.logs.event_reader import Event
from badgateway.model.evidence import ServerEvent
from badgateway.servers.registry import server_logs
from badgateway.servers.uwsgi_log import HTTP_AS_BLOCK_SIZES

GOLDEN = Path(__file__).parent / "golden"
GROUPS = frozenset({"pid", "worker", "uri", "started", "signal", "value", "limit"})


NOT_OF_A_LOG = {
    ServerEvent.LOOP_BLOCKED,
    ServerEvent.DATABASE_SATURATED,
    ServerEvent.LISTEN_OVERFLOW,
    ServerEvent.CPU_THROTTLED,
    ServerEvent.CONTAINER_KILL,
    ServerEvent.ACCEPT_QUEUE_FULL,
}
"""The journal tells of the first, the probes of the others."""


def test_every_event_of_the_model_but_the_kits_own_is_read_in_a_golden_log():
    expected = [json.loads(path.read_text()) for path in GOLDEN.glob("*/expected.json")]

    assert {*ServerEvent} - NOT_OF_A_LOG <= {row["event"] for case in expected for row in case["server_events"]}


def test_rules_name_only_groups_that_an_event_has():
    of_servers = (rule for log in (*server_logs().values(), KERNEL) for rule in log.rules)
    for rule in (*of_servers, *application_rules()):
        assert set(rule.pattern.groupindex) <= GROUPS


def test_an_event_has_the_columns_of_its_table():
    names = {field.name for field in dataclasses.fields(Event)}

    assert {"time_s", "pid", "worker", "uri", "request_started_s", "signal", "value", "limit_value"} <= names


def test_the_magic_numbers_are_those_that_uwsgi_prints_for_get_and_post():
    assert {21573, 21327} <= HTTP_AS_BLOCK_SIZES
    assert 5411 not in HTTP_AS_BLOCK_SIZES

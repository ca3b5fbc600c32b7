"""Lines of a server that have no time: what stands beside them in the same file lends them one, and proves nothing."""

import pytest

from badgateway.model.diagnosis import Certainty
from badgateway.model.evidence import ServerEvent
from tests.causes.evidence import NOON, Evidence, Row

EVENT = ServerEvent
DEATH: Row = {"server": "uwsgi", "pid": 71, "signal": 9}


def certainties(evidence: Evidence) -> dict[str, Certainty]:
    return {each.cause.id: each.certainty for each in evidence.diagnosis().causes}


@pytest.mark.parametrize("beside", [2, 4, 8])
def test_a_line_without_a_time_takes_that_of_a_line_beside_it_and_proves_nothing(beside):
    evidence = Evidence().closed().event(EVENT.WORKER_KILLED, at=None, **(DEATH | {"line_number": 3}))

    assert certainties(evidence.dated(beside)) == {"worker-killed": Certainty.FAMILY}


@pytest.mark.parametrize(
    ("line_number", "at", "file"), [(20, 0.0, "server.log"), (4, 90.0, "server.log"), (4, 0.0, "x")]
)
def test_a_line_far_away_at_another_time_or_in_another_file_lends_none(line_number, at, file):
    evidence = Evidence().closed().event(EVENT.WORKER_KILLED, at=None, **(DEATH | {"line_number": 3}))

    assert evidence.dated(line_number, at=at, file=file).found() == {"502-connection-closed": 1}


def test_lines_on_both_sides_say_when_it_was_however_far_they_are():
    evidence = Evidence().closed(at=5).event(EVENT.WORKER_KILLED, at=None, **(DEATH | {"line_number": 300}))

    assert certainties(evidence.dated(100, at=1).dated(900, at=8)) == {"worker-killed": Certainty.FAMILY}


def test_a_line_that_names_the_request_and_its_start_needs_no_time():
    evidence = Evidence().closed(at=30).event(EVENT.HARAKIRI, at=None, server="uwsgi", pid=71, line_number=1)
    evidence.event(
        EVENT.HARAKIRI, at=None, server="uwsgi", uri="/members/", request_started_s=NOON, line_number=2
    ).dated(3, at=30)

    assert certainties(evidence) == {"harakiri": Certainty.PROVEN}

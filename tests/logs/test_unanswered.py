"""A request whose status a log does not tell is a failure or a line that was not read: never one that went well."""

import re

import pytest

from badgateway.analysis.explanation import explain
from badgateway.errors import RawDataError
from badgateway.logs import Source
from badgateway.logs.examples import examples
from badgateway.report.explanation.short_page import render_short

_STATUS = re.compile(r"\b50[234]\b(?!\S*(?:/|\]))")
REQUESTS = {
    name: line for name, line in examples().items() if "access" in name or "router" in name or name == "HAProxy log"
}
UNTOLD = ("-", "000", "0", "-1", "")
JSON = '{"status": %s, "time": "2024-12-06T14:48:56Z", "uri": "/big", "response_flags": "%s"}'


def said(tmp_path, lines):
    (tmp_path / "log").write_text("".join(f"{line}\n" for line in lines))
    return explain([Source(name="log", content=tmp_path / "log")])


def untold(name, status):
    """Return the line of an example without what it tells of the status."""
    line = REQUESTS[name]
    return _STATUS.sub(f'"{status}"' if line.startswith("{") else status, line, count=1)


@pytest.mark.corpus
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_without_a_status_did_not_go_well(tmp_path, name):
    lines = [REQUESTS[name], *(untold(name, status) for status in UNTOLD)]
    found = said(tmp_path, lines)

    assert len(set(lines)) == len(UNTOLD) + 1
    assert found.diagnosis.failures + found.malformed_lines == len(lines)
    assert "No failures" not in render_short(found)


@pytest.mark.corpus
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("status", UNTOLD)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_log_of_nothing_but_such_requests_shows_no_success(tmp_path, name, status, count):
    try:
        found = said(tmp_path, [untold(name, status)] * count)
    except RawDataError:
        return

    assert found.diagnosis.failures + found.malformed_lines == count
    assert "No failures" not in render_short(found)


@pytest.mark.parametrize(("flags", "failures"), [("DC", 1), ("-", 0)])
def test_who_left_before_an_answer_is_told_from_what_is_not_known(tmp_path, flags, failures):
    found = said(tmp_path, [JSON % (200, "-"), JSON % (0, flags)])

    assert (found.diagnosis.failures, found.malformed_lines) == (failures, 1 - failures)


def test_of_haproxy_a_client_that_left_has_no_status(tmp_path):
    line = examples()["HAProxy log"]
    found = said(tmp_path, [line, line.replace(" 502 1029 - - SH--", " -1 0 - - CD--")])

    assert [each.statuses for each in found.diagnosis.causes if each.cause.id == "client-gave-up"] == [((499, 1),)]


def test_a_status_that_no_standard_has_is_not_taken_for_the_applications(tmp_path):
    line = examples()["nginx access log (combined)"]
    found = said(tmp_path, [line.replace(" 502 ", " 999 ")])

    assert (found.diagnosis.failures, found.diagnosis.unattributed) == (1, 1)

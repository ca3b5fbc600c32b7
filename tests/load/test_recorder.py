"""Real Locust against a server that fails on purpose."""

import socket

import pytest

from tests.load.conftest import Driven, run_locust
from tests.load.server import ACTED, BIG_BYTES, CLOSED, KEPT, faulty_server, workbook

PATHS = [*KEPT, *CLOSED, *ACTED]

EXPECTED = {
    "/ok": ("200", ""),
    "/chunked": ("200", ""),
    "/until-close": ("200", ""),
    "/early-hints": ("200", ""),
    "/late": ("200", ""),
    "/big": ("200", ""),
    "/workbook": ("200", ""),
    "/502": ("502", ""),
    "/404": ("404", ""),
    "/redirect": ("302", "bad_content"),
    "/sign-in": ("302", "bad_content"),
    "/empty": ("204", "bad_content"),
    "/html": ("200", "bad_content"),
    "/workbook-short": ("200", "bad_content"),
    "/workbook-cut-whole": ("200", "bad_content"),
    "/workbook-cut-until-close": ("200", "truncated"),
    "/silent-close": ("0", "disconnected"),
    "/half-header": ("0", "disconnected"),
    "/not-http": ("0", "disconnected"),
    "/reset": ("0", "disconnected"),
    "/refused": ("0", "connect_error"),
    "/cut": ("200", "truncated"),
    "/cut-chunked": ("200", "truncated"),
    "/broken-chunk": ("200", "truncated"),
    "/cut-502": ("502", "truncated"),
    "/drip": ("200", "client_timeout"),
    "/stall": ("0", "client_timeout"),
    "/stall-in-body": ("200", "client_timeout"),
}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def driven(server, tmp_path_factory):
    workbook(50), workbook(49)
    environment = {"APP_PATHS": " ".join(PATHS), "APP_CLOSED_PORT": str(closed_port())}
    folder = tmp_path_factory.mktemp("faults")
    return run_locust(
        "faults", server.url, folder, users=2, client_timeout_s=0.5, window_s=3.2, environment=environment
    )


def test_every_path_of_the_server_is_expected_to_end_in_some_way():
    assert sorted(EXPECTED) == sorted([*PATHS, "/refused"])


@pytest.mark.parametrize("path", EXPECTED)
def test_a_fault_is_recorded_as_what_it_is(driven, path):
    row = driven.row(path)

    assert (row["status"], row["error"]) == EXPECTED[path], row["detail"]


def test_no_request_is_sent_twice(driven, server):
    ids = [request_id for _, _, request_id in server.requests]

    assert len(ids) == len(set(ids))
    assert {row["request_id"] for row in driven.rows if row["name"] != "/refused"} <= set(ids)


def test_a_connection_is_kept_until_an_answer_spoils_it(driven, server):
    numbers = {path: number for number, path, request_id in server.requests if request_id in ids_of(driven)}

    assert len({numbers[path] for path in KEPT}) == 1
    assert len({numbers[path] for path in CLOSED}) == len(CLOSED)


def ids_of(driven: Driven) -> set[str]:
    return {row["request_id"] for row in driven.rows}


def test_the_first_byte_is_not_the_last_one(driven):
    row = driven.row("/late")
    waited_s = float(row["end_s"]) - float(row["first_byte_s"])

    assert 0.25 < waited_s < 0.5


def test_a_cut_body_keeps_what_came_and_what_was_promised(driven):
    row = driven.row("/cut")

    assert (row["body_bytes"], row["expected_bytes"]) == ("400", "1000")
    assert row["detail"] == "400 of 1000 bytes: connection closed"


def test_a_file_without_its_end_is_cut_although_the_answer_ended_well(driven):
    row = driven.row("/workbook-cut-until-close")

    assert row["detail"] == f"{len(workbook(50)) - 200} bytes: no ZIP end-of-central-directory record"


def test_a_large_body_is_counted_to_its_last_byte(driven):
    assert driven.row("/big")["body_bytes"] == str(BIG_BYTES)


def test_a_body_that_drips_is_ended_by_the_limit_of_the_whole_request(driven):
    row = driven.row("/drip")

    assert 0.45 < float(row["end_s"]) - float(row["start_s"]) < 1.0


def test_nothing_came_of_a_refused_connection(driven):
    row = driven.row("/refused")

    assert (row["first_byte_s"], row["expected_bytes"], row["detail"]) == ("", "", "Connection refused")


def test_a_form_is_sent_as_a_browser_does_and_the_cookie_that_it_set_comes_back(tmp_path):
    with faulty_server() as own:
        driven = run_locust("signing_in", own.url, tmp_path, users=1, window_s=0.5)
    form, after = (own.texts[driven.row(name)["request_id"]] for name in ("sign in", "after it"))

    assert "Content-Type: application/x-www-form-urlencoded\r\n" in form
    assert form.endswith("\r\n\r\nuser=ann&sign=a%26b")
    assert "Cookie: who=me\r\n" in after
    assert {row["error"] for row in driven.rows} == {""}

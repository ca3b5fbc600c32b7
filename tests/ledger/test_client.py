from pathlib import Path

import duckdb
import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.client import load_client
from badgateway.model.raw import CLIENT_COLUMNS
from tests.in_memory import empty_database
from tests.ledger.raw_folder import T0_S, client_row, unanswered, write_client

HEADER = ",".join(CLIENT_COLUMNS)


def loaded(path: Path) -> duckdb.DuckDBPyRelation:
    connection = empty_database()
    load_client(connection, path)
    return connection.table("client")


def test_a_row_keeps_its_values_and_empty_numbers_are_null(tmp_path):
    path = write_client(tmp_path, unanswered("a", "connect_error", detail='refused, "really"\nat once'))

    assert loaded(path).fetchall() == [
        (
            "a",
            "GET /members/",
            "GET",
            T0_S,
            T0_S,
            None,
            T0_S + 0.5,
            0,
            0,
            None,
            "connect_error",
            'refused, "really"\nat once',
            False,
        )
    ]


def test_a_file_written_with_windows_line_ends_is_read(tmp_path):
    path = write_client(tmp_path, client_row("a"), client_row("b"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert loaded(path).project("request_id, detail").fetchall() == [("a", ""), ("b", "")]


def test_a_header_without_rows_is_an_empty_book(tmp_path):
    assert loaded(write_client(tmp_path)).fetchall() == []


def test_a_missing_file_is_named_with_the_remedy(tmp_path):
    with pytest.raises(RawDataError, match=r"client\.csv is missing: .*run it again"):
        loaded(tmp_path / "client.csv")


@pytest.mark.parametrize("header", ["", HEADER.replace("start_s", "started_s", 1), HEADER + ",more"])
def test_another_header_is_refused_in_line_1(tmp_path, header):
    path = tmp_path / "client.csv"
    path.write_text(header and header + "\n")

    with pytest.raises(RawDataError, match=r"client\.csv, line 1: the header is"):
        loaded(path)


def test_a_line_cut_by_a_kill_is_refused(tmp_path):
    path = write_client(tmp_path, client_row("a"), client_row("b"))
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(RawDataError, match="the last line is cut"):
        loaded(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("b,n,GET,1,1,1,2,abc,0,,,,0", 'Line: 3.*Could not convert string "abc"'),
        ("b,n,GET,1,1,1,2,200,0,,,", "Line: 3.*Expected Number of Columns: 13 Found: 12"),
        ("b,n,GET,1,1,1,2,200,0,,,,0,more", "Line: 3.*Expected Number of Columns: 13 Found: 14"),
        ('b,n,GET,1,1,1,2,200,0,,,"open', "Line: 3.*unterminated quote"),
    ],
)
def test_a_malformed_line_is_named_with_file_and_line_and_without_duckdbs_advice(tmp_path, line, words):
    path = write_client(tmp_path, client_row("a"))
    path.write_text(path.read_text() + line + "\n")

    with pytest.raises(RawDataError, match=rf"client\.csv: .*{words}") as raised:
        loaded(path)
    assert "\n" not in str(raised.value)
    assert "ossible" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"request_id": ""}, r"row 2 \(request without id\) has an empty request_id"),
        ({"name": ""}, "has an empty name"),
        ({"method": ""}, "has an empty method"),
        ({"start_s": ""}, "has an empty start_s"),
        ({"status": ""}, "has an empty status"),
        ({"intended_start_s": "nan"}, "has no time in intended_start_s"),
        ({"end_s": "inf"}, "has no time in end_s"),
        ({"intended_start_s": T0_S + 0.000001}, "was sent before it was due"),
        ({"end_s": T0_S - 1, "first_byte_s": ""}, "ends before it starts"),
        ({"first_byte_s": T0_S + 9}, "first byte before its start or after its end"),
        ({"error": "tired"}, "has an unknown error; known are connect_error"),
        ({"status": 99}, "a status that HTTP does not have"),
        ({"status": 0}, "got no response header, but"),
        ({"status": 0, "error": "truncated"}, "got no response header, but"),
        ({"error": "disconnected"}, "got a response header, but"),
        ({"body_bytes": -1}, "has a negative size"),
        ({"expected_bytes": -1}, "has a negative size"),
    ],
)
def test_a_row_that_cannot_be_believed_is_refused_with_its_number_and_why(tmp_path, given, words):
    path = write_client(tmp_path, client_row("a"), client_row("b", **given), client_row("c", **given))

    with pytest.raises(RawDataError, match=words) as raised:
        loaded(path)
    assert "client.csv: row 2 " in str(raised.value)


@pytest.mark.parametrize("error", ["client_timeout", "aborted"])
@pytest.mark.parametrize("status", [0, 200])
def test_a_request_the_client_ended_may_have_got_a_header_or_not(tmp_path, error, status):
    path = write_client(tmp_path, client_row("a", error=error, status=status))

    assert [(status,)] == loaded(path).project("status").fetchall()


def test_a_file_of_an_earlier_kit_has_accepted_nothing(tmp_path):
    path = write_client(tmp_path, client_row("a", status=404))
    lines = [line.rpartition(",")[0] for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")

    assert loaded(path).project("request_id, status, accepted").fetchall() == [("a", 404, False)]


@pytest.mark.parametrize(("status", "error"), [(200, ""), (502, ""), (404, "bad_content"), (0, "disconnected")])
def test_only_a_whole_answer_with_a_status_of_400_to_499_can_be_accepted(tmp_path, status, error):
    first_byte_s = T0_S + 0.25 if status else ""
    row = client_row("a", status=status, error=error, first_byte_s=first_byte_s, accepted=1)

    with pytest.raises(RawDataError, match="is accepted, which only a whole answer"):
        loaded(write_client(tmp_path, row))

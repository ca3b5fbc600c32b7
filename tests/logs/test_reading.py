import gzip
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from badgateway.errors import RawDataError
from badgateway.logs import LogEvidence, Source, read_logs, scanning
from badgateway.logs.scanning import LINE_CHARS
from badgateway.model.evidence import TABLES
from badgateway.model.in_memory import connect, own_database
from badgateway.model.log_kind import LogKind
from badgateway.servers import uwsgi

OK = '10.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET /ok HTTP/1.1" 200 612 "-" "curl/8.5"'
BAD = '10.0.0.1 - - [21/Nov/2026:12:00:01 +0000] "GET /bad?token=abc HTTP/1.1" 502 157 "https://a.org/?sid=1" "curl"'
ERROR = "2026/11/21 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream"
UWSGI = "2026-11-21 12:00:00 - worker 1 killed successfully (pid: 7)"
SPAWNED = "2026-11-21 12:00:00 - spawned uWSGI worker 1 (pid: 7, cores: 1)"


def source(folder: Path, content: str | bytes, name: str = "some.log") -> Source:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Source(name=name, content=path)


def read(folder: Path, content: str | bytes, **options: float | bool) -> LogEvidence:
    return read_logs([source(folder, content)], **options)  # type: ignore[arg-type]


def column(evidence: LogEvidence, table: str, name: str) -> list[object]:
    return [value for (value,) in evidence.connection.table(table).project(name).fetchall()]


def test_a_log_whose_reading_a_signal_has_ended_is_not_read_once_more(tmp_path, monkeypatch):
    asked = []

    def interrupted(*given: object) -> None:
        asked.append(given)
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(scanning, "_read", interrupted)
    with pytest.raises(RuntimeError, match="Query interrupted"):
        read(tmp_path, f"{OK}\n{BAD}\n")
    assert len(asked) == 1


def test_all_tables_of_the_model_are_there_with_its_columns(tmp_path):
    evidence = read(tmp_path, OK + "\n")

    for table in TABLES:
        assert tuple(evidence.connection.table(table.name).columns) == tuple(name for name, _ in table.columns)


def test_logs_can_be_read_into_databases_side_by_side(tmp_path):
    with connect() as databases, own_database(databases) as one, own_database(databases) as other:
        for database, line in ((one, OK), (other, BAD)):
            read_logs([source(tmp_path, line + "\n")], database=database)
        failures = [len(database.table("failures")) for database in (one, other)]

    assert failures == [0, 1]


def test_a_database_that_was_given_is_left_to_its_owner_when_nothing_can_be_read(tmp_path):
    with connect() as databases, own_database(databases) as database:
        with pytest.raises(RawDataError, match="no file"):
            read_logs([], database=database)

        assert database.execute("SELECT 1").fetchall() == [(1,)]


def test_a_gzip_file_is_known_by_its_bytes_and_not_by_its_name(tmp_path):
    evidence = read(tmp_path, gzip.compress(f"{OK}\n{BAD}\n".encode()))

    assert (evidence.requests, evidence.failures) == (2, 1)


def test_a_stream_is_read_like_a_file_plain_or_gzip():
    for content in (BAD.encode(), gzip.compress(BAD.encode())):
        evidence = read_logs([Source(name="-", content=io.BytesIO(content))])

        assert (evidence.files[0].name, evidence.failures) == ("-", 1)


def test_windows_line_ends_are_not_part_of_the_line(tmp_path):
    evidence = read(tmp_path, f"{OK}\r\n{BAD}\r\n")

    assert column(evidence, "failures", "ends_with(line, 'curl\"')") == [True]
    assert evidence.files[0].malformed_lines == 0


def test_files_of_several_kinds_fill_one_database(tmp_path):
    contents = {"e": ERROR, "a": BAD, "b": BAD, "u": SPAWNED}
    evidence = read_logs([source(tmp_path, content, name) for name, content in contents.items()])

    assert [file.kind for file in evidence.files] == [
        LogKind.NGINX_ERROR,
        LogKind.NGINX_COMBINED,
        LogKind.NGINX_COMBINED,
        uwsgi.LOG.kind,
    ]
    assert column(evidence, "failures", "file") == ["a", "b"]
    assert column(evidence, "failures", "failure_id") == [1, 2]
    assert column(evidence, "proxy_errors", "errno") == [111]
    assert column(evidence, "server_events", "worker") == [1]


def test_a_request_in_the_logs_of_proxy_and_server_is_counted_at_the_proxy(tmp_path):
    request = "[pid: 7|app: 0|req: 1/1] 10.0.0.1 () {1 vars in 2 bytes} [Sat Nov 21 12:00:00 2026] GET /bad =>"
    server = f"{request} generated 0 bytes in 3 msecs (HTTP/1.1 500) 0 headers in 0 bytes (1 switches on core 0)\n"
    evidence = read_logs([source(tmp_path, server, "u"), source(tmp_path, BAD, "a")])

    assert evidence.counted_kinds == (LogKind.NGINX_COMBINED,)
    assert (evidence.requests, evidence.failures) == (1, 1)
    assert sorted(column(evidence, "failures", "status"), key=str) == [500, 502]


def test_an_access_line_of_gunicorn_behind_a_unix_socket_has_no_client(tmp_path):
    line = ' - - [05/Dec/2024:13:07:07 +0000] "GET /big HTTP/1.0" 500 0 "-" "-"\n'
    evidence = read(tmp_path, "[2024-12-05 13:07:01 +0000] [1] [INFO] Booting worker with pid: 8\n" + line + line[1:])

    assert (evidence.requests, evidence.failures, evidence.files[0].malformed_lines) == (2, 2, 0)
    assert column(evidence, "failures", "uri") == ["/big", "/big"]


def test_bytes_that_are_no_text_cost_only_their_own_line(tmp_path):
    garbage = b"\xff\xfe\x00\x01\x02\x03\x04 garbage"
    evidence = read(tmp_path, b"\n".join([OK.encode(), garbage, BAD.encode(), BAD.encode().replace(b"bad", b"b\xffd")]))

    assert (evidence.requests, evidence.failures, evidence.files[0].malformed_lines) == (3, 2, 1)
    assert evidence.files[0].first_malformed[0].line_number == 2
    assert column(evidence, "failures", "line_number") == [3, 4]
    assert column(evidence, "failures", "uri") == ["/bad?token=...", r"/b\xffd?token=..."]


def test_an_endless_line_is_cut_and_the_next_ones_are_read(tmp_path):
    evidence = read(tmp_path, f"{OK}\n{'x' * 3_000_000}\n{BAD}\n")

    assert column(evidence, "failures", "line_number") == [3]
    (malformed,) = evidence.files[0].first_malformed
    assert malformed.text == "x" * 200


def test_blank_lines_are_lines_but_not_malformed(tmp_path):
    evidence = read(tmp_path, f"{OK}\n\n   \n{BAD}\n")

    assert (evidence.files[0].lines, evidence.files[0].malformed_lines) == (4, 0)
    assert column(evidence, "failures", "line_number") == [4]


def test_line_numbers_hold_in_a_file_that_is_read_in_parallel(tmp_path):
    ok_lines = [OK + " " * 200] * 99_999
    evidence = read(tmp_path, "\n".join([*ok_lines, BAD, *ok_lines, BAD]))

    assert sorted(column(evidence, "failures", "line_number"), key=str) == [100_000, 200_000]


def test_secrets_are_masked_in_what_is_taken_out_of_lines_and_lines_stay_whole_until_they_are_shown(tmp_path):
    evidence = read(tmp_path, f"{OK}\n{BAD}\nGET /x?token=abc\n")

    assert column(evidence, "failures", "uri") == ["/bad?token=..."]
    assert column(evidence, "failures", "line") == [BAD]
    assert evidence.files[0].first_malformed[0].text == "GET /x?token=..."


def test_masking_can_be_switched_off(tmp_path):
    evidence = read(tmp_path, f"{OK}\n{BAD}\nGET /x?token=abc\n", mask=False)

    assert column(evidence, "failures", "line") == [BAD]
    assert column(evidence, "failures", "uri") == ["/bad?token=abc"]
    assert evidence.files[0].first_malformed[0].text == "GET /x?token=abc"


@pytest.mark.parametrize(("content", "table"), [(ERROR, "proxy_errors"), (UWSGI, "server_events")])
def test_local_times_without_a_zone_are_moved_by_the_offset(tmp_path, content, table):
    assert column(read(tmp_path, content), table, "time_s") == [1795262400.0]
    assert column(read(tmp_path, content, utc_offset_s=3600), table, "time_s") == [1795258800.0]


def test_the_offset_leaves_times_with_a_zone_alone(tmp_path):
    assert column(read(tmp_path, BAD, utc_offset_s=3600), "failures", "time_s") == [1795262401.0]


def test_a_long_line_is_read_whole_and_kept_cut(tmp_path):
    line = '{"status":502,"padding":"' + "x" * 5000 + '","time":1795262400,"uri":"/late"}'
    evidence = read(tmp_path, line)

    assert column(evidence, "failures", "uri") == ["/late"]
    assert column(evidence, "failures", "line") == [line[:LINE_CHARS]]


@pytest.mark.parametrize("time", ["1e40", "-5", '"nan"', '"inf"', '"9999-12-31T23:59:59Z"'])
def test_a_time_that_no_log_has_is_malformed(tmp_path, time):
    line = '{"status":502,"time":1795262400,"request_time":"inf"}'
    evidence = read(tmp_path, f"{line}\n" + line.replace("1795262400", time))

    assert evidence.files[0].malformed_lines == 1
    assert column(evidence, "failures", "time_s") == [1795262400.0]
    assert column(evidence, "failures", "duration_s") == [None]


@pytest.mark.parametrize("status", ["1e2", "+99", "099", "1000", "50", "5 2", "\u0665\u0660\u0662", ""])
def test_a_status_that_is_not_three_digits_is_malformed(tmp_path, status):
    evidence = read(tmp_path, f"{OK}\n{BAD.replace('502', status)}\n{BAD}\n")

    assert (evidence.requests, evidence.files[0].malformed_lines) == (2, 1)


@pytest.mark.parametrize("status", [100, 460, 999])
def test_any_status_of_three_digits_is_one_even_behind_an_escaped_quote(tmp_path, status):
    line = OK.replace("200", str(status))
    evidence = read(tmp_path, line + "\n" + line.replace("/ok", r"/ok\"") + "\n")

    assert column(evidence, "volume", "status") == [status]
    assert evidence.requests == 2


def test_no_progress_bar_comes_between_the_lines_of_an_answer(tmp_path):
    connection = read(tmp_path, OK).connection

    assert connection.sql("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_only_the_first_five_malformed_lines_are_shown_and_all_are_counted(tmp_path):
    evidence = read(tmp_path, "\n".join([*[OK] * 8, *[f"what is this {number}" for number in range(7)]]))

    assert evidence.files[0].malformed_lines == 7
    assert [bad.line_number for bad in evidence.files[0].first_malformed] == [9, 10, 11, 12, 13]


def test_an_empty_file_beside_others_is_no_error_and_has_no_kind(tmp_path):
    evidence = read_logs([source(tmp_path, "", "empty"), source(tmp_path, "\n\n", "blank"), source(tmp_path, OK, "a")])

    assert [(file.kind, file.lines) for file in evidence.files[:2]] == [(None, 0), (None, 0)]
    assert evidence.requests == 1


def test_nothing_but_empty_files_is_an_error_that_names_them(tmp_path):
    with pytest.raises(RawDataError, match=r"nothing to explain, no line in first, second: name logs with lines"):
        read_logs([source(tmp_path, "", "first"), source(tmp_path, gzip.compress(b""), "second")])


def test_no_file_at_all_is_an_error():
    with pytest.raises(RawDataError, match="no line in no file"):
        read_logs([])


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("dear diary,\nnothing happened\n", "its first 2 lines, such as 'dear diary,', are"),
        ("access denied, password=hunter2\n", "its line 'access denied, password=...' is"),
        ("dear diary\n", "its line 'dear diary' is"),
        ("\0\0PK\1 diary\n", "its line 'PK diary' is"),
        ("\0" * 5000, "it has no text, and is"),
    ],
)
def test_a_file_that_is_no_log_is_an_error_that_says_where_the_known_kinds_are_listed(tmp_path, text, what):
    with pytest.raises(RawDataError) as raised:
        read(tmp_path, text)

    message = str(raised.value)
    assert message.startswith(f"some.log is no log that is known here: {what} of no kind that")
    assert "--list-formats" in message
    assert message.isprintable()
    assert len(message) < 300


def test_of_a_file_that_turns_into_something_else_what_can_be_read_is_read_and_the_rest_counted(tmp_path):
    evidence = read(tmp_path, "\n".join([OK] * 4 + ["what is this"] * 6))
    (file,) = evidence.files

    assert (evidence.requests, file.malformed_lines) == (4, 6)
    assert (file.first_malformed[0].line_number, file.first_malformed[0].text) == (5, "what is this")


def test_a_program_that_comes_late_in_a_file_is_read_too(tmp_path):
    evidence = read(tmp_path, "\n".join([OK] * 20_000 + [ERROR, BAD, SPAWNED]))

    assert (evidence.requests, evidence.failures) == (20_001, 1)
    assert {file.kind for file in evidence.files} == {uwsgi.LOG.kind, LogKind.NGINX_ERROR, LogKind.NGINX_COMBINED}
    assert column(evidence, "proxy_errors", "line_number") == [20_001]


def test_a_file_that_is_no_log_does_not_stop_the_others_from_being_read(tmp_path):
    evidence = read_logs([source(tmp_path, "dear diary\n", "diary"), source(tmp_path, BAD, "access")])

    assert [(file.kind, file.malformed_lines) for file in evidence.files] == [(None, 1), (LogKind.NGINX_COMBINED, 0)]
    assert evidence.failures == 1


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(RawDataError, match=r"gone\.log cannot be read: No such file or directory"):
        read_logs([Source(name="gone.log", content=tmp_path / "gone.log")])


def test_a_folder_is_an_error(tmp_path):
    with pytest.raises(RawDataError, match="here cannot be read: Is a directory"):
        read_logs([Source(name="here", content=tmp_path)])


@pytest.mark.parametrize("kept_share", [0.3, 0.9])
def test_a_cut_gzip_file_is_an_error_and_never_half_an_answer(tmp_path, kept_share):
    packed = gzip.compress("\n".join(f"{BAD} {number * 7919}" for number in range(20_000)).encode())
    with pytest.raises(RawDataError, match=r"some.log is a cut or damaged gzip file"):
        read(tmp_path, packed[: int(len(packed) * kept_share)])


def test_a_status_that_is_none_costs_only_its_own_line(tmp_path):
    genuine = (Path(__file__).parent / "golden" / "traefik-json" / "access.json").read_text().splitlines()[0]
    odd = re.sub(r'("DownstreamStatus": ?)\d+', r"\g<1>502502", genuine)
    path = tmp_path / "access.log"
    path.write_text(f"{genuine}\n{odd}\n{genuine}\n")
    evidence = read_logs([Source(name="access.log", content=path)])

    assert odd != genuine
    assert (evidence.requests, evidence.files[0].malformed_lines) == (2, 1)


ROUTED = (
    'Mar 14 08:22:31 site heroku/router:  at=error code=H12 desc="Request timeout" method=GET '
    'path="/blog/2014/03/02/x" dyno=web.1 service=30000ms status=503'
)


@pytest.mark.parametrize(
    ("beside", "year", "is_noted"),
    [("Mar 14 08:22:32 site app/web.1:  [2026-03-14 08:22:32 +0000] [4] [INFO] x", 2026, False), (ROUTED, 2000, True)],
)
def test_a_year_that_no_log_of_requests_tells_is_that_of_another_line_or_an_assumed_one(
    tmp_path, beside, year, is_noted
):
    evidence = read(tmp_path, f"{ROUTED}\n{beside}")

    assert set(column(evidence, "failures", "time_s")) == {datetime(year, 3, 14, 8, 22, 31, tzinfo=UTC).timestamp()}
    assert [note.endswith("as of the year 2000.") for note in evidence.notes] == [True] * is_noted


def test_requests_without_a_time_of_their_own_have_that_of_their_prefix(tmp_path):
    lines = (
        "INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)",
        'INFO:     10.0.0.7:51200 - "GET /x HTTP/1.1" 502 Bad Gateway',
    )
    prefixed = "".join(f"2026-11-21T12:00:0{second}.5Z {line}\n" for second, line in enumerate(lines))
    evidence = read(tmp_path, prefixed)

    assert column(evidence, "failures", "time_s") == [1795262401.5]
    assert (evidence.requests, evidence.files[0].malformed_lines) == (1, 0)
    evidence = read(tmp_path, "\n".join(lines))
    assert (evidence.requests, evidence.files[0].first_malformed[0].text) == (0, lines[1])

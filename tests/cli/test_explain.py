"""`badgateway explain` as a user types it."""

import gzip
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from badgateway.cli.entry import cli

GOLDEN = Path(__file__).parents[1] / "analysis" / "golden" / "listen-queue-full"
LOGS = sorted(GOLDEN.iterdir())
OK_LINE = '203.0.113.7 - - [21/Nov/2026:12:00:01 +0000] "GET /a?token=s3cret HTTP/1.1" 200 1 "-" "-"\n'
BAD_LINE = OK_LINE.replace(" 200 1 ", " 502 1 ")


def call(*arguments: object, stdin: bytes = b"") -> Result:
    words = ["explain", *map(str, arguments)]
    return CliRunner().invoke(cli, words, input=stdin, prog_name="badgateway")


@pytest.fixture
def access(tmp_path):
    log = tmp_path / "access.log"
    log.write_text(OK_LINE * 3 + BAD_LINE)
    return log


def test_the_logs_of_a_full_listen_queue_say_so_and_name_the_knob():
    result = call(*LOGS)

    assert result.exit_code == 0
    assert result.stdout.startswith("89 of 91 requests failed (97.8 %).\n")
    assert "1. The accept queue of the unix socket was full (100 %): proven\n" in result.stdout
    assert "error.log:1 " in result.stdout
    assert "\nChange  uWSGI: processes, threads, harakiri. " in result.stdout
    assert "badgateway cause listen-queue-full" in result.stdout


def test_the_answer_is_twenty_lines_and_all_of_it_is_asked_for():
    whole = call("--full", *LOGS)

    assert len(call(*LOGS).stdout.splitlines()) <= 20
    assert (
        "\nThe accept queue of the unix socket was full (100 %).\nChange first: uWSGI: processes, threads, harakiri. "
        in whole.stdout
    )
    assert "badgateway cause listen-queue-full" in whole.stdout


def test_incidents_are_told_to_programs_too():
    (incident,) = json.loads(call("--format", "json", *LOGS).stdout)["incidents"]

    assert (incident["cause"], incident["count"], incident["spread"]) == ("listen-queue-full", 89, "once")
    assert incident["end_s"] - incident["start_s"] < 60


def test_files_are_recognised_by_content_in_any_order_packed_or_from_standard_input(tmp_path):
    access, error, server = LOGS
    packed = tmp_path / "b"
    packed.write_bytes(gzip.compress(access.read_bytes()))
    plain = json.loads(call("--format", "json", access, error, server).stdout)
    other = json.loads(call("--format", "json", server, "-", packed, stdin=error.read_bytes()).stdout)

    assert [cause["id"] for cause in other["causes"]] == ["listen-queue-full"]
    assert other["causes"][0]["count"] == plain["causes"][0]["count"] == 89
    assert other["causes"][0]["evidence"][0]["file"] == "standard input"


@pytest.mark.parametrize(
    ("format_", "beginning"), [("text", "1 of 4 "), ("md", "## 1 of 4 "), ("html", "<!DOCTYPE html>"), ("json", "{")]
)
def test_each_format_comes_out_of_standard_output_or_into_a_file(access, tmp_path, format_, beginning):
    output = tmp_path / "answer"
    printed = call(access, "--format", format_)
    written = call(access, "--format", format_, "--output", output)

    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert printed.stdout.lstrip().startswith(beginning)
    assert output.read_text(encoding="utf-8") == printed.stdout
    assert written.stdout == ""


def test_the_ending_of_the_output_decides_the_format_where_none_is_named(access, tmp_path):
    call(access, "--output", tmp_path / "a.html")
    call(access, "--output", tmp_path / "a.log")

    assert "<!DOCTYPE html>" in (tmp_path / "a.html").read_text()
    assert (tmp_path / "a.log").read_text().startswith("1 of 4 requests failed")


def test_an_ending_that_no_format_has_is_refused_unless_a_format_is_named(access, tmp_path):
    result = call(access, "--output", tmp_path / "a.pdf")

    assert result.exit_code == 2
    assert all(ending in result.stderr for ending in (".pdf", ".html", ".md", ".json", ".txt", "--format"))
    assert not (tmp_path / "a.pdf").exists()
    assert call(access, "--output", tmp_path / "a.pdf", "--format", "text").exit_code == 0


def test_logs_without_a_failure_are_a_success_in_plain_words(tmp_path):
    log = tmp_path / "access.log"
    log.write_text(OK_LINE * 3)
    result = call(log)

    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "No failures in 3 requests.")


def test_a_502_that_nothing_explains_is_never_given_a_cause_as_a_fact(access):
    (cause,) = json.loads(call(access, "--format", "json").stdout)["causes"]

    assert cause["certainty"] == "family"
    assert "proven" not in call(access).stdout


def test_secrets_in_query_strings_are_masked_unless_asked_for(access):
    assert "s3cret" not in call(access, "--format", "json").stdout
    assert "token=..." in call(access).stdout
    assert "s3cret" in call(access, "--no-mask").stdout
    assert "masked" in " ".join(call("--help").stdout.split())


IN_PATHS = (
    "5xy-0123456789abcdef0123456789abcdef",
    "0A1B2C3D4E",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r",
    "dGhpc0lzQVRva2VuT2ZNaW5lMTIzNDU2Nzg",
    "ann.lee@example.org",
    "hunter2",
)


@pytest.fixture
def with_secrets_in_paths(tmp_path):
    token, session, signed, random, address, word = IN_PATHS
    uris = [f"/reset/MQ/{token}/", f"/a;jsessionid={session}", f"/in/{signed}", f"/s/{random}", f"/mail/{address}"]
    access, error, server = (tmp_path / name for name in ("access.log", "error.log", "gunicorn.log"))
    closed = "upstream prematurely closed connection while reading response header from upstream"
    access.write_text("".join(OK_LINE + BAD_LINE.replace("/a?token=s3cret", uri) for uri in uris for _ in range(3)))
    error.write_text(
        "".join(
            f"2026/11/21 12:00:01 [error] 2#2: *{number} {closed}, client: 203.0.113.7, server: a, request: "
            f'"GET {uri} HTTP/1.1", upstream: "http://ann:{word}@127.0.0.1:8000{uri}", host: "a"\n'
            for number, uri in enumerate(uri for uri in uris for _ in range(3))
        )
    )
    server.write_text(
        "[2026-11-21 12:00:01 +0000] [1] [INFO] Listening at: http://127.0.0.1:8000 (1)\n"
        f"[2026-11-21 12:00:01 +0000] [8] [ERROR] Error handling request {uris[0]}\n"
        "Traceback (most recent call last):\n"
        f"ValueError: Authorization: Bearer {word}, Cookie: sessionid={session}; csrftoken={random} of {address}\n"
        f"GET /x {signed} what is this\n"
    )
    return access, error, server


@pytest.mark.parametrize("options", [(), ("--full",), *(("--format", form) for form in ("md", "html", "json"))])
def test_secrets_in_paths_and_headers_are_in_no_form_of_the_answer(with_secrets_in_paths, options):
    shown, whole = (call(*options, *more, *with_secrets_in_paths).stdout for more in ((), ("--no-mask",)))

    assert [secret for secret in IN_PATHS if secret in shown] == []
    # Twenty lines have no room for what is long.
    assert not options or [secret for secret in IN_PATHS if secret in whole] != []


def test_paths_that_differ_in_what_is_secret_are_one(with_secrets_in_paths):
    whole = json.loads(call("--format", "json", *with_secrets_in_paths).stdout)
    paths = {url["path"]: url["count"] for cause in whole["causes"] for url in cause["urls"]}

    assert paths == {"/reset/.../.../": 3, "/a;jsessionid=...": 3, "/in/...": 3, "/s/...": 3, "/mail/...": 3}


def test_a_malformed_line_is_counted_and_shown_and_fatal_to_nothing(access):
    access.write_text(access.read_text() + "what is this\n")
    whole = json.loads(call(access, "--format", "json").stdout)

    assert (whole["requests"], whole["failures"], whole["malformed_lines"]) == (4, 1, 1)
    assert "1 line could not be read and was left out. access.log:5  what is this" in call(access).stdout


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "there is nothing to explain"),
        ("a shopping list\nmilk\n", "is no log that is known here"),
    ],
)
def test_what_is_no_log_is_one_line_of_error_and_wrong_usage(tmp_path, content, complaint):
    path = tmp_path / "file"
    if content is not None:
        path.write_text(content)
    result = call(path)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("badgateway: ")
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert complaint in result.stderr


def test_no_input_on_standard_input_is_wrong_usage_too():
    result = call("-")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "standard input" in result.stderr


def test_a_file_that_is_named_twice_is_refused(access):
    result = call(access, access)

    assert result.exit_code == 2
    assert f"{access}: is named twice" in result.stderr


def test_an_answer_that_cannot_be_written_is_a_failure_not_a_wrong_usage(access, tmp_path):
    result = call(access, "--output", tmp_path / "no-folder" / "a.txt")

    assert result.exit_code == 4
    assert "no-folder" in result.stderr


@pytest.mark.parametrize(("offset", "shown"), [("+02:00", "UTC+02:00"), ("-0330", "UTC-03:30"), ("+00:00", "UTC\n")])
def test_times_are_shown_in_the_zone_that_was_given(access, offset, shown):
    assert shown in call(access, "--utc-offset", offset).stdout


def test_local_times_of_logs_without_a_zone_are_put_beside_the_others():
    access, error, _ = LOGS
    there = json.loads(call(access, error, "--format", "json").stdout)
    elsewhere = json.loads(call(access, error, "--format", "json", "--utc-offset", "+05:00").stdout)

    assert there["causes"][0]["certainty"] == "proven"
    assert there["causes"][0]["minutes"] == elsewhere["causes"][0]["minutes"], "the access log has epoch seconds"


@pytest.mark.parametrize("offset", ["2", "+2:00", "Europe/Berlin", "+15:00", "+02:60"])
def test_an_offset_that_is_none_is_wrong_usage(access, offset):
    result = call(access, "--utc-offset", offset)

    assert result.exit_code == 2
    assert "write one like +02:00" in result.stderr


def test_a_file_name_that_is_not_text_harms_nothing(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\x1b.log"
    Path(os.fsdecode(path)).write_text(BAD_LINE)

    assert call(os.fsdecode(path)).exit_code == 0


def test_a_page_of_the_catalogue_is_printed_by_its_name():
    result = CliRunner().invoke(cli, ["cause", "listen-queue-full"], prog_name="badgateway")

    assert result.exit_code == 0
    page = Path("docs/causes/listen-queue-full.md").read_text()
    assert result.stdout.startswith("# The accept queue of the unix socket was full\n")
    assert page == f"{page.splitlines()[0]}\n\n{result.stdout}\n[All causes](index.md)\n"


def test_a_cause_that_is_none_is_wrong_usage_and_names_the_nearest():
    result = CliRunner().invoke(cli, ["cause", "listen-queue"], prog_name="badgateway")

    assert result.exit_code == 2
    assert "listen-queue-full" in result.stderr


def test_the_formats_are_listed_without_a_file():
    result = call("--list-formats")

    assert result.exit_code == 0
    assert "nginx error log\n    2024/12/06" in result.stdout


def test_lines_that_were_not_read_are_named_beside_no_failures(access):
    access.write_text(OK_LINE * 3 + "what is this\n")

    assert call(access).stdout.startswith(
        "None of the 3 requests that could be read failed; 1 line could not be read, and may hold failures.\n"
    )


def test_a_format_is_given_for_all_files_or_for_one(tmp_path):
    own = tmp_path / "own.log"
    own.write_text("2026-11-21T12:00:00Z 502 /bad\n")
    for given in ("$time_iso8601 $status $request_uri", f"{own}=$time_iso8601 $status $request_uri"):
        result = call(own, "--log-format", given, "--format", "json")

        assert [json.loads(result.stdout)[key] for key in ("requests", "failures", "malformed_lines")] == [1, 1, 0]


def test_a_format_without_a_status_is_wrong_usage_and_says_what_to_log(access):
    result = call(access, "--log-format", "$remote_addr $time_local")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "has no status" in result.stderr
    assert "$status" in result.stderr


def test_two_formats_for_the_same_files_are_wrong_usage(access):
    result = call(access, "--log-format", "$status $msec", "--log-format", "$msec $status")

    assert result.exit_code == 2
    assert "given twice for all files" in result.stderr

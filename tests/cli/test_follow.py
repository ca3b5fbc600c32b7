"""`badgateway explain --follow` as a user types it."""

import json
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from click.testing import CliRunner

from badgateway.causes.live_incidents import FailedSecond, LiveIncidents
from badgateway.cli.entry import cli
from badgateway.cli.follow import JsonLines, PlainRows
from badgateway.study.following import Look

OK_LINE = '203.0.113.7 - - [21/Nov/2026:12:00:01 +0000] "GET /a HTTP/1.1" 200 1 "-" "-"\n'
BAD_LINE = OK_LINE.replace(" 200 1 ", " 502 1 ")
COMMAND = (sys.executable, "-c", "from badgateway.cli import main; main()", "explain", "--follow")


def call(*arguments, stdin=b""):
    return CliRunner().invoke(cli, ["explain", "--follow", *map(str, arguments)], input=stdin, prog_name="badgateway")


def test_standard_input_is_followed_to_its_end_and_summed_up():
    result = call("-", stdin=(OK_LINE * 9 + BAD_LINE).encode())

    assert result.exit_code == 0
    assert ":01  1 \N{MULTIPLICATION SIGN} 502  The proxy got no valid answer, on /a (?)\n" in result.stdout
    assert "\n1 of 10 requests failed in " in result.stdout
    assert "\x1b" not in result.stdout


def test_programs_get_a_json_object_in_each_line():
    incident, *_, last = map(json.loads, call("--json-lines", "-", stdin=BAD_LINE.encode()).stdout.splitlines())

    assert (incident["event"], incident["count"], incident["statuses"]) == ("incident", 1, {"502": 1})
    assert (last["event"], last["requests"], last["failures"]) == ("summary", 1, 1)


def test_lines_of_a_servers_log_that_is_followed_have_their_numbers():
    quiet = "Fri Dec  6 14:48:55 2024 - *** Starting uWSGI 2.0.31 (64bit) on [Fri Dec  6 14:48:55 2024] ***\n"
    trouble = "Fri Dec  6 14:48:56 2024 - --- no python application found, check your startup logs for errors ---\n"

    told = " ".join(call("-", stdin=(quiet * 4 + trouble).encode()).stdout.split())

    assert "application not loaded (1, first standard input:5)" in told


@pytest.mark.parametrize("options", [(), ("--json-lines",)])
def test_secrets_in_paths_are_in_no_line(options):
    log = BAD_LINE.replace("/a ", "/reset/MQ/5xy-0123456789abcdef/ ").encode() + b"what? /s/0123456789abcdef\n"

    assert "0123456789abcdef" not in call(*options, "-", stdin=log).stdout
    assert "/reset/.../.../" in call(*options, "-", stdin=log).stdout
    assert "/reset/MQ/5xy-0123456789abcdef/" in call(*options, "--no-mask", "-", stdin=log).stdout


def append_until(is_over, log):
    # Until it has begun, lines are what was there before.
    while not is_over.wait(0.2):
        with log.open("a") as file:
            file.write(BAD_LINE)


def test_ctrl_c_ends_with_a_summary_and_is_no_error(tmp_path):
    log = tmp_path / "access.log"
    log.write_text(OK_LINE)
    is_over = threading.Event()
    writer = threading.Thread(target=append_until, args=(is_over, log))
    with subprocess.Popen([*COMMAND, "--json-lines", str(log)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            writer.start()
            first = json.loads(child.stdout.readline())
            child.send_signal(signal.SIGINT)
            *_, last = map(json.loads, child.stdout.read().splitlines())
        finally:
            is_over.set()
            child.kill()

    assert child.returncode == 0
    assert (first["event"], first["over"]) == ("incident", False)
    assert last["event"] == "summary"
    assert last["failures"] >= 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--follow", "--full"), "--full is of no use with --follow"),
        (("--follow", "--format", "json"), "--format is of no use with --follow"),
        (("--json-lines",), "--json-lines is for --follow"),
        (("--follow", "no-such.log"), "cannot be read: No such file or directory"),
    ],
)
def test_what_does_not_fit_is_wrong_usage(tmp_path, options, complaint):
    log = tmp_path / "access.log"
    log.write_text(OK_LINE)
    result = CliRunner().invoke(cli, ["explain", *options, str(log)], prog_name="badgateway")

    assert result.exit_code == 2
    assert complaint in result.stderr


def look_at(live):
    return Look(incidents=live.incidents, requests=100, files=(), utc_offset_s=0.0, followed_s=1.0)


def failed(second, count, cause="listen-queue-full"):
    return FailedSecond(cause_id=cause, certainty="proven", second=second, status=502, path="/a", count=count)


def test_a_pipe_gets_one_row_of_an_incident_when_it_is_over(capsys):
    live, display = LiveIncidents(), PlainRows()
    for now_s, found in ((0, [failed(5, 1)]), (2, [failed(5, 1), failed(7, 3)]), (32, [failed(5, 1), failed(7, 3)])):
        live.look(found, since_s=0, now_s=now_s)
        display.show(look_at(live), now_s)
    display.show(look_at(live), 90)

    assert capsys.readouterr().out == (
        "00:00:05 to 00:00:07  4 \N{MULTIPLICATION SIGN} 502  The accept queue of the unix socket was full, on /a\n"
    )


def test_what_is_told_beside_failures_is_printed_once(capsys):
    sentence = "nginx did not start, or kept its old configuration: error.log:1  [emerg] host not found"
    for display, lines in (
        (PlainRows(), [sentence]),
        (JsonLines(), [json.dumps({"event": "remark", "text": sentence})]),
    ):
        for now_s in (0, 1):
            display.show(replace(look_at(LiveIncidents()), remarks=(sentence,)), now_s)

        assert capsys.readouterr().out.splitlines() == lines


def test_a_pipe_is_told_each_minute_of_an_incident_that_goes_on(capsys):
    live, display = LiveIncidents(), PlainRows()
    for now_s in range(0, 130, 10):
        live.look([failed(second, 1) for second in range(0, now_s + 1, 10)], since_s=0, now_s=now_s)
        display.show(look_at(live), now_s)

    assert [line[:22] for line in capsys.readouterr().out.splitlines()] == [
        "00:00:00 to 00:01:00 .",
        "00:00:00 to 00:02:00 .",
    ]


def test_a_program_is_told_when_an_incident_begins_when_its_cause_is_another_and_when_it_is_over(capsys):
    live, display = LiveIncidents(), JsonLines()
    for now_s, cause in ((0, "slow-request"), (1, "slow-request"), (2, "listen-queue-full"), (40, "listen-queue-full")):
        live.look([failed(5, 1, cause)], since_s=0, now_s=now_s)
        display.show(look_at(live), now_s)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [(line["number"], line["cause"], line["over"]) for line in lines] == [
        (1, "slow-request", False),
        (1, "listen-queue-full", False),
        (1, "listen-queue-full", True),
    ]

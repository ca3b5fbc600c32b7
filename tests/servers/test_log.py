import textwrap
from pathlib import Path

import pytest

from badgateway.servers import granian, uvicorn
from badgateway.servers.log import logging_config, stamped_line
from badgateway.servers.uwsgi_log import split_line

NOON_S = 1795262400.0


@pytest.mark.parametrize(
    "prefix",
    [
        "Sat Nov 21 12:00:00 2026 - ",
        "2026-11-21 12:00:00 - ",
        "[2026-11-21 12:00:00] - ",
        "2026/11/21T12:00:00,123 - ",
        "Nov 21 12:00:01 web1 uwsgi[9]: Sat Nov 21 12:00:00 2026 - ",
    ],
)
def test_uwsgis_date_is_split_off_in_its_usual_forms(prefix):
    line = split_line(prefix + "words - more", 0)

    assert (line.text, line.time_s, line.has_prefix) == ("words - more", NOON_S, True)


def test_a_day_of_one_digit_is_padded_with_a_space():
    assert split_line("Sun Nov  1 12:00:00 2026 - x", 0).time_s == NOON_S - 20 * 86400


def test_local_time_is_moved_to_utc():
    assert split_line("2026-11-21 12:00:00 - x", 7200).time_s == NOON_S - 7200


@pytest.mark.parametrize("prefix", ["Sat Foo 21 12:00:00 2026 - ", "2026-13-21 12:00:00 - ", "2026-11-21 25:00:00 - "])
def test_a_date_that_does_not_exist_leaves_the_time_unknown(prefix):
    line = split_line(prefix + "x", 0)

    assert (line.text, line.time_s) == ("x", None)


def test_a_line_without_date_is_all_text():
    line = split_line("DAMN ! worker 1 (pid: 7) died :(", 0)

    assert (line.text, line.time_s, line.has_prefix) == ("DAMN ! worker 1 (pid: 7) died :(", None, False)


REQUEST = "[pid: 7|app: 0|req: 2/3] 127.0.0.1 () {36 vars in 440 bytes} [Sun Nov  1 12:00:00 2026] GET /a?{b} => "


@pytest.mark.parametrize(("took", "seconds"), [("1 msecs", 0), ("2999 msecs", 2), ("70 micros", 0)])
def test_a_request_line_of_uwsgi_has_the_second_in_which_it_ended_and_stays_whole(took, seconds):
    text = f"{REQUEST}generated 0 bytes in {took} (HTTP/1.1 500) 0 headers in 0 bytes"
    line = split_line(text, 3600)

    assert (line.text, line.has_prefix) == (text, False)
    assert line.time_s == NOON_S - 20 * 86400 - 3600 + seconds


def test_a_request_line_with_a_date_that_does_not_exist_has_no_time():
    text = f"{REQUEST}generated 0 bytes in 1 msecs (HTTP/1.1 500) 0 headers in 0 bytes".replace("Nov", "Foo")

    assert split_line(text, 0).time_s is None


def test_gunicorns_own_zone_counts():
    line = stamped_line("[2026-11-21 06:00:00 -0600] [42] [ERROR] words")

    assert (line.text, line.time_s, line.pid) == ("words", NOON_S, 42)


def test_gunicorns_impossible_time_is_unknown():
    assert stamped_line("[0000-11-21 06:00:00 -0600] [42] [ERROR] words").time_s is None


def test_a_number_beyond_any_pid_is_no_prefix_of_gunicorn():
    assert not stamped_line(f"[2026-11-21 06:00:00 -0600] [{'9' * 40}] [ERROR] words").has_prefix


@pytest.mark.parametrize(
    ("log", "line"),
    [
        (granian.LOG, "[ERROR] Unexpected exit from worker-1"),
        (uvicorn.LOG, "INFO:     Child process [8] died"),
        (uvicorn.LOG, "WARNING:  Exceeded concurrency limit."),
    ],
)
def test_a_level_alone_is_split_off_and_leaves_no_time(log, line):
    split = log.line(line, 0.0)

    assert (split.time_s, split.pid, split.has_prefix) == (None, None, True)
    assert any(rule.pattern.search(split.text) for rule in log.rules)


@pytest.mark.parametrize("log", [granian.LOG, uvicorn.LOG])
def test_a_level_behind_a_date_and_a_process_is_split_off_with_them(log):
    split = log.line("[2026-11-21 12:00:00 +0000] [7] [INFO] words", 0.0)

    assert (split.text, split.time_s, split.pid) == ("words", NOON_S, 7)


@pytest.mark.parametrize("log", [granian.LOG, uvicorn.LOG])
def test_what_an_application_prints_has_no_prefix(log):
    assert not log.line("INFO something else", 0.0).has_prefix


def test_the_page_about_explain_shows_the_configuration_that_the_kit_gives():
    page = (Path(__file__).parents[2] / "docs" / "explain.md").read_text()

    assert textwrap.indent(logging_config("_granian"), "    ") in page

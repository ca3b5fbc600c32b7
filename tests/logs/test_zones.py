from pathlib import Path

import pytest

from badgateway.logs import LogEvidence, Source, read_logs

HARAKIRI = "HARAKIRI [core 0] 10.0.0.1 - GET /big since 1733496506"


def failed(clock: str, zone: str = "+0000", uri: str = "/big") -> str:
    return f'10.0.0.1 - - [06/Dec/2024:{clock} {zone}] "GET {uri} HTTP/1.1" 502 157 "-" "x"\n'


def error(clock: str, uri: str = "/big") -> str:
    return (
        f"2024/12/06 {clock} [error] 29#29: *8 upstream prematurely closed connection while reading response header "
        f'from upstream, client: 10.0.0.1, server: a, request: "GET {uri} HTTP/1.1", upstream: "http://127.0.0.1:8000"\n'
    )


@pytest.fixture
def read(tmp_path: Path):
    def reading(utc_offset_s: float | None = None, **logs: str) -> LogEvidence:
        for name, text in logs.items():
            (tmp_path / name).write_text(text)
        return read_logs([Source(name=name, content=tmp_path / name) for name in logs], utc_offset_s=utc_offset_s)

    return reading


def test_the_zone_is_where_the_two_logs_of_nginx_meet_and_it_is_said(read):
    evidence = read(access=failed("14:48:56"), errors=error("16:48:56"))

    assert evidence.utc_offset_s == 7200
    assert "UTC+02:00" in evidence.notes[0]


def test_logs_in_one_zone_say_nothing(read):
    evidence = read(access=failed("14:48:56"), errors=error("14:48:56"))

    assert (evidence.utc_offset_s, evidence.notes) == (0.0, ())


def test_more_meetings_win_over_a_decoy_an_hour_off(read):
    access = failed("15:48:56", "+0100") + failed("14:48:56", "+0100")
    evidence = read(access=access, errors=error("14:48:56") + error("15:48:56"))

    assert evidence.utc_offset_s == 3600


def test_of_equal_zones_the_one_that_the_access_log_states_is_taken(read):
    evidence = read(access=failed("14:00:00", "+0100") + failed("15:00:00", "+0100"), errors=error("14:00:00"))

    assert evidence.utc_offset_s == 3600


def test_several_zones_that_fit_are_none_and_a_warning(read):
    evidence = read(access=failed("10:00:00") + failed("11:00:00"), errors=error("12:00:00"))

    assert evidence.utc_offset_s == 0
    assert "give --utc-offset" in evidence.notes[0]


@pytest.mark.parametrize(("clock", "of_other_times"), [("12:00:07", True), ("10:00:07", False)])
def test_logs_that_never_meet_are_a_warning(read, clock, of_other_times):
    (note,) = read(access=failed("10:00:00"), errors=error(clock, uri="/other")).notes

    assert note.startswith("No line of nginx's error log is about a failed request of the access log")
    assert ("they are of different times or sites" in note) is of_other_times


def test_an_error_log_that_tells_of_a_cut_answer_is_of_the_same_requests(read):
    cut = error("10:00:07", uri="/cut").replace("reading response header from upstream", "reading upstream")

    assert read(access=failed("10:00:00"), errors=cut).notes == ()


def test_what_the_user_says_is_not_questioned(read):
    evidence = read(3600.0, access=failed("14:48:56"), errors=error("16:48:56"))

    assert (evidence.utc_offset_s, evidence.notes) == (3600.0, ())


def test_a_uwsgi_log_tells_its_own_zone(read):
    lines = "Fri Dec  6 16:48:56 2024 - *** HARAKIRI ON WORKER 1 (pid: 66, try: 1, graceful: yes) ***\n"
    evidence = read(uwsgi=f"{lines}Fri Dec  6 16:48:56 2024 - {HARAKIRI}\n")
    times = evidence.connection.execute("SELECT DISTINCT time_s FROM server_events").fetchall()

    assert times == [(1733496536.0,)]
    assert "UTC+02:00" in evidence.notes[0]


def through_haproxy(clock: str, uri: str = "/big") -> str:
    return (
        f"203.0.113.9:51200 [06/Dec/2024:{clock}.100] web~ app/app1 0/0/53/-1/69 502 1029 - - SH-- 7/6/1/1/0 0/0 "
        f'"GET {uri} HTTP/1.1"\n'
    )


def killed(clock: str) -> str:
    return f"[2024-12-06 {clock} +0000] [1] [ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of memory?\n"


def seconds(evidence: LogEvidence) -> list[float]:
    found = evidence.connection.execute("SELECT floor(time_s) FROM failures WHERE source = 'HAProxy log'").fetchall()
    return sorted(second for (second,) in found)


def test_the_zone_of_haproxy_is_where_its_failures_meet_the_ends_of_workers_and_it_is_said(read):
    evidence = read(haproxy=through_haproxy("16:48:56"), gunicorn=killed("14:48:56"))

    assert seconds(evidence) == [1733496536]
    assert evidence.connection.table("volume").project("minute_s").fetchall() == [(1733496480,)]
    assert "UTC+02:00" in evidence.notes[0]


def test_a_worker_that_died_hours_away_moves_no_failure_of_haproxy_that_met_one(read):
    evidence = read(haproxy=through_haproxy("14:48:56"), gunicorn=killed("12:48:56") + killed("14:48:56"))

    assert (seconds(evidence), evidence.notes) == ([1733496536], ())


def test_where_several_zones_fit_haproxys_times_stay_as_they_are(read):
    evidence = read(haproxy=through_haproxy("16:48:56"), gunicorn=killed("14:48:56") + killed("15:48:56"))

    assert (seconds(evidence), evidence.notes) == ([1733503736], ())


def test_the_offset_that_was_given_is_haproxys_too(read):
    evidence = read(3600, haproxy=through_haproxy("16:48:56"), gunicorn=killed("14:48:56"))

    assert seconds(evidence) == [1733500136]

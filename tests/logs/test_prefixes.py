import pytest

from badgateway.logs.examples import PREFIXED, examples
from badgateway.logs.prefixes import Prefixes
from badgateway.logs.recognising import kind_of
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn


# A format of its own is seen from many lines, not from one by itself.
@pytest.mark.parametrize("kind", sorted(set(examples()) - {LogKind.OWN_FORMAT, LogKind.OTHER_SERVER}))
def test_the_example_of_each_kind_is_of_that_kind_and_has_no_prefix(kind):
    example = examples()[kind]

    assert kind_of(example) == kind
    # Heroku has no other time than that before its lines.
    assert bool(Prefixes([example])) is (kind in (LogKind.HEROKU, LogKind.HEROKU_DYNO))


@pytest.mark.parametrize("line", PREFIXED.values(), ids=PREFIXED)
def test_the_example_of_each_prefix_is_taken_off(line):
    assert Prefixes([line]).unwrap(line).text == examples()[gunicorn.LOG.kind]


def test_a_line_of_caddy_for_a_terminal_is_what_its_json_would_be():
    line = '2024/12/06 14:48:56.123\tERROR\thttp.log.error\tdial tcp: connection refused\t{"status": 502}'

    assert kind_of(Prefixes([line]).unwrap(line).text) == LogKind.CADDY_LOG
    assert not Prefixes([line.replace("{", "[")])


def test_a_prefix_may_stand_in_another_and_the_inner_time_counts():
    line = "web_1  | 2024-12-06T14:48:56.5Z Dec  6 15:48:56 web1 app[7]: hello"
    found = Prefixes([line]).unwrap(line)

    assert (found.stream, found.written, found.text) == ("web_1 web1 app", "Dec  6 15:48:56", "hello")


def test_a_dyno_is_a_stream_and_a_process_id_is_none():
    line = "2017-08-29T21:16:14.001000+00:00 app[web.1]: hello"

    assert Prefixes([line]).unwrap(line).stream == "app[web.1]"
    assert Prefixes(["Dec  6 15:48:56 h app[7]: x"]).unwrap("Dec  6 15:48:56 h app[8]: x").stream == "h app"


def test_a_rare_line_that_looks_prefixed_does_not_make_a_prefix():
    lines = ["[2024-12-06 14:48:30 +0000] [8] [INFO] x"] * 30 + ["total | 12"]

    assert not Prefixes(lines)


def test_json_that_is_an_access_line_or_nested_without_end_is_no_prefix():
    for line in ('{"status": 200, "message": "x"}', "[" * 100_000, '{"log": "'):
        assert not Prefixes([line])


def test_an_event_of_a_logger_for_json_is_a_text_and_an_object_is_none():
    line = '{"event": "WORKER TIMEOUT (pid:17)", "level": "critical", "timestamp": "2024-12-06T14:48:56.1Z"}'
    found = Prefixes([line]).unwrap(line)

    assert (found.text, found.written) == ("WORKER TIMEOUT (pid:17)", "2024-12-06T14:48:56.1Z")
    assert not Prefixes(['{"event": {"id": 7}, "timestamp": "2024-12-06T14:48:56.1Z"}'])


def test_colours_around_the_name_of_a_container_go_with_it():
    line = "\x1b[36mweb-1  | \x1b[0mhello"

    assert Prefixes([line]).unwrap(line).stream == "web-1"
    assert Prefixes([line]).unwrap(line).text == "hello"


def test_a_pod_that_a_collector_names_in_json_is_a_stream():
    line = '{"log":"hello","kubernetes":{"pod_name":"web-1"},"time":"2024-12-06T14:48:56Z"}'

    assert Prefixes([line]).unwrap(line).stream == "web-1"


def test_microseconds_of_a_journal_are_a_time():
    line = '{"__REALTIME_TIMESTAMP":"1733496536123456","_SYSTEMD_UNIT":"web.service","MESSAGE":"hello"}'

    assert Prefixes([line]).unwrap(line).written == "1733496536.123456"


def test_months_of_a_journal_are_read_in_other_languages():
    line = "Mär 14 09:22:31 web1 gunicorn[8]: hello"
    found = Prefixes([line]).unwrap(line)

    assert (found.written, found.stream, found.host) == ("Mär 14 09:22:31", "web1 gunicorn", "web1")


def test_a_printed_exception_behind_a_time_is_no_program():
    for text in ("KeyError: 'price'", "psycopg.OperationalError: connection failed: x", "ERROR django: no", "INFO:  x"):
        line = f"2026-03-14T08:22:31.1Z {text}"

        assert Prefixes([line]).unwrap(line).text == text
        assert Prefixes([line]).unwrap(line).stream == ""


def test_colours_inside_of_lines_go():
    line = "\x1b[32mINFO\x1b[0m:     Started server process [\x1b[36m1\x1b[0m]"

    assert Prefixes([line]).unwrap(line).text == "INFO:     Started server process [1]"


def test_a_date_of_uwsgi_without_a_year_stands_before_its_line():
    line = "Tue May 31 09:00:03 - worker 8 lifetime reached, it was running for 4301 second(s)"
    found = Prefixes([line]).unwrap(line)

    assert (found.written, found.text.split()[0]) == ("May 31 09:00:03", "worker")


def test_a_plain_date_is_a_prefix_only_before_something_that_is_known():
    known, unknown = "2026-03-14 08:22:31 *** HARAKIRI ON WORKER 1 (pid: 66, try: 1) ***", "2026-03-14 08:22:31 hello"

    assert Prefixes([known]).unwrap(known).text.startswith("*** HARAKIRI")
    assert not Prefixes([unknown])
    for own in ("- *** HARAKIRI ON WORKER 1", "[8] [INFO] Booting worker with pid: 8", "UTC [71] FATAL:  no"):
        assert not Prefixes([f"2026-03-14 08:22:31 {own}"])


def test_the_files_that_grep_names_are_streams():
    line = '/var/log/nginx/access.log.1:7:203.0.113.9 - - [06/Dec/2024:14:48:56 +0000] "GET /big HTTP/1.1" 502 157'
    found = Prefixes([line]).unwrap(line)

    assert (found.stream, found.text[:11]) == ("/var/log/nginx/access.log.1", "203.0.113.9")

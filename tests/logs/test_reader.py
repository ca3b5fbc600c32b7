"""What a large file is read as: the same as a small one."""

import pytest

from badgateway.logs import Source, event_reader, read_logs, reader, server_events

KERNEL = "[Sat Nov 21 12:00:00 2026] gunicorn[8]: segfault at 0 ip 00007f1c5b2a1234 sp 00007ffd2b3a4b50 error 4 in x\n"
SERVER = "[2026-11-21 12:00:00 +0000] [1] [ERROR] Worker (pid:8) was sent SIGSEGV!\n"


def error(number: int) -> str:
    return (
        f"2026/11/21 12:00:{number % 60:02d} [error] 7#7: *{number} connect() to unix:/run/a.sock failed (11: Resource "
        f'temporarily unavailable) while connecting to upstream, client: 10.0.0.1, server: a, request: "GET /{number} '
        'HTTP/1.1", upstream: "http://unix:/run/a.sock:"\n'
    )


def everything(log):
    evidence = read_logs([Source(name="error.log", content=log)])
    rows = {
        table: evidence.connection.table(table).order("ALL").fetchall()
        for table in ("proxy_errors", "failures", "volume", "server_events", "dated_lines")
    }
    evidence.connection.close()
    return rows, sorted((file.kind, file.lines, file.malformed_lines) for file in evidence.files)


@pytest.mark.parametrize("middle", ["", "no error line\n", SERVER])
def test_an_error_log_that_is_read_in_pieces_has_the_same_lines(tmp_path, monkeypatch, middle):
    log = tmp_path / "error.log"
    log.write_text("".join(map(error, range(300))) + middle + "".join(map(error, range(300, 600))))
    at_once = everything(log)
    monkeypatch.setattr(reader, "_PIECE_BYTES", 10_000)

    assert len(at_once[0]["proxy_errors"]) == 600
    assert everything(log) == at_once


def told(number: int) -> str:
    """Return what a worker says that ran into its time limit, and one whose application raised, in no time at all."""
    at = f"[2026-11-21 12:{number // 60:02d}:{number % 60:02d} +0000]"
    traceback = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n'
    return (
        f"{at} [1] [CRITICAL] WORKER TIMEOUT (pid:{number})\n"
        f"{at} [{number}] [ERROR] Error handling request /slow/{number}\n{traceback}SystemExit: 1\n"
        f"MemoryError: {number}\n"
        f"{at} [7] [ERROR] Error handling request /bad/{number}\n{traceback}ValueError: {number}\n"
    )


def test_a_server_log_with_many_events_has_the_same_ones(tmp_path, monkeypatch):
    log = tmp_path / "gunicorn.log"
    log.write_text("".join(map(told, range(300))))
    few = everything(log)
    monkeypatch.setattr(event_reader, "_MANY_EVENTS", 250)
    monkeypatch.setattr(server_events, "_BATCH_LINES", 77)

    assert len(few[0]["server_events"]) > 600
    assert len(few[0]["dated_lines"]) > 200
    assert everything(log) == few


def test_a_crash_that_kernel_and_server_tell_of_is_one(tmp_path):
    sources = []
    for name, text in (("kernel", KERNEL), ("server", SERVER)):
        (tmp_path / name).write_text(text)
        sources.append(Source(name=name, content=tmp_path / name))
    found = read_logs(sources).connection.table("server_events").project("server, event, signal").fetchall()

    assert found == [("gunicorn", "worker killed", 11)]

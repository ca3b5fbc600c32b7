"""A large error log's lines stay in it: those that are shown are read again, and are the ones that were read."""

import pytest

from badgateway.analysis.explanation import explain
from badgateway.errors import RawDataError
from badgateway.logs import Source, read_logs, reader
from badgateway.logs.left_lines import LeftLines

NEVER = "2026/11/21 11:59:59 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)\n"
OTHERS = ("no error line\n", "\n", "2026/11/21 12:00:00 [notice] 7#7: signal process started\n", NEVER)


def refused(number: int, path: str = "/") -> str:
    return (
        f"2026/11/21 12:{number // 60 % 60:02d}:{number % 60:02d} [error] 7#7: *{number} connect() failed (111: "
        "Connection refused) while connecting to upstream, client: 10.0.0.1, server: a, request: "
        f'"GET {path}{number}?token=s3cr3t HTTP/1.1", upstream: "http://127.0.0.1:8000/", host: "a.example.org"\n'
    )


def timed_out(number: int) -> str:
    message = "upstream timed out (110: Connection timed out) while reading response header from"
    return refused(number).replace("connect() failed (111: Connection refused) while connecting to", message)


LINES = (*map(refused, range(40)), *OTHERS, refused(40, "/" + "x" * 5000), *map(timed_out, range(41, 60)))


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log of some pieces."""
    path = tmp_path / "error.log"
    path.write_text("".join(LINES))
    monkeypatch.setattr(reader, "_PIECE_BYTES", 8_000)
    return path


def explained(log):
    return explain([Source(name="error.log", content=log)])


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_what_is_shown_is_what_is_shown_of_a_small_log(log, monkeypatch, mask, ends):
    log.write_bytes(log.read_bytes().replace(b"\n", ends))
    left = explain([Source(name="error.log", content=log)], mask=mask)
    monkeypatch.undo()

    assert len({line.line_number for cause in left.diagnosis.causes for line in cause.evidence}) > 3
    assert left == explain([Source(name="error.log", content=log)], mask=mask)


@pytest.mark.parametrize("odd", [b"\xff\xfe not UTF-8\n", b"half\ra line\n", b"y" * 20_000 + b"\n"])
def test_lines_that_are_read_in_another_way_are_shown_alike(log, monkeypatch, odd):
    whole = log.read_bytes().split(b"\n")
    log.write_bytes(b"\n".join(whole[:20]) + b"\n" + odd + b"\n".join(whole[20:]))
    left = explained(log)
    monkeypatch.setattr(LeftLines, "leave", lambda *_given: False)

    assert left == explained(log)


def test_only_lines_about_no_request_are_kept(log):
    evidence = read_logs([Source(name="error.log", content=log)], leaves_lines=True)
    kept = evidence.connection.execute("SELECT line FROM proxy_errors WHERE line IS NOT NULL").fetchall()

    assert [f"{line}\n" for (line,) in kept] == [NEVER]


def test_beside_another_log_all_lines_are_kept(log, tmp_path):
    (tmp_path / "other.log").write_text(refused(1))
    sources = [Source(name=name, content=tmp_path / name) for name in ("error.log", "other.log")]
    evidence = read_logs(sources, leaves_lines=True)

    assert evidence.again is None
    assert evidence.connection.execute("SELECT count(*) FROM proxy_errors WHERE line IS NULL").fetchall() == [(0,)]


def test_a_log_that_is_rotated_meanwhile_still_has_its_lines(log):
    evidence = read_logs([Source(name="error.log", content=log)], leaves_lines=True)
    log.rename(log.with_name("error.log.1"))
    log.write_text(refused(7))

    assert evidence.again is not None
    assert evidence.again([1, 60]) == {1: LINES[0].rstrip("\n"), 60: LINES[59].rstrip("\n")}


def test_a_log_that_is_written_anew_meanwhile_is_not_shown_for_what_it_was(log):
    evidence = read_logs([Source(name="error.log", content=log)], leaves_lines=True)
    log.write_text("".join(map(timed_out, range(60))))

    assert evidence.again is not None
    with pytest.raises(RawDataError, match=r"error\.log was written anew while it was read: explain a copy of it"):
        evidence.again([1])

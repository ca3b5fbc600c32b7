"""Streams: read piece by piece, with nothing on the disk, and as a file would be."""

import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from badgateway.analysis.explanation import explain
from badgateway.errors import RawDataError
from badgateway.logs import Source, read_logs, streaming
from badgateway.model.log_kind import LogKind
from tests.logs.test_cases import CASES, NOT_LOGS

GOLDEN = Path(__file__).parent / "golden"
STREAMED = (
    "07-uwsgi-segv",
    "18-gunicorn-silent-segv",
    "shape-11-mixed-compose-all",
    "shape-12-crlf",
    "shape-15-gz",
    "shape-14-utf16-powershell",
    "shape-K2-rolling-deploy-two-pods",
)
OK_LINE = b'203.0.113.7 - - [21/Nov/2026:12:00:01 +0000] "GET /a HTTP/1.1" 200 1 "-" "-"\n'
BAD_LINE = OK_LINE.replace(b" 200 1 ", b" 502 1 ")
BOOT = b"[2026-11-21 12:00:00 +0000] [9] [INFO] Booting worker with pid: 10\n"


def streams(case):
    paths = sorted(path for path in (CASES / case).rglob("*") if path.is_file() and path.name not in NOT_LOGS)
    return [(path.name, path) for path in paths]


def read(content, name="standard input"):
    return read_logs([Source(name=name, content=io.BytesIO(content))])


@pytest.fixture
def short_pieces(monkeypatch):
    monkeypatch.setattr(streaming, "PIECE_BYTES", 700)


@pytest.mark.parametrize("case", STREAMED)
def test_a_stream_is_explained_as_a_file_is(case, short_pieces):
    as_files = explain([Source(name=name, content=path) for name, path in streams(case)])
    as_streams = explain([Source(name=name, content=io.BytesIO(path.read_bytes())) for name, path in streams(case)])

    assert as_streams == as_files


def test_lines_keep_their_numbers_over_the_pieces(short_pieces):
    evidence = read(OK_LINE * 100 + BAD_LINE + OK_LINE * 100 + BAD_LINE)
    numbers = evidence.connection.table("failures").project("line_number").fetchall()

    assert numbers == [(101,), (202,)]
    assert (evidence.requests, evidence.files[0].lines) == (202, 202)


def test_what_could_not_be_read_is_counted_over_the_pieces_and_shown_from_the_first(short_pieces):
    evidence = read((OK_LINE * 20 + b"what is this\n") * 9)
    (file,) = evidence.files

    assert file.malformed_lines == 9
    assert [line.line_number for line in file.first_malformed] == [21, 42, 63, 84, 105]


def test_a_program_that_turns_up_in_a_later_piece_is_told_apart(short_pieces):
    evidence = read(OK_LINE * 20 + b"2026/11/21 12:00:01 [error] 9#9: *1 connect() failed\n" + OK_LINE * 20)

    assert [(file.kind, file.lines) for file in evidence.files] == [
        (LogKind.NGINX_COMBINED, 40),
        (LogKind.NGINX_ERROR, 1),
    ]


def test_a_traceback_over_two_pieces_is_one_event(monkeypatch):
    log = (GOLDEN / "gunicorn-sync").glob("*.log").__next__().read_bytes()
    whole = read(log).connection.table("server_events").project("event, line_number").fetchall()
    monkeypatch.setattr(streaming, "PIECE_BYTES", 97)

    assert read(log).connection.table("server_events").project("event, line_number").fetchall() == whole != []


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: content.decode().encode("utf-16")])
def test_a_stream_may_be_packed_or_of_utf_16(pack, short_pieces):
    assert read(pack(OK_LINE * 50 + BAD_LINE)).failures == 1


def test_a_damaged_stream_is_one_clear_error():
    with pytest.raises(RawDataError, match="standard input is a cut or damaged gzip file"):
        read(gzip.compress(OK_LINE * 5000)[:-20])


def test_an_endless_line_is_cut_and_the_next_one_read(short_pieces):
    evidence = read(OK_LINE * 3 + b"x" * 100_000 + b"\n" + BAD_LINE)

    assert (evidence.requests, evidence.failures, evidence.files[0].malformed_lines) == (4, 1, 1)
    assert evidence.connection.table("failures").project("line_number").fetchall() == [(5,)]


def test_without_a_last_line_end_the_last_line_counts(short_pieces):
    assert read(OK_LINE * 30 + BAD_LINE.rstrip()).failures == 1


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files in memory are Linux's")
@pytest.mark.parametrize("prefix", [b"", b"web-1  | "])
def test_a_stream_takes_no_room_on_the_disk(tmp_path, monkeypatch, prefix):
    monkeypatch.setattr(streaming, "PIECE_BYTES", 256 * 1024)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    most_bytes, is_over = [0], threading.Event()

    def watch():
        while not is_over.wait(0.005):
            most_bytes[0] = max(most_bytes[0], used(tmp_path))

    watcher = threading.Thread(target=watch)
    watcher.start()
    lines = prefix + BOOT + (prefix + OK_LINE) * 30_000 + prefix + BAD_LINE.replace(b" 502 ", b" 500 ")
    found = explain([Source(name="standard input", content=io.BytesIO(lines))]).diagnosis
    is_over.set()
    watcher.join()

    assert (found.requests, found.failures) == (30_001, 1)
    assert most_bytes[0] < 10_000 < len(lines) / 100


def used(folder):
    """Return the bytes of all files that are there now."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total

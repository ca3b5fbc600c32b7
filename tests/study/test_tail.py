"""What is appended to files and streams, through rotation and truncation."""

import gzip
import io
import time

import pytest

from badgateway.errors import ConfigurationError
from badgateway.study.tail import FileTail, StreamTail


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "access.log"
    path.write_bytes(b"old\n")
    return path


@pytest.fixture
def tail(log):
    tail = FileTail(log)
    yield tail
    tail.close()


def append(log, content):
    with log.open("ab") as file:
        file.write(content)


def test_only_what_is_appended_is_read_and_what_was_there_is_known(log, tail):
    assert (tail.before, tail.read()) == (b"old\n", b"")
    append(log, b"one\ntw")
    assert tail.read() == b"one\ntw"
    append(log, b"o\n")

    assert tail.read() == b"o\n"


def test_of_a_large_file_whole_lines_are_known(log):
    append(log, b"0123456789\n" * 50_000)
    tail = FileTail(log)
    tail.close()

    assert tail.before.startswith(b"0123456789\n")
    assert len(tail.before) <= 128 * 1024


def test_a_rotated_file_is_read_to_its_end_and_then_the_next_one_from_its_beginning(log, tail):
    append(log, b"last\n")
    log.rename(log.with_suffix(".1"))
    assert tail.read() == b"last\n"
    assert tail.read() == b"", "the next file is not there yet"
    log.write_bytes(b"first\n")

    assert tail.read() == b"first\n"


def test_a_line_that_the_old_file_lacks_the_end_of_is_not_glued_to_the_next_file(log, tail):
    append(log, b"half")
    assert tail.read() == b"half"
    log.rename(log.with_suffix(".1"))
    log.write_bytes(b"first\n")

    assert tail.read() == b"\nfirst\n"


def test_a_file_that_was_emptied_is_read_from_its_beginning(log, tail):
    append(log, b"one\n")
    tail.read()
    log.write_bytes(b"new\n")

    assert tail.read() == b"new\n"


def test_a_file_that_cannot_be_followed_is_one_clear_error(tmp_path):
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress(b"x"))

    with pytest.raises(ConfigurationError, match="name a readable log file"):
        FileTail(tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="--follow reads plain logs"):
        FileTail(packed)


def test_a_stream_is_over_when_it_has_ended_and_all_was_read():
    tail = StreamTail(io.BytesIO(b"one\ntwo\n"))
    content = b""
    deadline_s = time.monotonic() + 10
    while not tail.is_over and time.monotonic() < deadline_s:
        content += tail.read()

    assert (content, tail.is_over) == (b"one\ntwo\n", True)

"""A server is ended at once only where its journal says that it works for nobody."""

import io
import os
import time
from types import SimpleNamespace

import pytest

from badgateway.stack import draining
from badgateway.stack.draining import stop_if_drained, working

HERE = os.getpid()
GONE = 2**22 + 1
"""No process has it: the kernel's highest is one less."""


def line(kind: str, pid: int, number: int = 1) -> bytes:
    return f"{kind},1795293000.100000,{pid},7,{number},id-{number},,,,\n".encode()


def journal(*lines: bytes) -> io.BytesIO:
    return io.BytesIO(b"".join(lines))


def test_who_has_ended_all_that_it_started_works_no_more():
    assert working(journal(line("process", HERE), line("start", HERE), line("end", HERE))) == frozenset()


def test_who_has_not_still_works():
    lines = (line("start", HERE), line("start", 8), line("end", 8), line("start", HERE, 2), line("end", HERE))

    assert working(journal(*lines)) == {HERE}


@pytest.mark.parametrize("piece_bytes", [1, 7, 64])
def test_lines_are_counted_wherever_the_pieces_end(piece_bytes, monkeypatch):
    monkeypatch.setattr(draining, "PIECE_BYTES", piece_bytes)
    lines = [line(kind, HERE, number) for number in range(5) for kind in ("start", "end")]

    assert working(journal(*lines)) == frozenset()
    assert working(journal(*lines, line("start", HERE, 9))) == {HERE}


@pytest.mark.parametrize(
    ("lines", "ended"),
    [
        ((line("start", HERE), line("end", HERE)), True),
        ((line("start", HERE),), False),
        # It died with its worker.
        ((line("start", GONE), line("start", HERE), line("end", HERE)), True),
    ],
)
def test_only_a_server_that_works_for_nobody_is_ended_at_once(lines, ended, tmp_path):
    (tmp_path / "journal").write_bytes(b"".join(lines))
    stopped: list[float] = []
    began_s = time.monotonic()

    stop_if_drained(SimpleNamespace(stop=stopped.append), tmp_path / "journal", None)  # type: ignore[arg-type] # all that is asked of it

    assert bool(stopped) is ended
    assert ended or time.monotonic() - began_s >= draining.LAST_LINE_S


def test_a_server_without_a_journal_is_ended_as_ever(tmp_path):
    stopped: list[float] = []

    stop_if_drained(SimpleNamespace(stop=stopped.append), tmp_path / "none", None)  # type: ignore[arg-type] # see above

    assert stopped == []

"""Tells by its journal whether an application server still works for anybody; one that does not is ended at once.

uWSGI's master and the workers of Gunicorn look for their end once a second. What they would do in that time is done
when no request runs: each line of the journal is with the kernel as soon as it is written.
"""

import re
import time
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import psutil

from badgateway.errors import UntrustedFileError
from badgateway.process.account import Account
from badgateway.process.child import Child
from badgateway.store.plain_file import PIECE_BYTES, open_plain

DRAINED_GRACE_S = 0.1
"""For a server that has nothing left to do, to say goodbye in its log."""
LAST_LINE_S = 0.1
"""How long after its answer the end of a request may take to be written."""
POLL_S = 0.01
MOST_BYTES = 64 << 20
"""Of a journal in which requests have not ended: a larger one is not searched for whose they are."""

_LINE = re.compile(rb"^(start|end),[^,\n]*,(\d+),", re.MULTILINE)


def stop_if_drained(server: Child, journal: Path, account: Account | None) -> None:
    """End a server that no living process of which has a request, in a fraction of a second; else do nothing.

    Args:
        server: Which nobody can send a request any more.
        journal: What it wrote, a file of the account's.
        account: None is the kit's own.
    """
    deadline = time.monotonic() + LAST_LINE_S
    while not _is_drained(journal, account):
        if time.monotonic() > deadline:
            return
        time.sleep(POLL_S)
    server.stop(DRAINED_GRACE_S)


def _is_drained(journal: Path, account: Account | None) -> bool:
    try:
        with open_plain(journal, owner=account.uid if account else None) as file:
            # A request that died with its worker never ends.
            return not any(psutil.pid_exists(pid) for pid in working(file))
    except (OSError, UntrustedFileError):
        return False


def working(journal: BinaryIO) -> frozenset[int]:
    """Return the processes that have started more requests than they have ended; of a huge journal, 0 for all."""
    if _lines(journal, b"start,") == _lines(journal, b"end,"):
        return frozenset()
    if journal.seek(0, 2) > MOST_BYTES:
        return frozenset({0})
    journal.seek(0)
    requests = Counter[int]()
    for kind, pid in _LINE.findall(journal.read()):
        requests[int(pid)] += 1 if kind == b"start" else -1
    return frozenset(pid for pid, running in requests.items() if running > 0)


def _lines(file: BinaryIO, beginning: bytes) -> int:
    file.seek(0)
    before, found = b"\n", 0
    while piece := file.read(PIECE_BYTES):
        # A line's beginning may be in two pieces.
        text = before + piece
        found += text.count(b"\n" + beginning)
        before = text[-len(beginning) :]
    return found

"""Signals that end the kit let every context manager unwind first, and do so once."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from badgateway.errors import is_interrupted_query

# Windows has no terminal that hangs up.
ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else []))


class Interruption:
    """Whether an ending signal came, and which one came first."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt for the first signal and ignore the ones that follow."""
        del frame
        # The stack is unwinding already. A second KeyboardInterrupt would cut a teardown short and leave servers
        # running; all its steps have deadlines, and kill -9 is cleaned up by the guardians.
        if self.received is None:
            self.received = signal.Signals(number)
            raise KeyboardInterrupt(self.received.name)


@contextmanager
def unwinding_on_signals() -> Iterator[Interruption]:
    """Make SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread, the first of them only.

    Signals that are ignored at entry (nohup, background jobs) stay ignored. Does nothing outside the main thread, where
    Python allows no handlers. The handlers of before are back afterwards. What DuckDB makes of the KeyboardInterrupt
    is one again at the end of the block.
    """
    interruption = Interruption()
    with _handled_by(interruption.handle):
        try:
            yield interruption
        except RuntimeError as error:
            if interruption.received is None or not is_interrupted_query(error):
                raise
            raise KeyboardInterrupt(interruption.received.name) from error


@contextmanager
def held() -> Iterator[None]:
    """Hold SIGINT, SIGTERM and SIGHUP back until the block has ended, then deliver the first of them.

    For steps that must not be left half-way, such as the end of a child. Does nothing outside the main thread, where no
    signal handler ever runs.
    """
    pending: list[int] = []
    try:
        with _handled_by(lambda number, _frame: pending.append(number)):
            yield
    finally:
        if pending:
            signal.raise_signal(pending[0])


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # None is a handler that was not installed from Python: it could not be put back.
    before = {number: signal.getsignal(number) for number in ENDING}
    ours = [number for number, previous in before.items() if previous is not None and previous != signal.SIG_IGN]
    for number in ours:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])

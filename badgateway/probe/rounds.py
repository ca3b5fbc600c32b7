"""A thread that looks at something again and again for as long as a block lasts."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self


class InRounds:
    """What looks, in a thread of its own, for as long as its block lasts."""

    def __init__(self, what: str, period_s: float) -> None:
        """Make it; messages call it `what`, and a period goes from one look to the next."""
        self._rounds = Rounds(what, period_s, self._looking)

    def __enter__(self) -> Self:
        self._rounds.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, after a last look.

        Raises:
            Exception: what stopped the looks before their time, unless the block itself failed with something else.
        """
        self._rounds.__exit__(kind, error, trace)

    def _looking(self) -> AbstractContextManager[Callable[[], None]]:
        """Return what is entered in the thread before the first look, and gives what makes one look."""
        raise NotImplementedError


class Rounds:
    """Looks at once, then once a period, and once more after the block, so that what it writes ends with the block."""

    def __init__(
        self, what: str, period_s: float, looking: Callable[[], AbstractContextManager[Callable[[], None]]]
    ) -> None:
        """Make the thread; entering the block starts it.

        Args:
            what: What looks, as messages call it.
            period_s: From one look to the next. A look that took too long takes the place of those it made impossible;
                they are not made up for.
            looking: Entered in the thread before the first look and left after the last; gives what makes one look.
        """
        self._what = what
        self._period_s = period_s
        self._looking = looking
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=what, daemon=True)
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop looking, after a last look.

        Raises:
            Exception: what stopped the looks before their time, unless the block itself failed with something else.
        """
        self._stop.set()
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure
        if self._failure is not None and error is not None:
            error.add_note(f"besides, {self._what} failed: {self._failure!r}")

    def _run(self) -> None:
        try:
            with self._looking() as look:
                self._look_until_stopped(look)
        except Exception as failure:  # noqa: BLE001 # an exception dies with its thread; __exit__ raises this one
            self._failure = failure

    def _look_until_stopped(self, look: Callable[[], None]) -> None:
        due_s = time.monotonic()
        is_last = False
        while True:
            look()
            if is_last:
                return
            due_s = max(due_s + self._period_s, time.monotonic())
            is_last = self._stop.wait(due_s - time.monotonic())

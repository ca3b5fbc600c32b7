"""For how long a question to the database has had no answer, told from one thread to another."""

import threading
import time


class Pulse:
    """Where who asks the database says when it asked and when it was answered; safe to read from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_s: float | None = None

    def asks(self) -> None:
        """Begin a silence, unless one lasts: a question that was given up and asked again is one silence."""
        with self._lock:
            if self._asked_s is None:
                self._asked_s = time.monotonic()

    def is_answered(self) -> None:
        """End the silence; that the server turned the question down is an answer too."""
        with self._lock:
            self._asked_s = None

    def silent_since_s(self) -> float | None:
        """Return since when, on the monotonic clock, a question has had no answer; None when none is open."""
        with self._lock:
            return self._asked_s

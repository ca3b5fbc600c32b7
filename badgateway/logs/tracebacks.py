"""Finds where a Python traceback ends in a log, chained exceptions as one."""

import re
from enum import Enum, auto

_START = "Traceback (most recent call last):"
_CHAINS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*|:)?$")
# libpq indents what it adds to an error, and PostgreSQL gives each further line a name.
_MESSAGE_GOES_ON = re.compile(r"\s+\S|(?:DETAIL|HINT|CONTEXT|QUERY|LINE \d+): ")


class _State(Enum):
    OUTSIDE = auto()
    INSIDE = auto()
    ENDED = auto()
    CHAINED = auto()


class TracebackTracker:
    """Fed line by line; knows whether a line belongs to a traceback and which exceptions it named.

    Attributes:
        exceptions: Last line of each exception of the chain so far; the last one is what was raised in the end.
        line_number: Where the last of them stands.
    """

    def __init__(self) -> None:
        self.exceptions: list[str] = []
        self.line_number = 0
        self._state = _State.OUTSIDE

    @property
    def is_open(self) -> bool:
        """Whether a traceback has begun that did not end yet."""
        return self._state is not _State.OUTSIDE

    @property
    def has_ended(self) -> bool:
        """Whether the open one is complete, unless another exception is chained to it."""
        return self._state is _State.ENDED

    def starts(self, text: str) -> bool:
        """Whether the line begins a new traceback, not one more of a chain."""
        return self._state is _State.OUTSIDE and text.strip() == _START

    def takes(self, line_number: int, text: str) -> bool:
        """Take the line if it belongs to the traceback; if not, the traceback is over."""
        words = text.strip()
        if words == _START and self._state is not _State.ENDED:
            self._state = _State.INSIDE
        elif self._state is _State.INSIDE:
            self._inside(line_number, text)
        elif words in _CHAINS:
            self._state = _State.CHAINED
        elif words:
            return self._state is _State.ENDED and _MESSAGE_GOES_ON.match(text) is not None
        return True

    def finish(self) -> tuple[str, ...]:
        """The exceptions of the traceback that is over; forget it."""
        exceptions = tuple(self.exceptions)
        self.exceptions.clear()
        self._state = _State.OUTSIDE
        return exceptions

    def _inside(self, line_number: int, text: str) -> None:
        # Lines of other processes may stand between: they neither are indented nor look like an exception.
        if text and not text[0].isspace() and _EXCEPTION.match(text):
            self.exceptions.append(text)
            self.line_number = line_number
            self._state = _State.ENDED

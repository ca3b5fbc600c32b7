"""What every probe gives: readings of its series, or the reason why there is none now."""

from collections.abc import Iterable
from typing import Protocol

from badgateway.model.samples import Reading


class NotAvailableError(Exception):
    """A series has no value at this moment; the message is why, in one line. It may have one at the next."""


class Probe(Protocol):
    """Reads the same few series again and again, from one thread."""

    @property
    def series(self) -> tuple[str, ...]:
        """The names of all series that it reads."""

    def read(self) -> Iterable[Reading]:
        """Return one reading of each series.

        Raises:
            NotAvailableError: none of them can be read now.
        """

    def close(self) -> None:
        """Let go of whatever is held open; nothing is read afterwards."""

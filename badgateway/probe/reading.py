"""What every probe gives: readings of its series, or the reason why there is none now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class NotAvailableError(Exception):
    """A series has no value at this moment; the message is why, in one line. It may have one at the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The value of one series at one moment."""

    series: str
    value: float | None
    """None when there is none yet; never a zero in its place."""
    limit: float | None = None
    """What the value runs into; None when nothing limits it."""


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

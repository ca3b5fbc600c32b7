"""A load level: users who wait for their answers, or tasks started at a rate."""

from dataclasses import dataclass
from enum import StrEnum


class LoadUnit(StrEnum):
    """In what a load is counted."""

    USERS = "users"
    """Closed loop."""
    RATE = "rate"
    """Open loop: tasks started a second."""


@dataclass(frozen=True, slots=True)
class LoadLevel:
    """How much load there is."""

    size: float
    """Users, or tasks a second; not whole where it was estimated."""
    unit: LoadUnit

    @classmethod
    def of(cls, users: int, rate_per_s: float | None) -> "LoadLevel":
        """Return so many users, or so many tasks a second if a rate is given."""
        return cls(float(users), LoadUnit.USERS) if rate_per_s is None else cls(rate_per_s, LoadUnit.RATE)

    @property
    def is_open(self) -> bool:
        """Whether tasks are started at a rate, however slow the answers are."""
        return self.unit is LoadUnit.RATE

    @property
    def order(self) -> tuple[bool, float]:
        """What puts loads in order; any rate is more than any number of users."""
        return self.is_open, self.size

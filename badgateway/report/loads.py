"""Load levels as people say them: numbers of users, or rates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from badgateway.model.summary import LevelSummary
from badgateway.model.trial import Trial
from badgateway.report import wording

_RATE_UNIT = "requests/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadLevel:
    """Users who wait for their answers, or requests that come at a rate."""

    users: int = 0
    rate_per_s: float | None = None

    @classmethod
    def of(cls, what: LevelSummary | Trial) -> Self:
        """Return the load of a level or of a trial."""
        return cls(users=what.users, rate_per_s=what.rate_per_s)

    @property
    def is_open(self) -> bool:
        """Whether requests come at a rate, however slow the answers are."""
        return self.rate_per_s is not None

    @property
    def words(self) -> str:
        """The load with its unit: '300 users', '317 requests/s'."""
        return wording.plural(self.users, "user") if self.rate_per_s is None else amount(self.rate_per_s, is_open=True)

    @property
    def in_column(self) -> str:
        """The load under a heading of `heading`: '300', '317 req/s'."""
        return f"{self.users:,}" if self.rate_per_s is None else f"{digits(self.rate_per_s)}\N{NO-BREAK SPACE}req/s"

    @property
    def size(self) -> tuple[float, int]:
        """What puts loads in order; any rate is more than any number of users."""
        return self.rate_per_s or 0.0, self.users


def amount(load: float, *, is_open: bool) -> str:
    """Return any load with its unit: '41.5 users', '317 requests/s'."""
    return f"{digits(load)} {_RATE_UNIT}" if is_open else f"{digits(load)} {'user' if load == 1 else 'users'}"


def heading(levels: Iterable[LoadLevel]) -> str:
    """Return the heading of a column of loads; users have no unit in it, rates have."""
    kinds = {level.is_open for level in levels}
    if kinds == {True}:
        return "load"
    return "users, or rate" if True in kinds else "users"


def digits(load: float) -> str:
    """Return a load without its unit: '41.5', '1,234'."""
    return f"{load:,.0f}" if load >= 100 or load == round(load) else f"{load:,.3g}"

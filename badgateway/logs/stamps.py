"""The times that the prefixes of a file's lines have, kept small: a million lines are nine megabytes."""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from badgateway.servers.log import month_number

_LEAP_YEAR = 2000
WITHOUT_A_YEAR_S = datetime(_LEAP_YEAR, 7, 1, tzinfo=UTC).timestamp()
"""In the year that is taken where nothing tells it."""
_MILLISECONDS_FROM = 1e11
"""A number of seconds as large as this is the year 5138."""

# As logs write it, before a time of the day; in the middle of a line it may be a part of a path.
_WHOLE_DATE = re.compile(
    r"(?:^|[\[\"])(?:(20\d\d)[-/](\d\d)[-/](\d\d)[ T]|(\d\d)/([A-Z][a-z]{2})/(20\d\d)[: ])\d\d:\d\d:\d\d"
)


def date_in(lines: Iterable[str]) -> float | None:
    """Return the first date with a year in some lines, in seconds since the epoch; None where there is none."""
    for match in filter(None, map(_WHOLE_DATE.search, lines)):
        year, month, day = match.groups()[:3] if match[1] else (match[6], month_number(match[5]), match[4])
        try:
            return datetime(int(year), int(month), int(day), tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


class _Form(IntEnum):
    NONE = 0
    ABSOLUTE = 1
    LOCAL = 2
    LOCAL_WITHOUT_YEAR = 3


class Stamps:
    """When each line of a file was written, as far as its prefix says."""

    def __init__(self) -> None:
        self._seconds = array("d")
        self._forms = bytearray()
        self._last: tuple[str, tuple[_Form, float]] = ("", (_Form.NONE, 0.0))

    def skip_to(self, line_number: int) -> None:
        """Take lines before this one for lines without a time, as far as they were not taken."""
        while len(self._forms) < line_number - 1:
            self.append("")

    def append(self, written: str) -> None:
        """Take the next line's time as its prefix has it; empty when it has none."""
        # Lines come in bursts, so most have the time of the line before.
        if written != self._last[0]:
            self._last = (written, _parsed(written))
        form, seconds = self._last[1]
        self._forms.append(form)
        self._seconds.append(seconds)

    @property
    def lack_a_year(self) -> bool:
        """Whether there are times that only another log can complete."""
        return _Form.LOCAL_WITHOUT_YEAR in self._forms

    def time_s(self, line_number: int, *, near_s: float | None, utc_offset_s: float) -> float | None:
        """When a line was written, in seconds since the epoch; None when that is not known.

        Args:
            line_number: From 1.
            near_s: A time of other logs; the year is the one that brings the line next to it.
            utc_offset_s: How far ahead of UTC times without a zone are.
        """
        form, seconds = self._forms[line_number - 1], self._seconds[line_number - 1]
        if form == _Form.NONE:
            return None
        if form == _Form.ABSOLUTE:
            return seconds
        if form == _Form.LOCAL:
            return seconds - utc_offset_s
        return None if near_s is None else _nearest(seconds, near_s) - utc_offset_s


def _parsed(written: str) -> tuple[_Form, float]:
    try:
        month, *rest = written.split()
        if rest and month_number(month):
            day, clock = rest
            moment = datetime.fromisoformat(f"{_LEAP_YEAR}-{month_number(month):02d}-{int(day):02d}T{clock}+00:00")
            return _Form.LOCAL_WITHOUT_YEAR, moment.timestamp()
        if "-" not in written:
            return (_Form.ABSOLUTE, _seconds(float(written))) if written else (_Form.NONE, 0.0)
        moment = datetime.fromisoformat(written.replace(",", "."))
        if moment.tzinfo is None:
            return _Form.LOCAL, moment.replace(tzinfo=UTC).timestamp()
        return _Form.ABSOLUTE, moment.timestamp()
    except (ValueError, OverflowError):
        # 32 November: it only looks like a time.
        return _Form.NONE, 0.0


def _seconds(number: float) -> float:
    return number / 1000 if number > _MILLISECONDS_FROM else number


def _nearest(seconds: float, near_s: float) -> float:
    moment, year = datetime.fromtimestamp(seconds, UTC), datetime.fromtimestamp(near_s, UTC).year
    in_years = (_in_year(moment, each) for each in (year - 1, year, year + 1))
    return min((each for each in in_years if each is not None), key=lambda each: abs(each - near_s))


def _in_year(moment: datetime, year: int) -> float | None:
    try:
        return moment.replace(year=year).timestamp()
    except ValueError:
        # 29 February is not in every year.
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Tells when a line was written."""

    stamps: Stamps
    near_s: float | None
    utc_offset_s: float

    def __call__(self, line_number: int) -> float | None:
        """Return seconds since the epoch; None where the line has no time before it."""
        return self.stamps.time_s(line_number, near_s=self.near_s, utc_offset_s=self.utc_offset_s)

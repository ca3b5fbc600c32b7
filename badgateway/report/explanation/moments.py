"""How times are divided, and written: in the zone that the reader of the logs asked for, and with its name."""

import math
from datetime import UTC, datetime, timedelta

from badgateway import numbers

DAY_S = 86_400
_STEPS_S = tuple(60 * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440))


def zone(utc_offset_s: float) -> str:
    """Return the name of a zone: 'UTC', 'UTC+02:00'."""
    if not utc_offset_s:
        return "UTC"
    minutes = round(abs(utc_offset_s) / 60)
    return f"UTC{'-' if utc_offset_s < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def local(second: float, utc_offset_s: float) -> datetime:
    """Return the wall clock's time; the offset is already in it."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second + utc_offset_s)


def span(start_s: int, end_s: int, utc_offset_s: float) -> str:
    """Return a period: '2026-11-21 21:18 to 21:20 UTC', with the second date only where it is another one."""
    start, end = local(start_s, utc_offset_s), local(end_s, utc_offset_s)
    second_date = "" if start.date() == end.date() else f"{end:%Y-%m-%d} "
    return f"{start:%Y-%m-%d %H:%M} to {second_date}{end:%H:%M} {zone(utc_offset_s)}"


def round_length_s(at_least_s: float) -> int:
    """Return the shortest length that clocks and calendars divide well: minutes, hours or whole days."""
    return next((step_s for step_s in _STEPS_S if step_s >= at_least_s), DAY_S * math.ceil(at_least_s / DAY_S))


def length(step_s: int) -> str:
    """Return the length of a bucket: '1 minute', '6 hours', '1 day'."""
    for unit_s, unit in ((DAY_S, "day"), (3_600, "hour")):
        if step_s % unit_s == 0:
            return numbers.plural(step_s // unit_s, unit)
    return numbers.plural(step_s // 60, "minute")

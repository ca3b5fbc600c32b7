"""How times are written: in the zone that the reader of the logs asked for, and with its name."""

from datetime import UTC, datetime, timedelta

from badgateway import numbers


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


def length(step_s: int) -> str:
    """Return the length of a bucket: '1 minute', '6 hours', '1 day'."""
    for unit_s, unit in ((86_400, "day"), (3_600, "hour")):
        if step_s % unit_s == 0:
            return numbers.plural(step_s // unit_s, unit)
    return numbers.plural(step_s // 60, "minute")

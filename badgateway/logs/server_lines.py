"""What uWSGI and Gunicorn put in front of their messages: time, process, level."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_CTIME = re.compile(r"(?:^|(?<=\s))[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4}) - ")
_ISO = re.compile(
    r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d+)?(?: ?(Z|[+-]\d\d:?\d\d))?\]? - "
    # What an application's own logger writes in brackets has no zone, so it is none of these.
    r"|\[(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)\] "
)
# The only line of its own that uWSGI puts its date into, not before: when the request came, and how long it took.
_REQUEST = re.compile(
    r"\[pid: [^}]*\} \[[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\] "
    r".* bytes in (?:(\d{1,9}) msecs|\d+ micros) "
)
_GUNICORN = re.compile(r"\[?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)?( [+-]\d{4})?\]? \[(\d{1,9})\] \[([A-Z]+)\] ")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_PREFIX_CHARS = 120
"""How far a syslog's or container's own prefix may push the server's one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLine:
    """A line without its prefix; has_prefix tells the server's own words from what an application prints."""

    text: str
    time_s: float | None = None
    pid: int | None = None
    has_prefix: bool = False


def uwsgi_line(line: str, utc_offset_s: float) -> ServerLine:
    """Split off uWSGI's date, in its default form or as year, month, day; the time is utc_offset_s ahead of UTC.

    A request line keeps its date; its time is the second in which the request ended.
    """
    start = line[:_PREFIX_CHARS]
    if match := _CTIME.search(start):
        local_s = _ctime_s(*match.groups())
    elif match := _ISO.search(start):
        *date, zone = match.groups()[:5] if match[1] else match.groups()[5:]
        local_s = _epoch_s("{}-{}-{} {}{}".format(*date, zone or "+00:00"))
        utc_offset_s = 0.0 if zone else utc_offset_s
    elif match := _REQUEST.match(line):
        *date, msecs = match.groups(default="0")
        came_s = _ctime_s(*date)
        return ServerLine(text=line, time_s=None if came_s is None else came_s - utc_offset_s + int(msecs) // 1000)
    else:
        return ServerLine(text=line)
    time_s = None if local_s is None else local_s - utc_offset_s
    return ServerLine(text=line[match.end() :], time_s=time_s, has_prefix=True)


def gunicorn_line(line: str, utc_offset_s: float = 0.0) -> ServerLine:
    """Split off Gunicorn's date, pid and level; without a zone the time is utc_offset_s ahead of UTC."""
    match = _GUNICORN.search(line[:_PREFIX_CHARS])
    if match is None:
        return ServerLine(text=line)
    written_s = _epoch_s(match[1] + (match[2] or " +00:00"))
    time_s = written_s - utc_offset_s if written_s is not None and match[2] is None else written_s
    return ServerLine(text=line[match.end() :], time_s=time_s, pid=int(match[3]), has_prefix=True)


_LOGGED = re.compile(r"\[?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)?( [+-]\d{4})?\]? ")


def logged_line(line: str, utc_offset_s: float) -> ServerLine:
    """Read the date, and the pid where Gunicorn's form has one, of a line that an application's logger wrote."""
    stamped = gunicorn_line(line, utc_offset_s)
    match = _LOGGED.match(line)
    if stamped.has_prefix or match is None:
        return stamped
    written_s = _epoch_s(match[1] + (match[2] or " +00:00"))
    local = match[2] is None and written_s is not None
    return ServerLine(text=line, time_s=written_s - utc_offset_s if local and written_s else written_s)


_DMESG = re.compile(r"\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\] ")


def kernel_line(line: str, utc_offset_s: float) -> ServerLine:
    """Split off the date of `dmesg -T`; what else stands before the kernel's words is left to who knows prefixes."""
    match = _DMESG.match(line)
    local_s = _ctime_s(*match.groups()) if match else None
    return ServerLine(text=line, time_s=None if local_s is None else local_s - utc_offset_s, has_prefix=True)


def _ctime_s(month: str, day: str, clock: str, year: str) -> float | None:
    month_number = _MONTHS.index(month) + 1 if month in _MONTHS else 0
    return _epoch_s(f"{year}-{month_number:02d}-{int(day):02d} {clock}+00:00")


def _epoch_s(stamp: str) -> float | None:
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        # 32 November, or the year 0: it only looks like a date.
        return None

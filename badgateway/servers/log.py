"""What the log of an application server is: how its lines begin, and which of them tell of an event."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from badgateway.model.evidence import ServerEvent
from badgateway.servers.access_format import AccessFormat
from badgateway.servers.line_format import LineFormat

PREFIX_CHARS = 120
"""How far a syslog's or container's own prefix may push the server's one."""
# journalctl and dmesg write the language of whoever calls them: English, German, French, Spanish, Italian, Portuguese,
# Dutch, Swedish, Polish, Czech, Turkish and Russian; Chinese, Japanese and Korean have numbers.
_MONTHS = (
    "jan janv ene gen sty led oca янв",
    "feb févr fev lut úno şub фев",
    "mar mär mars mrt márc bře мар",
    "apr avril avr abr kwi dub nis апр",
    "may mai mei mag maj kvě мая май",
    "jun juin giu juni cze čvn haz июн",
    "jul juil lug juli lip čvc tem июл",
    "aug août ago sie srp ağu авг",
    "sep sept set wrz zář eyl сен сент",
    "oct okt out ott paź říj eki окт",
    "nov lis kas ноя нояб",
    "dec dez déc dic des gru pro ara дек",
)
_NUMBER_OF_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}
MONTH = r"(?:[^\W\d_]{3,5}\.?|\d\d?[月월])"
"""A pattern that the short name of a month matches."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and the event it means; its named groups are columns of model.evidence.SERVER_EVENTS.

    Groups: pid, worker, uri, started (epoch seconds of the request), signal (number or name), value, limit.
    """

    event: ServerEvent
    pattern: re.Pattern[str]


def rules(*lines: tuple[ServerEvent, str]) -> tuple[Rule, ...]:
    """Return rules of events and patterns."""
    return tuple(Rule(event, re.compile(pattern)) for event, pattern in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLine:
    """A line without its prefix; has_prefix tells the server's own words from what an application prints."""

    text: str
    time_s: float | None = None
    pid: int | None = None
    has_prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLog:
    """The log of an application server."""

    kind: str
    """What it is called, such as 'uWSGI log'."""
    example: str
    """A line of it."""
    own: re.Pattern[str]
    """Matches, from its beginning, a line that no other program writes: one of them decides."""
    words: tuple[str, ...] = ("",)
    """One of them is in each such line: to look for a word costs much less than to match."""
    line: Callable[[str, float], ServerLine]
    """Splits a line; local times without a zone are so many seconds ahead of UTC."""
    rules: tuple[Rule, ...]
    """The first that matches the text of a line decides."""
    with_times: str = ""
    """A sentence: how its lines get their time, and the process, where they have none."""
    is_common: bool = False
    """Whether applications and other servers may log in its form: where another server is seen too, they are its."""
    has_combined_lines: bool = False
    """Whether its own access log, in nginx's combined format, may stand between its lines."""
    access_logger: str = ""
    """The name of its logger for requests, as a logging configuration may write it into JSON lines."""
    access: AccessFormat | None = None
    """How its configuration spells other formats of lines about requests; None: nobody can give it one."""
    has_local_times: bool = False
    """Whether its times are local ones, without a zone."""
    prints_uncaught: bool = False
    """Whether it prints the traceback of an exception that left the application without a word of its own."""
    request: str = "\n"
    """With what its own lines about requests begin; they may stand inside of a traceback of another process."""
    requests: LineFormat | None = None
    """How its own lines about requests are read; None: they are in nginx's format, or after a logger's date."""
    numbers_workers: bool = False
    """Whether it names a worker by its number alone, save where it starts one."""
    replaced_worker: str = "\n"
    """What stands in lines about the worker that had a number before the one that has it now."""
    refined: Mapping[ServerEvent, Callable[[float | None], ServerEvent]] = field(default_factory=dict)
    """Events whose value tells that they are of another kind."""

    others: re.Pattern[str] | None = None
    """Matches names in the column uri, from their beginning, of what explains no failure; None: it names nothing."""

    def owns(self, line: str) -> bool:
        """Tell whether no other program writes such a line."""
        return any(word in line for word in self.words) and self.own.match(line) is not None


def month_number(name: str) -> int:
    """Return the number of the month that has this short name in some language, from 1; 0: none has it."""
    name = name.lower().rstrip(".月월")
    return int(name) if name.isdecimal() else _NUMBER_OF_MONTH.get(name, 0)


def ctime_s(month: str, day: str, clock: str, year: str) -> float | None:
    """Return the seconds since the epoch of the parts of a date as C's ctime writes it, in UTC; None: it is none."""
    return epoch_s(f"{year}-{month_number(month):02d}-{int(day):02d} {clock}+00:00")


def epoch_s(stamp: str) -> float | None:
    """Return the seconds since the epoch of a date with a zone; None where it only looks like a date."""
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        # 32 November, or the year 0.
        return None


# As Python's logging writes it by itself, as Django's documentation has it, and with dates as in access logs.
_LEVELS = r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)"
_LOGGED = re.compile(
    rf"(?:{_LEVELS}:? +)?\[?(?:(\d{{4}}-\d\d-\d\d)[ T]|(\d\d)/({MONTH})/(\d{{4}})[ :])(\d\d:\d\d:\d\d)"
    r"(?:[.,]\d+)?( ?[+-]\d\d:?\d\d|Z)?"
)


def logged_line(line: str, utc_offset_s: float) -> ServerLine:
    """Read the date, and the pid where its form has one, of a line that an application's logger wrote."""
    stamped = stamped_line(line, utc_offset_s)
    match = _LOGGED.match(line)
    if stamped.has_prefix or match is None:
        return stamped
    day = match[1] or f"{match[4]}-{month_number(match[3]):02d}-{match[2]}"
    written_s = epoch_s(f"{day} {match[5]}{(match[6] or '+00:00').strip()}")
    return ServerLine(text=line, time_s=None if written_s is None else written_s - (0.0 if match[6] else utc_offset_s))


_STAMP = re.compile(r"\[?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)?( [+-]\d{4})?\]? \[(\d{1,9})\] \[([A-Z]+)\] ")


def stamped_line(line: str, utc_offset_s: float = 0.0) -> ServerLine:
    """Split off date, pid and level as Gunicorn and the kit's own logging write them."""
    match = _STAMP.search(line[:PREFIX_CHARS])
    if match is None:
        return ServerLine(text=line)
    written_s = epoch_s(match[1] + (match[2] or " +00:00"))
    time_s = written_s - utc_offset_s if written_s is not None and match[2] is None else written_s
    return ServerLine(text=line[match.end() :], time_s=time_s, pid=int(match[3]), has_prefix=True)


def logging_config(logger: str) -> str:
    """Return a configuration of Python's logging, as JSON, that puts time and process before a logger's lines."""
    form = {"format": "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", "datefmt": "%Y-%m-%d %H:%M:%S %z"}
    handler = {"class": "logging.StreamHandler", "formatter": "stamped"}
    return json.dumps(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"stamped": form},
            "handlers": {"stderr": handler},
            "loggers": {logger: {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
        },
        indent=2,
    )


def levelled(prefix: str) -> Callable[[str, float], ServerLine]:
    """Return what splits lines that begin with a level alone, as {level} in the pattern, or with a date as above."""
    level = re.compile(prefix.format(level=_LEVELS))

    def split(line: str, utc_offset_s: float) -> ServerLine:
        stamped = stamped_line(line, utc_offset_s)
        match = level.match(line)
        if stamped.has_prefix or match is None:
            return stamped
        return ServerLine(text=line[match.end() :], has_prefix=True)

    return split

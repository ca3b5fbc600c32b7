"""How programs spell the formats of their lines about requests: the fields that such formats are made of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product


class Meaning(StrEnum):
    """What a field tells."""

    NOTHING = "nothing of use"
    STATUS = "status"
    TIME = "time"
    REQUEST = "request line"
    METHOD = "method"
    URI = "URI"
    BYTES = "bytes of the body"
    DURATION = "duration"
    REQUEST_ID = "request id"
    CONNECTION = "connection"
    PID = "process"
    CLIENT = "client's address"
    ASKED_HOST = "host that was asked for"
    UPSTREAM_ADDR = "upstream address"
    UPSTREAM_STATUS = "upstream status"
    UPSTREAM_CONNECT = "upstream connect time"
    UPSTREAM_HEADER = "upstream header time"
    UPSTREAM_RESPONSE = "upstream response time"
    TOLD = "what the proxy says of a failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a format.

    Attributes:
        pattern: What its text matches.
        meaning: What it tells.
        unit_s: What one unit of a number is in seconds.
        time_format: Of a time: DuckDB's, or EPOCH for a number, or ISO.
    """

    pattern: str
    meaning: Meaning = Meaning.NOTHING
    unit_s: float = 1.0
    time_format: str = ""


EPOCH, ISO = "epoch", "iso"

_NUMBER = r"-|\d+(?:\.\d+)?"
_COMMON_TIME = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}"
_COMMON_FORMAT = "%d/%b/%Y:%H:%M:%S %z"
ISO_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)"

STATUS = Field(pattern=r"[1-9]\d\d", meaning=Meaning.STATUS)
METHOD = Field(pattern=r"-|[A-Z]*", meaning=Meaning.METHOD)
URI = Field(pattern=r"[^\s\"]*", meaning=Meaning.URI)
REQUEST = Field(pattern=r'(?:[^"\\]|\\.)*?', meaning=Meaning.REQUEST)
CLIENT = Field(pattern=r"\S*", meaning=Meaning.CLIENT)
ASKED_HOST = Field(pattern=r"[^\s\"]*", meaning=Meaning.ASKED_HOST)
BYTES = Field(pattern=r"-|\d+", meaning=Meaning.BYTES)
BRACKETED = Field(pattern=rf"\[{_COMMON_TIME}\]", meaning=Meaning.TIME, time_format=f"[{_COMMON_FORMAT}]")
LOCAL = Field(pattern=_COMMON_TIME, meaning=Meaning.TIME, time_format=_COMMON_FORMAT)


def duration(unit_s: float) -> Field:
    """Return the field of a duration in such units."""
    return Field(pattern=_NUMBER, meaning=Meaning.DURATION, unit_s=unit_s)


def epoch(unit_s: float) -> Field:
    """Return the field of a time since the epoch in such units."""
    return Field(pattern=r"\d+(?:\.\d+)?", meaning=Meaning.TIME, unit_s=unit_s, time_format=EPOCH)


CERTAIN_STATUS = Field(pattern=r"[1-5]\d\d\b", meaning=Meaning.STATUS)
CERTAIN_METHOD = Field(pattern="GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS", meaning=Meaning.METHOD)
CERTAIN_URI = Field(pattern=r"/[^\s\"]*", meaning=Meaning.URI)
"""These three are not taken for anything else where a format is only guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFormat:
    """How one program spells the formats of its lines about requests."""

    name: re.Pattern[str]
    """Matches one field; its first group that matched is the field's name."""
    written: str
    """One field, with the place of its name: '%({})s'."""
    fields: Mapping[str, Field]
    """By name."""
    logs_the_start: bool = False
    """Whether a line has the time when the request came."""
    guesses: tuple[str, ...] = ()
    """Formats that a log is tried with where nobody gave one."""
    unnamed: Mapping[str, Field] = field(default_factory=dict)
    """What in the guesses has names that the program does not have."""
    stock: re.Pattern[str] | None = None
    """Begins a line as the program writes it by itself: with one of these, nothing is guessed."""


def guessed(before: str, after: str, times: Sequence[str], requests: Sequence[str]) -> tuple[str, ...]:
    """Return formats with one of the times and one of the requests, either first."""
    return tuple(
        text
        for request, time in product(requests, times)
        for text in (f"{before}{time}{after}{request}", f"{before}{request}{after}{time}")
    )

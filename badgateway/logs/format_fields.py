"""The fields that formats of access logs are made of, by the names that each program has for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
    UPSTREAM_ADDR = "upstream address"
    UPSTREAM_STATUS = "upstream status"
    UPSTREAM_CONNECT = "upstream connect time"
    UPSTREAM_HEADER = "upstream header time"
    UPSTREAM_RESPONSE = "upstream response time"


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
_CTIME = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)"
# nginx puts ', ' between the servers it tried, ' : ' between groups of servers after an internal redirect.
_TRIES = r"[^\s,\"]+(?:(?:, | : )[^\s,\"]+)*"

_STATUS = Field(pattern=r"[1-9]\d\d", meaning=Meaning.STATUS)
_METHOD = Field(pattern=r"-|[A-Z]*", meaning=Meaning.METHOD)
_URI = Field(pattern=r"[^\s\"]*", meaning=Meaning.URI)
_REQUEST = Field(pattern=r'(?:[^"\\]|\\.)*?', meaning=Meaning.REQUEST)
_BYTES = Field(pattern=r"-|\d+", meaning=Meaning.BYTES)
_BRACKETED = Field(pattern=rf"\[{_COMMON_TIME}\]", meaning=Meaning.TIME, time_format=f"[{_COMMON_FORMAT}]")
_LOCAL = Field(pattern=_COMMON_TIME, meaning=Meaning.TIME, time_format=_COMMON_FORMAT)


def _duration(unit_s: float) -> Field:
    return Field(pattern=_NUMBER, meaning=Meaning.DURATION, unit_s=unit_s)


def _epoch(unit_s: float) -> Field:
    return Field(pattern=r"\d+(?:\.\d+)?", meaning=Meaning.TIME, unit_s=unit_s, time_format=EPOCH)


def _tries(meaning: Meaning) -> Field:
    return Field(pattern=_TRIES, meaning=meaning)


CERTAIN_STATUS = Field(pattern=r"[1-5]\d\d\b", meaning=Meaning.STATUS)
CERTAIN_METHOD = Field(pattern="GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS", meaning=Meaning.METHOD)
CERTAIN_URI = Field(pattern=r"/[^\s\"]*", meaning=Meaning.URI)
"""These three are not taken for anything else where a format is only guessed."""

NGINX_FIELDS: Mapping[str, Field] = {
    "status": _STATUS,
    "time_local": _LOCAL,
    "time_iso8601": Field(pattern=_ISO, meaning=Meaning.TIME, time_format=ISO),
    "msec": _epoch(1.0),
    "request": _REQUEST,
    "request_method": _METHOD,
    "request_uri": _URI,
    "uri": _URI,
    "body_bytes_sent": _BYTES,
    "bytes_sent": _BYTES,
    "request_time": _duration(1.0),
    "request_id": Field(pattern=r"-|\w*", meaning=Meaning.REQUEST_ID),
    "connection": Field(pattern=r"\d+", meaning=Meaning.CONNECTION),
    "upstream_addr": _tries(Meaning.UPSTREAM_ADDR),
    "upstream_status": _tries(Meaning.UPSTREAM_STATUS),
    "upstream_connect_time": _tries(Meaning.UPSTREAM_CONNECT),
    "upstream_header_time": _tries(Meaning.UPSTREAM_HEADER),
    "upstream_response_time": _tries(Meaning.UPSTREAM_RESPONSE),
}

APACHE_FIELDS: Mapping[str, Field] = {
    "s": _STATUS,
    "t": _BRACKETED,
    "{sec}t": _epoch(1.0),
    "{msec}t": _epoch(1e-3),
    "{usec}t": _epoch(1e-6),
    "r": _REQUEST,
    "m": _METHOD,
    "U": _URI,
    "b": _BYTES,
    "B": _BYTES,
    "D": _duration(1e-6),
    "T": _duration(1.0),
    "{s}T": _duration(1.0),
    "{ms}T": _duration(1e-3),
    "{us}T": _duration(1e-6),
    "P": Field(pattern=r"\d+", meaning=Meaning.PID),
}

GUNICORN_FIELDS: Mapping[str, Field] = {
    "s": _STATUS,
    "t": _BRACKETED,
    "r": _REQUEST,
    "m": _METHOD,
    "U": _URI,
    "b": _BYTES,
    "B": _BYTES,
    "D": _duration(1e-6),
    "L": _duration(1.0),
    "M": _duration(1e-3),
    "T": _duration(1.0),
}

UWSGI_FIELDS: Mapping[str, Field] = {
    "status": _STATUS,
    "ltime": _LOCAL,
    "ctime": Field(pattern=_CTIME, meaning=Meaning.TIME, time_format="%a %b %d %H:%M:%S %Y"),
    # As log-format-strftime has it, which is mostly this.
    "ftime": Field(pattern=_ISO, meaning=Meaning.TIME, time_format=ISO),
    "time": _epoch(1.0),
    "tmsecs": _epoch(1e-3),
    "tmicros": _epoch(1e-6),
    "method": _METHOD,
    "uri": _URI,
    "size": _BYTES,
    "rsize": _BYTES,
    "secs": _duration(1.0),
    "msecs": _duration(1e-3),
    "micros": _duration(1e-6),
    "pid": Field(pattern=r"\d+", meaning=Meaning.PID),
}

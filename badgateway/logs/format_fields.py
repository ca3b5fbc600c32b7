"""The fields that formats of access lines are made of, by the names that nginx and Apache have for them."""

import re

from badgateway.servers.access_format import (
    ASKED_HOST,
    BRACKETED,
    BYTES,
    CLIENT,
    ISO,
    ISO_TIME,
    LOCAL,
    METHOD,
    REQUEST,
    STATUS,
    URI,
    AccessFormat,
    Field,
    Meaning,
    duration,
    epoch,
)

# nginx puts ', ' between the servers it tried, ' : ' between groups of servers after an internal redirect.
_TRIES = r"[^\s,\"]+(?:(?:, | : )[^\s,\"]+)*"


def _tries(meaning: Meaning) -> Field:
    return Field(pattern=_TRIES, meaning=meaning)


NGINX = AccessFormat(
    name=re.compile(r"\$(?:\{(\w+)\}|(\w+))"),
    written="${}",
    fields={
        "status": STATUS,
        "time_local": LOCAL,
        "time_iso8601": Field(pattern=ISO_TIME, meaning=Meaning.TIME, time_format=ISO),
        "msec": epoch(1.0),
        "request": REQUEST,
        "request_method": METHOD,
        "request_uri": URI,
        "uri": URI,
        "body_bytes_sent": BYTES,
        "bytes_sent": BYTES,
        "request_time": duration(1.0),
        "request_id": Field(pattern=r"-|\w*", meaning=Meaning.REQUEST_ID),
        "connection": Field(pattern=r"\d+", meaning=Meaning.CONNECTION),
        "remote_addr": CLIENT,
        "http_host": ASKED_HOST,
        "host": ASKED_HOST,
        "server_name": ASKED_HOST,
        "upstream_addr": _tries(Meaning.UPSTREAM_ADDR),
        "upstream_status": _tries(Meaning.UPSTREAM_STATUS),
        "upstream_connect_time": _tries(Meaning.UPSTREAM_CONNECT),
        "upstream_header_time": _tries(Meaning.UPSTREAM_HEADER),
        "upstream_response_time": _tries(Meaning.UPSTREAM_RESPONSE),
    },
)

APACHE = AccessFormat(
    name=re.compile(r"%[<>!,\d]*((?:\{[^}]*\})?(?:\^t[io]|[a-zA-Z])|%)"),
    written="%{}",
    logs_the_start=True,
    fields={
        "s": STATUS,
        "t": BRACKETED,
        "{sec}t": epoch(1.0),
        "{msec}t": epoch(1e-3),
        "{usec}t": epoch(1e-6),
        "r": REQUEST,
        "m": METHOD,
        "U": URI,
        "b": BYTES,
        "B": BYTES,
        "D": duration(1e-6),
        "T": duration(1.0),
        "{s}T": duration(1.0),
        "{ms}T": duration(1e-3),
        "{us}T": duration(1e-6),
        "a": CLIENT,
        "h": CLIENT,
        "v": ASKED_HOST,
        "V": ASKED_HOST,
        "{Host}i": ASKED_HOST,
        "P": Field(pattern=r"\d+", meaning=Meaning.PID),
    },
)

"""What a request bears so that logs tell which one it was, whatever they write of it."""

import re
from collections.abc import Iterable

ID_HEADER = "X-Request-ID"
REFERER = "Referer"
TRACE_HEADER = "X-Amzn-Trace-Id"
"""An Application Load Balancer writes what stands in it behind Root=, and nothing of X-Request-ID."""
_NAMED = "badgateway-"
_PLACES = 16
"""Digits of a trace id behind those that all requests of one process have."""


def marks(request_id: str, site: str, now_s: float) -> dict[str, str]:
    """Return the fields that tell a request apart in logs that were not made for it.

    nginx and Apache write a Referer in the format `combined`, and nginx into its error log besides.

    Args:
        request_id: Such as '0a1b2c3d-17'.
        site: Base address of the site, without a slash at its end; a form's POST is looked at for it.
        now_s: Seconds since the epoch.
    """
    token, _, number = request_id.partition("-")
    trace = f"Root=1-{int(now_s):08x}-{token}{int(number):0{_PLACES}d}"
    return {ID_HEADER: request_id, REFERER: f"{site}/{_NAMED}{request_id}", TRACE_HEADER: trace}


def tokens_of(request_ids: Iterable[str]) -> tuple[str, ...]:
    """Return what the ids of one load begin with: one for each process that sent it."""
    return tuple(sorted({request_id.partition("-")[0] for request_id in request_ids}))


def id_sql(tokens: Iterable[str], text: str = "line") -> str:
    """Return SQL for the id that a line bears, NULL where it bears none of these loads'.

    Args:
        tokens: As from `tokens_of`; each is eight hexadecimal digits.
        text: The column with the line.
    """
    known = "|".join(token for token in tokens if re.fullmatch("[0-9a-f]{8}", token)) or "none"
    # Not the beginning of a trace's time, or of a UUID.
    plain = f"nullif(regexp_extract({text}, '((?:{known})-[0-9]{{1,12}})(?:[^0-9a-f-]|$)', 1), '')"
    in_trace = f"'Root=1-[0-9a-f]{{8}}-({known})([0-9]{{{_PLACES}}})'"
    token, number = (f"regexp_extract({text}, {in_trace}, {group})" for group in (1, 2))
    traced = f"nullif({token}, '') || '-' || TRY_CAST({number} AS BIGINT)"
    return f"coalesce({plain}, {traced})"

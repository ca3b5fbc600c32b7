"""Lines in the combined format, which nginx writes when nothing else is said, and some application servers too."""

import re
from collections.abc import Sequence
from dataclasses import replace

from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, epoch_s, extracted, number, request_columns

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_AFTER_REQUEST = "split_part(line, '\"', 3)"
_TIME = "substr(line, position(' [' IN line) + 2, 26)"

_STATUS_BY_PATTERN = number(rf"\] {_QUOTED} ([1-9]\d\d) ", "INTEGER")
_LOWEST, _HIGHEST = 100, 999
_STATUS_TEXTS = ", ".join(f"' {status} '" for status in range(_LOWEST, _HIGHEST + 1))
STATUS_TYPE = f"CREATE TYPE status_text AS ENUM ({_STATUS_TEXTS})"
"""What the formats here need in their database: a cast to it tells a status as strictly as a pattern, but sooner."""

_STATUS_PLACE = f"enum_code(TRY_CAST(left({_AFTER_REQUEST}, 5) AS status_text))"
# The split and the cast are four times as fast as the pattern, which is needed only where the request holds an escaped
# quote. CASE leaves it out for the other lines, coalesce would not.
_STATUS = f"""
    CASE WHEN {_STATUS_PLACE} IS NOT NULL THEN {_STATUS_PLACE} + {_LOWEST} ELSE {_STATUS_BY_PATTERN} END
"""

_EXTRA_NUMBER = r'"?(?:[\d.-]+(?:, | : ))*([\d.]+)"?(?: |$)'
"""A value such as rt=0.004 or uht="0.003, 0.004" that many put behind the combined fields; the last try's."""


def _has(*names: str) -> str:
    return "({})".format(" OR ".join(f"contains(line, ' {name}=')" for name in names))


def _extra(*names: str) -> str:
    # To look for the names takes a fraction of the pattern, and most lines have none of them.
    found = number(rf" (?:{'|'.join(names)})={_EXTRA_NUMBER}", "DOUBLE")
    return f"CASE WHEN {_has(*names)} THEN {found} END"


_CONNECT, _HEADER = ("uct", "upstream_connect_time"), ("uht", "upstream_header_time")
EXTRA_TIMES = {
    "duration_s": _extra("rt", "request_time"),
    "upstream_connect_s": _extra(*_CONNECT),
    "upstream_header_s": _extra(*_HEADER),
    "upstream_response_s": _extra("urt", "upstream_response_time"),
    "has_upstream_times": f"CASE WHEN {_has(*_CONNECT)} "
    f"THEN regexp_matches(line, ' (?:{'|'.join(_CONNECT)})=.* (?:{'|'.join(_HEADER)})=') ELSE FALSE END",
}
"""Columns of the values that are named in the line."""

_COLUMNS = {
    **request_columns(extracted(r'\] "((?:[^"\\]|\\.)*)" ')),
    "body_bytes": number(r'" \d{3} (\d+)', "BIGINT"),
    **EXTRA_TIMES,
}

COMBINED = LineFormat(
    kind=LogKind.NGINX_COMBINED,
    status=_STATUS,
    time_s=epoch_s(_TIME, "%d/%b/%Y:%H:%M:%S %z"),
    # A server behind a proxy would have the proxy's address there.
    # Some have the host before it all.
    columns={
        **_COLUMNS,
        "client": extracted(r"([^ -]\S*) \S+ \S+ \[\d\d/"),
        "asked_host": extracted(r"^(\S+) \S+ \S+ \S+ \[\d\d/"),
    },
)

# What ingress-nginx puts behind the combined fields; several tries stand with commas between them.
_TRIES = r"(-|[^ ,]+(?:, [^ ,]+)*)"
_INGRESS = rf" (\d+) ([\d.]+) \[([^\]]*)\] \[[^\]]*\] {_TRIES} {_TRIES} {_TRIES} {_TRIES} \S+$"
_LOOKS_LIKE_INGRESS = re.compile(_INGRESS)
_ADDRESS, _TIME_OF_TRIES, _STATUSES = (extracted(_INGRESS, group=group) for group in (4, 6, 7))

INGRESS = replace(
    COMBINED,
    was_retried=r"regexp_matches(line, ' \d{3}(?:, \d{3})+ \S+$')",
    columns={
        **COMBINED.columns,
        "duration_s": number(_INGRESS, "DOUBLE", group=2),
        "upstream_addr": f"nullif(split_part({_ADDRESS}, ', ', -1), '-')",
        "upstream_status": f"nullif({_STATUSES}, '-')",
        "upstream_tries": f"len(string_split({_STATUSES}, ', '))",
        "upstream_response_s": f"TRY_CAST(split_part({_TIME_OF_TRIES}, ', ', -1) AS DOUBLE)",
    },
)


def combined_format(lines: Sequence[str]) -> LineFormat:
    """How to read a log in the combined format whose first lines these are: ingress-nginx puts more behind it."""
    return INGRESS if any(map(_LOOKS_LIKE_INGRESS.search, lines)) else COMBINED


# On a unix socket Gunicorn knows no client, and leaves its place empty.
_LOOKS_COMBINED = r"regexp_matches(line, '^(?:\S* )?\S+ \S+ \[\d\d/')"

# An access line that goes through a logger has the logger's time before it.
_LOGGED = r'"([A-Z]+) ((?:[^"\\]|\\.)*?)(?: HTTP/[\d.]+)?" ([1-5]\d\d)\b'
_HAS_REQUEST = r"""regexp_matches(line, '"[A-Z]+ [^"]* HTTP/[0-9.]+" [1-5]\d\d')"""
_LOGGED_STATUS = number(_LOGGED, "INTEGER", group=3)
_LOGGED_TIME = epoch_s(extracted(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\]"), "%Y-%m-%d %H:%M:%S %z")


def _logged(group: int) -> str:
    return extracted(_LOGGED, group=group)


def access_lines(kind: str) -> LineFormat:
    """How to read requests that a server of this kind of log writes between its own lines, if it does."""
    return replace(_BETWEEN_OTHERS, kind=kind)


_BETWEEN_OTHERS = LineFormat(
    kind="",
    status=f"CASE WHEN {_LOOKS_COMBINED} THEN {_STATUS} WHEN {_HAS_REQUEST} THEN {_LOGGED_STATUS} END",
    time_s=f"CASE WHEN {_LOOKS_COMBINED} THEN {COMBINED.time_s} WHEN {_HAS_REQUEST} THEN {_LOGGED_TIME} END",
    claims_to_be_a_request=f"({_LOOKS_COMBINED} OR {_HAS_REQUEST})",
    columns={**_COLUMNS, "method": _logged(1), "uri": _logged(2)},
)

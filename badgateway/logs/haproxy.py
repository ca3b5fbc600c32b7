"""HAProxy's lines about requests, as `option httplog` and `option httplog clf` write them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, epoch_s, extracted, finite, request_columns

# Each piece of a line, and what parts it from the next; the engine takes few groups at a time, so one is read at once.
_HTTP = (
    (r"\[", r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d", r"[.\d]*\] \S+ "),
    ("", r"\S+", " "),
    ("", r"-?\d+", "/"),
    ("", r"-?\d+", "/"),
    ("", r"-?\d+", "/"),
    ("", r"-?\d+", r"/\+?"),
    ("", r"-?\d+", " "),
    ("", r"-1|\d{3}", r" \+?"),
    ("", r"\d+", r" \S+ \S+ "),
    ("", r"\S\S", r"\S\S "),
)
_CLF = (
    (r"\[", r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", r'\] "(?:[^"\\]|\\.)*" '),
    ("", r"\d{3}", " "),
    ("", r"\d+", r' "[^"]*" "[^"]*" \d+ \d+ "[^"]*" "'),
    ("", r'[^"]*', '" "'),
    ("", r'[^"]*', '" '),
    ("", r"-?\d+", " "),
    ("", r"-?\d+", " "),
    ("", r"-?\d+", " "),
    ("", r"-?\d+", " "),
    ("", r"-?\d+", " "),
    ("", r"\S\S", r"\S\S "),
)


def _pattern(pieces: Sequence[tuple[str, str, str]], group: int = 0) -> str:
    """Return the pattern of a line in which only the piece of that number, from 1, is a group."""
    return "".join(
        f"{before}({'' if place == group else '?:'}{piece}){after}"
        for place, (before, piece, after) in enumerate(pieces, start=1)
    )


LOOKS_LIKE_HAPROXY = rf"(?:.{{0,80}}?haproxy\[\d+\]: )?\S+:\d+ {_pattern(_HTTP)}"
LOOKS_LIKE_HAPROXY_CLF = rf"(?:.{{0,80}}?haproxy\[\d+\]: )?\S+ \S+ \S+ {_pattern(_CLF)}"


_LOOKS_LIKE_CLF = re.compile(LOOKS_LIKE_HAPROXY_CLF)


def _http(group: int) -> str:
    return extracted(_pattern(_HTTP, group))


def _clf(group: int) -> str:
    return extracted(_pattern(_CLF, group))


_STATE = f"coalesce({_http(10)}, {_clf(11)})"
_SERVER = f"coalesce({_http(2)}, {_clf(4)} || '/' || {_clf(5)})"

_REASONS = {
    "SH": Reason.CLOSED,
    "sH": Reason.READ_TIMEOUT,
    "sC": Reason.CONNECT_TIMEOUT,
    "sQ": Reason.QUEUE_TIMEOUT,
    "SD": Reason.BODY_CUT,
    "sD": Reason.BODY_STALLED,
    # By a rule of its own, or because the header was malformed.
    "PH": Reason.REFUSED_ANSWER,
    # The same two letters for ports, files, memory, and for a unix socket whose queue is full.
    "RC": Reason.NO_RESOURCES,
    "PC": Reason.NO_RESOURCES,
}
_CLIENT_GONE = "regexp_matches({state}, '^[Cc]')"


def _milliseconds(http_group: int, clf_group: int) -> str:
    value = finite(f"coalesce({_http(http_group)}, {_clf(clf_group)})")
    return f"CASE WHEN {value} >= 0 THEN {value} / 1000 END"


def haproxy_reason() -> str:
    """SQL for what the two letters of the termination state say; NULL when the server answered in good order."""
    cases = " ".join(f"WHEN '{state}' THEN '{reason}'" for state, reason in _REASONS.items())
    no_server = f"contains({_SERVER}, '<NOSRV>')"
    # SC: refused by the server or by what is before it, or the machine's own network knows no way there.
    return (
        f"CASE WHEN {_CLIENT_GONE.format(state=_STATE)} THEN '{Reason.CLIENT_GONE}' "
        f"WHEN {_STATE} = 'SC' THEN CASE WHEN {no_server} THEN '{Reason.NO_SERVER}' "
        f"ELSE '{Reason.REFUSED_OR_NO_ROUTE}' END "
        f"ELSE CASE {_STATE} {cases} END END"
    )


# Behind the termination state: connections of four kinds, and retries. The connect time is that of all tries and of the
# second between two of them, so it tells nothing of the last one.
_TRIED_AGAIN = r"regexp_matches(line, ' [A-Za-z-]{4} (?:\d+[/ ]){4}\+?[1-9]')"
_TOTAL = _milliseconds(7, 10)
_CAME_S = f"coalesce({epoch_s(_http(1), '%d/%b/%Y:%H:%M:%S')}, {epoch_s(_clf(1), '%d/%b/%Y:%H:%M:%S %z')})"

_STATUS = f"coalesce(TRY_CAST({_http(8)} AS INTEGER), TRY_CAST({_clf(2)} AS INTEGER))"

HAPROXY = LineFormat(
    kind=LogKind.HAPROXY,
    # -1: nothing was answered, mostly for the client had left.
    status=f"CASE WHEN contains(line, ' -1 ') AND {_STATUS} = -1 AND {_CLIENT_GONE.format(state=_STATE)} THEN 499 "
    f"ELSE {_STATUS} END",
    # The date is when the request came.
    time_s=f"{_CAME_S} + coalesce({_TOTAL}, 0)",
    has_local_times=True,
    columns={
        **request_columns(extracted(r'"((?:[A-Z]+) (?:[^"\\]|\\.)*)"')),
        "body_bytes": f"coalesce(TRY_CAST({_http(9)} AS BIGINT), TRY_CAST({_clf(3)} AS BIGINT))",
        "duration_s": _TOTAL,
        "upstream_addr": _SERVER,
        "upstream_tries": f"CASE WHEN contains({_SERVER}, '<NOSRV>') THEN 0 ELSE 1 END",
        "upstream_connect_s": f"CASE WHEN NOT {_TRIED_AGAIN} THEN {_milliseconds(5, 8)} END",
        "upstream_header_s": _milliseconds(6, 9),
        "has_upstream_times": "TRUE",
        "proxy_reason": haproxy_reason(),
    },
)


def haproxy_format(lines: Sequence[str]) -> LineFormat:
    """How to read a log whose first lines these are: httplog has local times without a zone, httplog clf says it."""
    return replace(HAPROXY, has_local_times=not any(map(_LOOKS_LIKE_CLF.match, lines)))

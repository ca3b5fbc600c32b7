"""Tells the kind of a log from its lines, never from its name."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from badgateway.errors import RawDataError
from badgateway.logs.apache import LOOKS_LIKE_APACHE_ERROR
from badgateway.logs.database_logs import database_logs
from badgateway.logs.event_grammar import APPLICATION, HEROKU_DYNO, KERNEL
from badgateway.logs.go_proxies import LOOKS_LIKE_CADDY_1, LOOKS_LIKE_TRAEFIK, LOOKS_LIKE_TRAEFIK_LOG, kind_of_json
from badgateway.logs.haproxy import LOOKS_LIKE_HAPROXY, LOOKS_LIKE_HAPROXY_CLF
from badgateway.logs.heroku import LOOKS_LIKE_HEROKU
from badgateway.logs.json_lines import looks_like_json_access
from badgateway.logs.load_balancer import LOOKS_LIKE_ALB, LOOKS_LIKE_CLASSIC_ELB
from badgateway.logs.supervisors import supervisor_logs
from badgateway.logs.w3c import LOOKS_LIKE_CLOUDFRONT, LOOKS_LIKE_IIS
from badgateway.model.error_log import HEAD
from badgateway.model.log_kind import LogKind
from badgateway.model.masking import masked
from badgateway.servers.log import ServerLog
from badgateway.servers.registry import server_logs

# A request may have no status.
_COMBINED = (
    r"\S+ \S+ .*\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "
    r'"(?:[^"\\]|\\.)*" (?:\d{3} (?:\d+|-)|(?:-1?|0?) (?:\d+|-)(?= "|$))'
)
_SHOWN_CHARS, _LOOKED_AT_CHARS = 80, 1000
_FIRST_LINES = 8192


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda line: compiled.match(line) is not None


def _json_of(kind: LogKind) -> Callable[[str], bool]:
    return lambda line: kind_of_json(line) is kind


_ONE_LINE_PER_ENTRY: tuple[tuple[LogKind, Callable[[str], bool]], ...] = (
    (LogKind.TRAEFIK, _json_of(LogKind.TRAEFIK)),
    (LogKind.CADDY, _json_of(LogKind.CADDY)),
    (LogKind.CADDY_LOG, _json_of(LogKind.CADDY_LOG)),
    (LogKind.TRAEFIK_LOG, _json_of(LogKind.TRAEFIK_LOG)),
    (LogKind.NGINX_JSON, looks_like_json_access),
    (LogKind.NGINX_ERROR, _matches(rf"[^\"]{{0,80}}?{HEAD}|nginx: \[emerg\] ")),
    (LogKind.ALB, _matches(LOOKS_LIKE_ALB)),
    (LogKind.CLASSIC_ELB, _matches(LOOKS_LIKE_CLASSIC_ELB)),
    (LogKind.CLOUDFRONT, _matches(LOOKS_LIKE_CLOUDFRONT)),
    (LogKind.IIS, _matches(LOOKS_LIKE_IIS)),
    (LogKind.HEROKU, _matches(LOOKS_LIKE_HEROKU)),
    (LogKind.HEROKU_DYNO, HEROKU_DYNO.owns),
    (LogKind.HAPROXY, _matches(f"{LOOKS_LIKE_HAPROXY}|{LOOKS_LIKE_HAPROXY_CLF}")),
    (LogKind.TRAEFIK, _matches(LOOKS_LIKE_TRAEFIK)),
    (LogKind.TRAEFIK_LOG, _matches(LOOKS_LIKE_TRAEFIK_LOG)),
    (LogKind.CADDY_LOG, _matches(LOOKS_LIKE_CADDY_1)),
    (LogKind.APACHE_ERROR, _matches(LOOKS_LIKE_APACHE_ERROR)),
    (LogKind.KERNEL, KERNEL.owns),
    (LogKind.NGINX_COMBINED, _matches(_COMBINED)),
)


def kind_of(line: str) -> str | None:
    """The kind of log that a line, by itself, is of; None when it can be of any, or of none that is known here."""
    entry = _entry_kind(line)
    if entry is not None:
        return entry
    server = next((kind for kind, log in server_logs().items() if log.owns(line)), None)
    return APPLICATION.kind if server is None and APPLICATION.owns(line) else server


# A log's first lines are asked about twice, and once more with each piece of a stream.
@lru_cache(maxsize=_FIRST_LINES)
def _entry_kind(line: str) -> str | None:
    entry = next((kind for kind, is_entry in _ONE_LINE_PER_ENTRY if is_entry(line)), None)
    return entry or next((kind for kind, log in _logs_beside().items() if log.owns(line)), None)


@cache
def _logs_beside() -> Mapping[str, ServerLog]:
    """Return the logs of what runs beside an application server, each line of which tells what it is of."""
    return {**supervisor_logs(), **database_logs()}


def kinds_of(lines: Sequence[str]) -> frozenset[str]:
    """The kinds of which there is a line among these."""
    return frozenset(kind for line in lines if (kind := kind_of(line)) is not None)


def recognised(name: str, lines: Sequence[str]) -> str:
    """The kind of log whose first lines these are, when one program wrote them all.

    Raises:
        RawDataError: They are of no kind that is known here.
    """
    counts = Counter(map(_entry_kind, lines))
    del counts[None]
    best = max(counts, key=lambda kind: counts[kind], default=None)
    # The first lines of a server may be mostly what the application prints, so one line of its own decides.
    server = next((kind for kind, log in server_logs().items() if any(map(log.owns, lines))), None)
    # It may hold its access log too, which looks like nginx's.
    if server is not None and (best is LogKind.NGINX_COMBINED or 2 * counts[best] < len(lines)):
        return server
    if best is None and any(map(APPLICATION.owns, lines)):
        return APPLICATION.kind
    if best is None:
        raise unknown(name, lines)
    return best


def unknown(name: str, lines: Sequence[str]) -> RawDataError:
    """What to raise when no line of a log is of a kind that is known here."""
    # What is no log may be the complaint of the command that was to print it, with its password.
    shown = masked("".join(filter(str.isprintable, lines[0][:_LOOKED_AT_CHARS])).strip())[:_SHOWN_CHARS]
    of_several = f"its first {len(lines):,} lines, such as {shown!r}, are"
    what = (f"its line {shown!r} is" if len(lines) == 1 else of_several) if shown else "it has no text, and is"
    is_yaml = lines[0].strip() == "---"
    remedy = "print it as JSON (gcloud: --format json)" if is_yaml else "--log-format gives the format of an access log"
    return RawDataError(
        f"{name} is no log that is known here: {what} of no kind that `badgateway explain --list-formats` shows; "
        f"{remedy}"
    )

"""What users of a site ask for and how often, as its access log has it: routes with weights, and rates."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from badgateway.draft.draft import Levels
from badgateway.draft.locust_file import Workload
from badgateway.draft.routes import NotSent, Task, of_others
from badgateway.errors import RawDataError
from badgateway.logs.requests import REQUESTS, requests_of
from badgateway.numbers import percent, plural

MOST_ROUTES = 30
MOST_PATHS = 20
"""Of one route: its most asked for paths."""
LARGE_BYTES = 1_000_000
_WEIGHTS = 1000
_LEAST_SHARE = 0.001
_FILES = re.compile(r"\.(?:css|js|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm)$", re.IGNORECASE)
_UNSAID = "<token>"
_FOLDS = (
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE), "<uuid>"),
    (re.compile(r"\d+"), "<n>"),
    (re.compile(r"[0-9a-f]{16,}|[A-Za-z0-9_-]{32,}"), _UNSAID),
    # What resets a password in Django; a JSON Web Token; an address of e-mail; a parameter of a path, as of a session.
    (
        re.compile(
            r"[0-9a-z]{1,13}-[0-9a-f]{16,}|ey[\w-]{8,}(\.[\w-]*){1,2}|[^@]+(@|%40)[^@]+|.*(;|%3b).*", re.IGNORECASE
        ),
        _UNSAID,
    ),
)
_PLAIN_VALUE = re.compile(r"\d{1,6}")
_QUERY = f"""
SELECT method, uri, status, count(*) AS times, count(*) FILTER (body_bytes >= {LARGE_BYTES}) AS large
FROM {REQUESTS} WHERE uri IS NOT NULL GROUP BY ALL ORDER BY times DESC, uri, method, status
"""  # noqa: S608 # constants
# Of the minutes in which there was a request at all: a night without any is no load level.
_RATES = f"""
SELECT median(times), quantile_cont(times, 0.99) FROM (
    SELECT count(*) AS times FROM {REQUESTS} WHERE method = 'GET' AND NOT regexp_matches(uri, ?, 'i')
    GROUP BY floor(time_s / 60))
"""  # noqa: S608 # constants


_LONGEST_PAUSE_S = 60
"""Who comes back later has gone away meanwhile."""
_FEWEST_CLIENTS, _FEWEST_PAUSES = 5, 50
"""Behind a balancer that does not tell them apart, all are one client."""
# Many logs have whole seconds: what is asked within one is a page and its parts, and no pause.
_PAUSES = f"""
SELECT quantile_cont(pause_s, 0.25), quantile_cont(pause_s, 0.75), count(DISTINCT client), count(*) FROM (
    SELECT client, time_s - lag(time_s) OVER (PARTITION BY client ORDER BY time_s) AS pause_s
    FROM {REQUESTS} WHERE client IS NOT NULL AND method = 'GET' AND NOT regexp_matches(uri, ?, 'i'))
WHERE pause_s > 0 AND pause_s <= {_LONGEST_PAUSE_S}
"""  # noqa: S608 # constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How often one address was asked for, with one outcome."""

    method: str
    uri: str
    status: int
    times: int
    large: int
    """So many answers were large downloads."""


def traffic(log: Path) -> tuple[Workload, Levels]:
    """Return what users do and how much, by an access log.

    Raises:
        RawDataError: It cannot be read, or has no request that users could send again.
    """
    with requests_of(log) as connection:
        rows = connection.execute(_QUERY).fetchall()
        (median, busy) = connection.execute(_RATES, [_FILES.pattern]).fetchall()[0]
        low_s, high_s, clients, pauses = connection.execute(_PAUSES, [_FILES.pattern]).fetchall()[0]
    asked = [Asked(method=row[0] or "", uri=row[1], status=row[2], times=row[3], large=row[4]) for row in rows]
    found = workload(asked, log.name)
    if not found.tasks:
        raise RawDataError(f"{log}: has no GET that was answered; a workload needs one")
    if clients >= _FEWEST_CLIENTS and pauses >= _FEWEST_PAUSES:
        found = replace(found, pause_s=(_rounded(low_s), _rounded(high_s)))
    # A log of a few minutes has the same rate twice.
    rates = tuple(sorted({_rounded(one / 60) for one in (median, busy, 2 * busy)}))
    return found, Levels(rates_per_s=rates, source="the log's median minute, its 99th percentile, and twice that")


def workload(asked: Iterable[Asked], source: str) -> Workload:
    """Return the tasks that make up nearly all of what was asked for, and what was left out."""
    paths: dict[str, Counter[str]] = defaultdict(Counter)
    left_out: Counter[tuple[str, str]] = Counter()
    large = 0
    for one in asked:
        why = _why_not(one)
        if why:
            left_out[f"{one.method} {route(one.uri)}", why] += one.times
        else:
            paths[route(one.uri)][sendable(one.uri)] += one.times
            large += one.large
    total = sum(count.total() for count in paths.values())
    ranked = sorted(paths.items(), key=lambda item: (-item[1].total(), item[0]))
    kept = [(name, found) for name, found in ranked[:MOST_ROUTES] if found.total() >= _LEAST_SHARE * total]
    rare = [(f"GET {name}", "is rare in the log") for name, _ in ranked[len(kept) :]]
    told = f"{source}, {plural(total, 'request')}{f', {percent(large / total)} of them large' if large else ''}"
    return Workload(
        source=told,
        tasks=tuple(_task(name, found, total) for name, found in kept),
        not_sent=tuple(NotSent(pattern=name.partition(" ")[2], why=why) for name, why in (*left_out, *rare)),
    )


def _why_not(one: Asked) -> str:
    path = urlsplit(one.uri).path
    if not path.startswith("/"):
        return "is no path"
    if one.method != "GET":
        return f"{one.method or 'its method'} is sent only where you write it"
    if _FILES.search(path):
        return "a file"
    if _UNSAID in route(path):
        return "has what may be a secret in its path"
    if why := of_others(path):
        return why
    # What fails today is asked for all the same; what the site refuses tells nothing of its speed.
    return f"was answered {one.status}" if 300 <= one.status < 499 and one.status != 304 else ""


def route(uri: str) -> str:
    """Return the path with numbers, UUIDs and tokens folded, so that alike addresses are one route."""
    return "/".join(_folded(part) for part in urlsplit(uri).path.split("/"))


def _folded(part: str) -> str:
    return next((word for pattern, word in _FOLDS if pattern.fullmatch(part)), part)


def sendable(uri: str) -> str:
    """Return an address that may be written into a file: of its query, only short numbers stay, such as a page's."""
    parts = urlsplit(uri)
    kept = "&".join(f"{key}={value}" for key, value in parse_qsl(parts.query) if _is_plain(key, value))
    return f"{parts.path}?{kept}" if kept else parts.path


def _is_plain(key: str, value: str) -> bool:
    return bool(_PLAIN_VALUE.fullmatch(value)) and key.isidentifier() and key.isascii()


def _task(name: str, found: Counter[str], total: int) -> Task:
    first, *others = (path for path, _ in found.most_common(MOST_PATHS))
    weight = max(1, round(_WEIGHTS * found.total() / total))
    return Task(path=first, name=f"GET {name}", weight=weight, others=tuple(others))


def _rounded(rate_per_s: float) -> float:
    return max(0.1, float(f"{rate_per_s:.3g}"))

"""Traefik and Caddy: access lines in JSON or in the common format, and what they log of errors."""

import re
from collections.abc import Mapping
from functools import lru_cache

from badgateway.logs.combined import COMBINED
from badgateway.logs.json_lines import json_object
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, epoch_s, extracted, finite, number

LOOKS_LIKE_TRAEFIK = (
    r"\S+ \S+ .*\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "
    r'"(?:[^"\\]|\\.)*" \d{3} (?:\d+|-) "[^"]*" "(?:[^"\\]|\\.)*" \d+ "[^"]*" "[^"]*" \d+ms'
)
LOOKS_LIKE_TRAEFIK_LOG = (
    r'(?:time="\d{4}-\d\d-\d\dT[^"]+" level=\w+ .* caused by: |'
    r"(?:\d{4}-\d\d-\d\dT\S+ )?(?:DBG|ERR) \S+ > \d{3} [A-Z][\w ]+ error=)"
)
# Before version 2: when, the status that it gave, for which path.
_CADDY_1 = r"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}) \[ERROR (\d{3}) (\S+)\] "
LOOKS_LIKE_CADDY_1 = _CADDY_1
_STATUS_ALONE = re.compile(r"[45]\d\d [A-Z][\w ]+")
"""Traefik 3 has what caused it under a key of its own."""
_TRAEFIK_TAIL = r' \d+ "[^"]*" "([^"]*)" (\d+)ms$'


@lru_cache(maxsize=1)
def kind_of_json(line: str) -> LogKind | None:
    """Traefik's or Caddy's kind of a JSON line; None when it is of neither."""
    if not line.startswith("{"):
        return None
    return _kind_of(json_object(line))


def _kind_of(value: Mapping[str, object]) -> LogKind | None:
    if "DownstreamStatus" in value and "RequestPath" in value:
        return LogKind.TRAEFIK
    logger = str(value.get("logger", ""))
    if logger.startswith("http.log.access") and "status" in value:
        return LogKind.CADDY
    if logger.startswith(("http.log.error", "http.handlers.reverse_proxy")):
        return LogKind.CADDY_LOG
    message = str(value.get("message", value.get("msg")))
    if value.get("level") in ("debug", "error", "warn") and (
        "caused by:" in message or ("error" in value and _STATUS_ALONE.fullmatch(message))
    ):
        return LogKind.TRAEFIK_LOG
    return None


def json_value(path: str) -> str:
    """SQL for a value of a JSON line; keys of nested objects are parted by a dot."""
    keys = ".".join(f'"{key}"' for key in path.split("."))
    # json_valid guards each use: DuckDB raises on text that is not JSON.
    return f"json_extract_string(CASE WHEN json_valid(line) THEN line END, '$.{keys}')"


# Neither tells in its access log whether a status is its own or the application's.
_UNTOLD = {"has_upstream_times": "TRUE", "upstream_addr": "CAST(NULL AS VARCHAR)"}

_NANOSECONDS = f"{finite(json_value('Duration'))} / 1e9"
TRAEFIK_JSON = LineFormat(
    kind=LogKind.TRAEFIK,
    status=f"TRY_CAST({json_value('DownstreamStatus')} AS INTEGER)",
    time_s=f"coalesce(epoch(TRY_CAST({json_value('StartUTC')} AS TIMESTAMPTZ)) + coalesce({_NANOSECONDS}, 0), "
    f"epoch(TRY_CAST({json_value('time')} AS TIMESTAMPTZ)))",
    columns={
        **_UNTOLD,
        "method": json_value("RequestMethod"),
        "uri": json_value("RequestPath"),
        "duration_s": _NANOSECONDS,
    },
)

TRAEFIK = LineFormat(
    kind=LogKind.TRAEFIK,
    status=COMBINED.status,
    time_s=COMBINED.time_s,
    columns={
        **{name: COMBINED.columns[name] for name in ("method", "uri", "body_bytes")},
        **_UNTOLD,
        "duration_s": f"{number(_TRAEFIK_TAIL, 'DOUBLE', group=2)} / 1000",
    },
)

CADDY = LineFormat(
    kind=LogKind.CADDY,
    status=f"TRY_CAST({json_value('status')} AS INTEGER)",
    time_s=f"coalesce({finite(json_value('ts'))}, epoch(TRY_CAST({json_value('ts')} AS TIMESTAMPTZ)))",
    columns={
        **_UNTOLD,
        "method": json_value("request.method"),
        "uri": json_value("request.uri"),
        "duration_s": finite(json_value("duration")),
        "body_bytes": f"TRY_CAST({json_value('size')} AS BIGINT)",
    },
)

_LOGFMT_TIME = extracted(r'time="([^"]+)"')
_CONSOLE_TIME = extracted(r"^(\d{4}-\d\d-\d\dT\S+) (?:DBG|INF|WRN|ERR) ")
TRAEFIK_LOG_TIME = f"epoch(TRY_CAST(coalesce({_LOGFMT_TIME}, {_CONSOLE_TIME}, {json_value('time')}) AS TIMESTAMPTZ))"
_SAID = r"(\d{3}) [A-Z][\w ]+(?:'? caused by: | error=)"
TRAEFIK_MESSAGE = (
    f"coalesce({extracted(rf'({_SAID}.*)')}, {json_value('message')} || ' error=' || {json_value('error')})"
)
TRAEFIK_STATUS = number(_SAID, "INTEGER", TRAEFIK_MESSAGE)
CADDY_TIME = f"coalesce({CADDY.time_s}, {epoch_s(extracted(_CADDY_1), '%d/%b/%Y:%H:%M:%S %z')})"
CADDY_MESSAGE = f"coalesce({json_value('error')}, {json_value('msg')}, {extracted(_CADDY_1 + '(.*)', group=4)})"
CADDY_STATUS = f"coalesce(TRY_CAST({json_value('status')} AS INTEGER), {number(_CADDY_1, 'INTEGER', group=2)})"
CADDY_REQUEST = (
    f"{json_value('request.method')} || ' ' || {json_value('request.uri')} || ' ' || "
    f"coalesce({json_value('request.proto')}, 'HTTP/1.1')"
)

"""nginx access logs of JSON objects: the kit's own, and any whose keys are named after nginx's variables."""

import json
from collections.abc import Sequence
from typing import Any

from badgateway.model.evidence import LogKind, Proxy
from badgateway.servers.line_format import LineFormat, epoch_s, finite, request_columns, status_code

_SYNONYMS = {
    "status": ("status", "status_code", "response_status", "http_status"),
    "time": ("time_s", "msec", "time_iso8601", "time_local", "@timestamp", "timestamp", "time", "ts"),
    "request_id": ("request_id", "x_request_id", "http_x_request_id", "req_id"),
    "connection": ("connection",),
    "request": ("request",),
    "method": ("method", "request_method", "verb"),
    "uri": ("uri", "request_uri", "url", "path"),
    "body_bytes": ("body_bytes", "body_bytes_sent", "bytes_sent", "bytes"),
    "duration": ("request_time_s", "request_time", "duration_s", "rt"),
    "upstream_addr": ("upstream_addr", "upstream"),
    "upstream_status": ("upstream_status",),
    "upstream_connect": ("upstream_connect_time_s", "upstream_connect_time", "uct"),
    "upstream_header": ("upstream_header_time_s", "upstream_header_time", "uht"),
    "upstream_response": ("upstream_response_time_s", "upstream_response_time", "urt"),
}
_NEEDED = ("status", "time")

_MILLISECONDS_FROM = 1e11
"""A number of seconds as large as this is the year 5138."""


def keys_of(lines: Sequence[str]) -> tuple[str, ...]:
    """The keys of the JSON objects among the lines, in order of appearance."""
    return tuple(dict.fromkeys(key for line in lines for key in json_object(line)))


def json_object(line: str) -> dict[str, Any]:
    """The JSON object that a line is; empty when it is none."""
    try:
        value = json.loads(line)
    # A line of a thousand brackets is nested deeper than Python follows.
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def looks_like_json_access(line: str) -> bool:
    """Whether the line is a JSON object with a status and a time."""
    keys = json_object(line)
    return all(any(name in keys for name in _SYNONYMS[needed]) for needed in _NEEDED)


def json_format(keys: Sequence[str]) -> LineFormat:
    """How to read JSON lines that have these keys."""
    upstream_status = _value(keys, "upstream_status")
    of_upstream = any(name in keys for column, names in _SYNONYMS.items() if "upstream" in column for name in names)
    return LineFormat(
        kind=LogKind.NGINX_JSON,
        proxy=Proxy.NGINX if of_upstream else None,
        status=status_code(_value(keys, "status")),
        time_s=_time_s(_value(keys, "time")),
        was_retried=f"coalesce(regexp_matches({upstream_status}, ', | : '), FALSE)",
        columns={
            **_request(keys),
            **_upstream(keys),
            "duration_s": finite(_value(keys, "duration")),
            "connection": f"TRY_CAST({_value(keys, 'connection')} AS BIGINT)",
            "request_id": f"nullif({_value(keys, 'request_id')}, '')",
            "body_bytes": f"TRY_CAST({_value(keys, 'body_bytes')} AS BIGINT)",
        },
    )


def _value(keys: Sequence[str], column: str) -> str:
    key = next((name for name in _SYNONYMS[column] if name in keys), None)
    if key is None:
        return "CAST(NULL AS VARCHAR)"
    # json_valid guards each use: DuckDB raises on text that is not JSON.
    return f"json_extract_string(CASE WHEN json_valid(line) THEN line END, '$.\"{key}\"')"


def _time_s(text: str) -> str:
    seconds = f"TRY_CAST({text} AS DOUBLE)"
    in_words = f"epoch(TRY_CAST({text} AS TIMESTAMPTZ)), {epoch_s(text, '%d/%b/%Y:%H:%M:%S %z')}"
    return f"coalesce(CASE WHEN {seconds} > {_MILLISECONDS_FROM} THEN {seconds} / 1000 ELSE {seconds} END, {in_words})"


def _request(keys: Sequence[str]) -> dict[str, str]:
    from_line = request_columns(_value(keys, "request"))
    return {name: f"coalesce({_value(keys, name)}, {from_line[name]})" for name in ("method", "uri")}


def _tries(text: str) -> str:
    # nginx puts ', ' between the servers it tried, ' : ' between groups of servers after an internal redirect.
    return f"regexp_split_to_array({text}, ', | : ')"


def _last_try(text: str) -> str:
    return f"nullif(nullif({_tries(text)}[-1], '-'), '')"


def _upstream(keys: Sequence[str]) -> dict[str, str]:
    address = _value(keys, "upstream_addr")
    times = {
        f"{name}_s": finite(_last_try(_value(keys, name)))
        for name in ("upstream_connect", "upstream_header", "upstream_response")
    }
    has_times = all(any(name in keys for name in _SYNONYMS[f"upstream_{part}"]) for part in ("connect", "header"))
    return {
        **times,
        "upstream_addr": _last_try(address),
        "upstream_status": f"nullif(nullif({_value(keys, 'upstream_status')}, '-'), '')",
        "upstream_tries": f"CASE WHEN {address} IN ('', '-') THEN 0 ELSE len({_tries(address)}) END",
        "has_upstream_times": str(has_times).upper(),
    }

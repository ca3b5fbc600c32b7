"""Access logs of JSON objects: the kit's own of nginx, and those whose keys have names that are known."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from badgateway.logs.json_fields import SYNONYMS, Keys, is_of_a_request, keys_in, place_of
from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.servers.line_format import LineFormat, epoch_s, finite, request_columns, status_code, text_literal

_OTHER_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From where on a number is one of nanoseconds, microseconds, milliseconds: as seconds the last is the year 5138."""


def keys_of(lines: Sequence[str]) -> Keys:
    """The keys of the JSON objects among the lines, in order of appearance."""
    return keys_in([json_object(line) for line in lines])


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
    return line.startswith("{") and is_of_a_request(json_object(line))


def json_format(keys: Keys) -> LineFormat:
    """How to read JSON lines that have these keys."""
    upstream_status = _value(keys, "upstream_status")
    return LineFormat(
        kind=LogKind.NGINX_JSON,
        proxy=_proxy(keys),
        status=_status(keys),
        time_s=_ended_s(keys),
        was_retried=f"coalesce(regexp_matches({upstream_status}, ', | : '), FALSE)",
        columns={
            **_request(keys),
            **_upstream(keys),
            **_told(keys),
            "duration_s": _duration_s(keys),
            **_who_asked(keys),
            "connection": f"TRY_CAST({_value(keys, 'connection')} AS BIGINT)",
            "request_id": f"nullif({_value(keys, 'request_id')}, '')",
            "body_bytes": f"TRY_CAST({_value(keys, 'body_bytes')} AS BIGINT)",
        },
    )


def _who_asked(keys: Keys) -> dict[str, str]:
    if _proxy(keys) is not Proxy.NGINX:
        return {}
    told = {
        name: f"nullif(nullif({_value(keys, name)}, ''), '-')" for name in ("client", "forwarded_for", "asked_host")
    }
    return told | {"forwarded_for": f"trim(split_part({told['forwarded_for']}, ',', 1))"}


def _proxy(keys: Keys) -> Proxy | None:
    for column, proxy in _MARKS:
        if place_of(keys, column) is not None:
            return proxy
    of_upstream = any(place_of(keys, column) for column in SYNONYMS if column.startswith("upstream"))
    return Proxy.NGINX if of_upstream else None


_MARKS = (
    ("envoy_flags", Proxy.ENVOY),
    ("google_details", Proxy.GOOGLE),
    ("cloud_run", Proxy.GOOGLE),
    ("cloudflare_origin", Proxy.CLOUDFLARE),
    ("azure_error", Proxy.AZURE),
)
"""Columns that one proxy alone has."""


def _value(keys: Keys, column: str) -> str:
    place = place_of(keys, column)
    if place is None:
        return "CAST(NULL AS VARCHAR)"
    return _at(place)


def _at(place: Sequence[str]) -> str:
    path = ".".join(f'"{key}"' for key in place)
    # json_valid guards each use: DuckDB raises on text that is not JSON.
    return f"json_extract_string(CASE WHEN json_valid(line) THEN line END, {text_literal(f'$.{path}')})"


def _ended_s(keys: Keys) -> str:
    if place_of(keys, "time") is None:
        return f"{_time_s(_value(keys, 'start'))} + coalesce({_duration_s(keys)}, 0)"
    return _time_s(_value(keys, "time"))


def _duration_s(keys: Keys) -> str:
    for unit, factor in (("seconds", 1.0), ("milliseconds", 1e-3), ("nanoseconds", 1e-9)):
        if place_of(keys, unit) is not None:
            # Google writes 0.512s.
            text = f"rtrim({_value(keys, unit)}, 's')"
            return finite(text) if unit == "seconds" else f"{finite(text)} * {factor!r}"
    if "duration" in keys and place_of(keys, "envoy_flags") is not None:
        return f"{finite(_at(keys['duration']))} * 1e-3"
    return finite("CAST(NULL AS VARCHAR)")


def _time_s(text: str) -> str:
    seconds = f"TRY_CAST({text} AS DOUBLE)"
    in_words = f"epoch(TRY_CAST({text} AS TIMESTAMPTZ)), {epoch_s(text, '%d/%b/%Y:%H:%M:%S %z')}"
    units = " ".join(f"WHEN {seconds} > {least!r} THEN {seconds} / {per_s!r}" for least, per_s in _OTHER_UNITS)
    return f"coalesce(CASE {units} ELSE {seconds} END, {in_words})"


def _request(keys: Keys) -> dict[str, str]:
    from_line = request_columns(_value(keys, "request"))
    method, uri = (f"coalesce({_value(keys, name)}, {from_line[name]})" for name in ("method", "uri"))
    return {"method": method, "uri": rf"regexp_replace({uri}, '^\w+://[^/]*', '')"}


ENVOY_FLAGS = {
    "UF": Reason.UNCONNECTED,
    "UC": Reason.CLOSED,
    "UR": Reason.CLOSED,
    "UT": Reason.READ_TIMEOUT,
    "SI": Reason.READ_TIMEOUT,
    "UH": Reason.NONE_LIVE,
    "NC": Reason.NONE_LIVE,
    "UO": Reason.LIMITED,
    "RL": Reason.LIMITED,
    "DC": Reason.CLIENT_GONE,
}
_GOOGLE_DETAILS = {
    "failed_to_connect_to_backend": Reason.UNCONNECTED,
    "failed_to_pick_backend": Reason.NONE_LIVE,
    "backend_connection_closed_before_data_sent_to_client": Reason.CLOSED,
    "backend_connection_closed_after_partial_response_sent": Reason.BODY_CUT,
    "backend_timeout": Reason.READ_TIMEOUT,
    "client_disconnected_before_any_response": Reason.CLIENT_GONE,
    "client_disconnected_after_partial_response": Reason.CLIENT_GONE,
}


# In the text of its own entry about the request.
_CLOUD_RUN = {
    "malformed or connection to the instance had an error": Reason.CLOSED,
    "was no available instance": Reason.NONE_LIVE,
    "maximum request timeout": Reason.READ_TIMEOUT,
}
# Where the origin gave no status, Cloudflare's own says how far it came.
_CLOUDFLARE_STATUSES = {
    "520": Reason.CLOSED,
    "521": Reason.UNCONNECTED,
    "522": Reason.CONNECT_TIMEOUT,
    "523": Reason.UNCONNECTED,
    "524": Reason.READ_TIMEOUT,
    "525": Reason.NO_TLS,
    "526": Reason.NO_TLS,
}
_AZURE_ERRORS = {
    "ERRORINFO_UPSTREAM_TIMED_OUT": Reason.READ_TIMEOUT,
    "ERRORINFO_UPSTREAM_NO_LIVE": Reason.NONE_LIVE,
    "ERRORINFO_UPSTREAM_CLOSED_CONNECTION": Reason.CLOSED,
    "ERRORINFO_CLIENT_CLOSED_REQUEST": Reason.CLIENT_GONE,
    "ERRORINFO_CLIENT_TIMED_OUT": Reason.CLIENT_GONE,
}


def _told(keys: Keys) -> dict[str, str]:
    """What the codes of some proxies say of a request; they say, too, when the status is the server's own."""
    status = _value(keys, "status")
    if place_of(keys, "cloudflare_origin") is not None:
        answered = f"{_value(keys, 'cloudflare_origin')} = {status}"
        return {"proxy_reason": _reason(status, _CLOUDFLARE_STATUSES), "app_status": _own_status(keys, answered)}
    if place_of(keys, "azure_error") is not None:
        answered = f"{_value(keys, 'azure_server')} = {status}"
        found = _reason(_value(keys, "azure_error"), _AZURE_ERRORS)
        return {"proxy_reason": found, "app_status": _own_status(keys, answered)}
    flags, details = _value(keys, "envoy_flags"), _value(keys, "google_details")
    if place_of(keys, "envoy_flags") is not None:
        cases = " ".join(
            f"WHEN contains(',' || {flags} || ',', ',{flag},') THEN '{reason}'" for flag, reason in ENVOY_FLAGS.items()
        )
        return {"proxy_reason": f"CASE {cases} END", "app_status": _own_status(keys, f"{flags} = '-'")}
    if place_of(keys, "google_details") is not None:
        answered = f"{details} = 'response_sent_by_backend'"
        return {"proxy_reason": _reason(details, _GOOGLE_DETAILS), "app_status": _own_status(keys, answered)}
    if place_of(keys, "cloud_run") is not None:
        said = _at(("textPayload",))
        cases = " ".join(f"WHEN contains({said}, '{text}') THEN '{reason}'" for text, reason in _CLOUD_RUN.items())
        return {"proxy_reason": f"CASE {cases} END", "app_status": _own_status(keys, f"{said} IS NULL")}
    return {}


def _status(keys: Keys) -> str:
    status, reason = status_code(_value(keys, "status")), _told(keys).get("proxy_reason")
    # Both write 0 where the client had left before an answer.
    return f"coalesce({status}, CASE {reason} WHEN '{Reason.CLIENT_GONE}' THEN 499 END)" if reason else status


def _own_status(keys: Keys, condition: str) -> str:
    return f"CASE WHEN {condition} THEN {status_code(_value(keys, 'status'))} END"


def _reason(text: str, reasons: Mapping[str, str]) -> str:
    cases = " ".join(f"WHEN '{word}' THEN '{reason}'" for word, reason in reasons.items())
    return f"CASE {text} {cases} END"


def _tries(text: str) -> str:
    # nginx puts ', ' between the servers it tried, ' : ' between groups of servers after an internal redirect.
    return f"regexp_split_to_array({text}, ', | : ')"


def _last_try(text: str) -> str:
    return f"nullif(nullif({_tries(text)}[-1], '-'), '')"


def _upstream(keys: Keys) -> dict[str, str]:
    address = _value(keys, "upstream_addr")
    times = {
        f"{name}_s": finite(_last_try(_value(keys, name)))
        for name in ("upstream_connect", "upstream_header", "upstream_response")
    }
    has_times = all(place_of(keys, f"upstream_{part}") is not None for part in ("connect", "header"))
    return {
        **times,
        "upstream_addr": _last_try(address),
        "upstream_status": f"nullif(nullif({_value(keys, 'upstream_status')}, '-'), '')",
        "upstream_tries": f"CASE WHEN {address} IN ('', '-') THEN 0 ELSE len({_tries(address)}) END",
        "has_upstream_times": str(has_times).upper(),
    }

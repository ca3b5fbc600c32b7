"""The keys that JSON access logs have for what is read of a request, nested ones with dots between them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_DEEPEST = 4

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "status": (
        "status",
        "status_code",
        "response_status",
        "http_status",
        "response_code",
        "statusCode",
        "http_status_code",
        "response.status",
        "response.status_code",
        "response.statusCode",
        "http.status",
        "http.status_code",
        "http.response.status_code",
        "httpRequest.status",
        "res.status",
        "res.statusCode",
        "EdgeResponseStatus",
        "properties.httpStatus",
        "properties.ScStatus",
        "ScStatus",
    ),
    "time": (
        "time_s",
        "msec",
        "time_iso8601",
        "time_local",
        "@timestamp",
        "timestamp",
        "time",
        "ts",
        "datetime",
        "date",
        "@t",
        "EdgeEndTimestamp",
        "EdgeStartTimestamp",
        "timeStamp",
        "requestTime",
        "TimeGenerated",
    ),
    # Of when a request came.
    "start": ("start_time", "startTime", "started_at", "request_time_iso8601"),
    "request_id": (
        "request_id",
        "x_request_id",
        "http_x_request_id",
        "req_id",
        "http.request.id",
        "request.id",
    ),
    "connection": ("connection",),
    "request": ("request", "request_line"),
    "method": (
        "method",
        "request_method",
        "verb",
        "http_method",
        "request.method",
        "http.method",
        "http.request.method",
        "httpRequest.requestMethod",
        "req.method",
        "ClientRequestMethod",
        "properties.httpMethod",
        "httpMethod",
        "properties.CsMethod",
        "CsMethod",
    ),
    "uri": (
        "uri",
        "request_uri",
        "url",
        "path",
        "request_path",
        "url_path",
        "request.uri",
        "request.url",
        "request.path",
        "url.original",
        "url.path",
        "url.full",
        "http.url",
        "http.target",
        "httpRequest.requestUrl",
        "req.url",
        "ClientRequestURI",
        "ClientRequestPath",
        "properties.originalRequestUriWithArgs",
        "properties.requestUri",
        "properties.CsUriStem",
        "CsUriStem",
    ),
    "body_bytes": (
        "body_bytes",
        "body_bytes_sent",
        "bytes_sent",
        "bytes",
        "response.size",
        "response_size",
        "http.response.body.bytes",
        "httpRequest.responseSize",
        "EdgeResponseBytes",
        "properties.sentBytes",
    ),
    "seconds": ("request_time_s", "request_time", "duration_s", "rt", "httpRequest.latency", "properties.timeTaken"),
    "milliseconds": (
        *("latency_ms", "duration_ms", "elapsed_ms", "response_time_ms", "request_time_ms"),
        # Kong, APISIX, Azure's App Service.
        *("latencies.request", "upstream_latency", "properties.TimeTaken", "TimeTaken"),
    ),
    "nanoseconds": ("event.duration",),
    "client": (
        "remote_addr",
        "client_ip",
        "clientip",
        "remote_ip",
        "client.ip",
        "client.address",
        "source.ip",
        "request.remote_ip",
        "request.client_ip",
    ),
    "forwarded_for": ("x_forwarded_for", "http_x_forwarded_for", "forwarded_for", "proxy_add_x_forwarded_for"),
    # Behind nginx alone: in others' logs the host is often the machine.
    "asked_host": ("http_host", "server_name", "vhost", "host"),
    "upstream_addr": ("upstream_addr", "upstream", "upstream_host"),
    "upstream_status": ("upstream_status",),
    "upstream_connect": ("upstream_connect_time_s", "upstream_connect_time", "uct"),
    "upstream_header": ("upstream_header_time_s", "upstream_header_time", "uht"),
    "upstream_response": ("upstream_response_time_s", "upstream_response_time", "urt"),
    "envoy_flags": ("response_flags",),
    "google_details": ("jsonPayload.statusDetails",),
    "cloud_run": ("labels.instanceId",),
    "cloudflare_origin": ("OriginResponseStatus",),
    "azure_error": ("properties.error_info", "properties.errorInfo"),
    "azure_server": ("properties.serverStatus",),
}

_WEAK_STATUS = ("code", "http_code", "sc")
"""Keys that have other numbers in other logs."""

Keys = Mapping[str, tuple[str, ...]]
"""Where a value is, by its key's name: keys of objects, the outermost first. A key may have dots in it itself."""


def leaves(value: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """All values of an object that are no objects, and where they are."""
    for key, inner in value.items():
        place = (*above, key)
        if isinstance(inner, dict) and len(place) < _DEEPEST:
            yield from leaves(inner, place)
        else:
            yield place, inner


def keys_in(objects: Sequence[Mapping[str, Any]]) -> Keys:
    """The keys of some objects, in order of appearance."""
    found: dict[str, tuple[str, ...]] = {}
    for value in objects:
        for place, _ in leaves(value):
            found.setdefault(".".join(place), place)
    return found


def place_of(keys: Keys, column: str) -> tuple[str, ...] | None:
    """Where the value of a column is; None where none of its keys is there."""
    names = SYNONYMS[column]
    if column == "status":
        names = (*names, *_WEAK_STATUS)
    return next((keys[name] for name in names if name in keys), None)


def is_of_a_request(value: Mapping[str, Any]) -> bool:
    """Whether an object has a status and a time."""
    keys = keys_in([value])
    if place_of(keys, "time") is None and place_of(keys, "start") is None:
        return False
    if any(name in keys for name in SYNONYMS["status"]):
        return True
    has_request = any(place_of(keys, column) for column in ("uri", "request"))
    return has_request and any(_is_status(value[name]) for name in _WEAK_STATUS if name in keys and name in value)


def _is_status(value: object) -> bool:
    text = str(value)
    return len(text) == len("502") and text.isdecimal() and text[0] in "12345"

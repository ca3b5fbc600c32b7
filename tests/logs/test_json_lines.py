"""JSON access logs of many programs: what is taken out of their lines."""

import json
from typing import Any

import pytest

from badgateway.logs import Source, read_logs
from badgateway.model.log_kind import LogKind

ISO = "2026-11-21T12:00:00Z"
NGINX = {"time_iso8601": ISO, "status": 502, "request": "GET /x HTTP/1.1", "request_time": 0.5}
ECS = {
    "@timestamp": ISO,
    "http": {"request": {"method": "GET"}, "response": {"status_code": 502}},
    "url": {"path": "/x"},
    "event": {"duration": 500_000_000},
}
FLAT_ECS = {
    "@timestamp": ISO,
    "http.request.method": "GET",
    "http.response.status_code": 502,
    "url.path": "/x",
    "event.duration": 500_000_000,
}
NESTED = {
    "ts": ISO,
    "request": {"method": "GET", "uri": "/x"},
    "response": {"status": 502},
    "latency_ms": 500,
}
GOOGLE = {
    "timestamp": ISO,
    "severity": "WARNING",
    "httpRequest": {
        "requestMethod": "GET",
        "requestUrl": "https://a.example.org/x",
        "status": 502,
        "latency": "0.5s",
    },
    "jsonPayload": {"statusDetails": "failed_to_connect_to_backend"},
}
ENVOY = {
    "start_time": "2026-11-21T11:59:59.500Z",
    "method": "GET",
    "path": "/x",
    "response_code": 502,
    "response_flags": "UF,URX",
    "duration": 500,
}
CLOUDFLARE = {
    "EdgeEndTimestamp": 1_795_262_400_000_000_000,
    "ClientRequestMethod": "GET",
    "ClientRequestURI": "/x",
    "EdgeResponseStatus": 524,
    "OriginResponseStatus": 0,
}
AZURE: dict[str, Any] = {
    "timeStamp": ISO,
    "category": "ApplicationGatewayAccessLog",
    "properties": {
        "httpMethod": "GET",
        "requestUri": "/x",
        "httpStatus": 502,
        "serverStatus": "-",
        "timeTaken": 0.5,
        "error_info": "ERRORINFO_UPSTREAM_NO_LIVE",
    },
}
STRUCTLOG = {"timestamp": ISO, "event": "request_finished", "request": "GET /x", "code": 502, "duration_s": 0.5}


def read(tmp_path, *objects: dict[str, Any]):
    path = tmp_path / "access.json"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in objects))
    return read_logs([Source(name="access.json", content=path)])


@pytest.mark.parametrize("value", [NGINX, ECS, FLAT_ECS, NESTED, GOOGLE, ENVOY, AZURE, STRUCTLOG])
def test_a_request_is_read_whatever_its_keys_are_called(tmp_path, value):
    evidence = read(tmp_path, value)
    columns = "time_s, status, method, uri, duration_s"

    assert evidence.connection.table("failures").project(columns).fetchall() == [(1795262400.0, 502, "GET", "/x", 0.5)]
    assert [(file.kind, file.malformed_lines) for file in evidence.files] == [(LogKind.NGINX_JSON, 0)]


@pytest.mark.parametrize(
    ("value", "reason", "app_status"),
    [
        (ENVOY, "unconnected", None),
        (ENVOY | {"response_flags": "UT"}, "read timeout", None),
        (ENVOY | {"response_flags": "-"}, None, 502),
        (GOOGLE, "unconnected", None),
        (GOOGLE | {"jsonPayload": {"statusDetails": "response_sent_by_backend"}}, None, 502),
        (CLOUDFLARE, "read timeout", None),
        (CLOUDFLARE | {"EdgeResponseStatus": 521}, "unconnected", None),
        (CLOUDFLARE | {"EdgeResponseStatus": 502, "OriginResponseStatus": 502}, None, 502),
        (AZURE, "none live", None),
        (AZURE | {"properties": AZURE["properties"] | {"serverStatus": "502", "error_info": ""}}, None, 502),
        (NGINX, None, None),
    ],
)
def test_what_a_proxy_says_of_its_own_answer_is_kept(tmp_path, value, reason, app_status):
    columns = "proxy_reason, app_status"

    assert read(tmp_path, value).connection.table("failures").project(columns).fetchall() == [(reason, app_status)]


def test_a_code_that_is_no_status_makes_no_access_log(tmp_path):
    evidence = read(tmp_path, NGINX, {"timestamp": ISO, "request": "GET /x", "code": "E42"})

    assert (evidence.requests, sum(file.malformed_lines for file in evidence.files)) == (1, 1)

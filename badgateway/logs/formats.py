"""How the requests of each kind of log are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from badgateway.logs.combined import COMBINED, access_lines, combined_format
from badgateway.logs.go_proxies import CADDY, TRAEFIK, TRAEFIK_JSON
from badgateway.logs.haproxy import haproxy_format
from badgateway.logs.heroku import HEROKU
from badgateway.logs.json_lines import json_format, json_object, keys_of
from badgateway.logs.learnt_format import server_format
from badgateway.logs.load_balancer import ALB, CLASSIC_ELB
from badgateway.logs.source import head
from badgateway.logs.splitting import Part
from badgateway.logs.w3c import cloudfront_format, iis_format
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat
from badgateway.servers.registry import server_logs

_LEARNT_FROM_LINES = 100
_FORMATS = {known.kind: known for known in (ALB, CLASSIC_ELB, HEROKU, CADDY)}


def _traefik_format(lines: Sequence[str]) -> LineFormat:
    return TRAEFIK_JSON if lines[0].startswith("{") else TRAEFIK


def _json_format(lines: Sequence[str]) -> LineFormat:
    found = json_format(keys_of(lines))
    loggers = {json_object(line).get("name") for line in lines}
    written_by = (kind for kind, log in server_logs().items() if log.access_logger in loggers)
    return replace(found, kind=next(written_by, found.kind))


_LEARNT: Mapping[str, Callable[[Sequence[str]], LineFormat]] = {
    LogKind.NGINX_JSON: _json_format,
    LogKind.NGINX_COMBINED: combined_format,
    LogKind.CLOUDFRONT: cloudfront_format,
    LogKind.IIS: iis_format,
    LogKind.HAPROXY: haproxy_format,
    LogKind.TRAEFIK: _traefik_format,
}
"""Formats that differ from log to log: how to read one is seen from its first lines."""


def format_of(part: Part) -> LineFormat:
    """How to read the requests in a part, which is of a kind that has some."""
    assert part.kind is not None
    if part.line_format is not None:
        return part.line_format
    if part.in_combined_format:
        return replace(COMBINED, kind=part.kind)
    if part.kind in server_logs():
        stock = server_logs()[part.kind].requests or access_lines(part.kind)
        return server_format(part.kind, stock, head(part.file))
    learn = _LEARNT.get(part.kind)
    return _FORMATS[part.kind] if learn is None else learn(head(part.file)[:_LEARNT_FROM_LINES])

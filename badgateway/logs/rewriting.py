"""Lines that say in another spelling what a known kind of log says, rewritten as that says it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from badgateway.logs.json_fields import is_of_a_request
from badgateway.logs.json_lines import json_object
from badgateway.logs.w3c import COLUMNS_OF_CLOUDFRONT

_CADDY = re.compile(
    r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\t([A-Z]+)\t(http\.[\w.]+)\t([^\t]*)\t(\{.*)", re.DOTALL
)
_LTSV = re.compile(r"[\w.-]+:[^\t]*(?:\t[\w.-]+:[^\t]*)+")
# The names that ltsv.org recommends, and those of nginx's variables.
_NAMES_OF_LTSV = {
    "req": "request",
    "size": "body_bytes_sent",
    "reqtime": "request_time",
    "apptime": "upstream_response_time",
    "host": "remote_addr",
    "vhost": "http_host",
    "forwardedfor": "x_forwarded_for",
}
_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^\s"]*)'
_PAIR = re.compile(rf"([\w.@-]+)=({_VALUE})")
_LOGFMT = re.compile(rf"[\w.@-]+={_VALUE}(?: +[\w.@-]+={_VALUE})+\s*")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_TOOK = ("duration", "took", "elapsed", "latency", "service")


def _caddy(line: str) -> str | None:
    """A line of Caddy's for a terminal, as its JSON has it."""
    match = _CADDY.match(line)
    value = json_object(match[8]) if match else {}
    if match is None or not value:
        return None
    told = {"level": match[5].lower(), "ts": f"{match[1]}-{match[2]}-{match[3]} {match[4]}+00", "logger": match[6]}
    return json.dumps({**told, "msg": match[7], **value})


def _cloudfront(line: str) -> str | None:
    """A line of CloudFront's in JSON, as its columns have it."""
    value = json_object(line) if '"x-edge-location"' in line else {}
    if "sc-status" not in value:
        return None
    return "\t".join(str(value.get(name, "-")) for name in COLUMNS_OF_CLOUDFRONT)


def _ltsv(line: str) -> str | None:
    """A line of labelled values between tabs, as JSON."""
    if _LTSV.fullmatch(line) is None:
        return None
    pairs = (field.partition(":") for field in line.split("\t"))
    value = {_NAMES_OF_LTSV.get(label, label): text for label, _, text in pairs}
    return _request(value | {"time": value.get("time", "").strip("[]")})


def _logfmt(line: str) -> str | None:
    """A line of nothing but names, equals signs and values, as JSON."""
    if " status=" not in line or " method=" not in line or _LOGFMT.fullmatch(line) is None:
        return None
    value: dict[str, str] = {name: _unquoted(text) for name, text in _PAIR.findall(line)}
    for name in _TOOK:
        match = _SECONDS.fullmatch(value.get(name, ""))
        if match:
            value["request_time"] = str(float(match[1]) * (1e-3 if match[2] == "ms" else 1.0))
    return _request(value)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _request(value: Mapping[str, str]) -> str | None:
    return json.dumps(value) if is_of_a_request(value) else None


_REWRITES: Sequence[Callable[[str], str | None]] = (_caddy, _cloudfront, _ltsv, _logfmt)


def rewritten(line: str) -> str | None:
    """Return the line in the spelling that is read; None where it has one of its own, or none that is known."""
    return next((text for rewrite in _REWRITES if (text := rewrite(line)) is not None), None)

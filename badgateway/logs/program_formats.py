"""Formats of requests that programs bring along, and that nobody configures: rows of what their lines look like."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from badgateway.logs.given_format import GivenFormat, given_format
from badgateway.logs.json_lines import ENVOY_FLAGS
from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.servers.access_format import Field, Meaning

_TOLD = {
    "flags": Field(pattern=r"-|[A-Z]{2,5}(?:,[A-Z]{2,5})*", meaning=Meaning.TOLD),
    "error": Field(pattern=r"[^\"]*", meaning=Meaning.TOLD),
    # Where the client had left before an answer it is none.
    "code": Field(pattern=r"0|[1-9]\d\d", meaning=Meaning.STATUS),
    "number": Field(pattern=r"-|\d+"),
    "took": Field(pattern=r"-|\d+", meaning=Meaning.DURATION, unit_s=1e-3),
    "seconds": Field(pattern=r"-|\d+(?:\.\d+)?", meaning=Meaning.DURATION),
    "local": Field(pattern=r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", meaning=Meaning.TIME, time_format="%Y/%m/%d %H:%M:%S"),
    "day": Field(
        pattern=r"\d\d/[A-Z][a-z]{2}/\d{4} \d\d:\d\d:\d\d", meaning=Meaning.TIME, time_format="%d/%b/%Y %H:%M:%S"
    ),
    "second": Field(
        pattern=r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d", meaning=Meaning.TIME, time_format="%d/%b/%Y:%H:%M:%S"
    ),
    "word": Field(pattern=r"\S+"),
}
_OF_ENVOY: Mapping[str, Reason] = {rf"(?:^|,){flag}(?:,|$)": reason for flag, reason in ENVOY_FLAGS.items()}
_OF_GOROUTER: Mapping[str, Reason] = {
    "connection refused|no route to host": Reason.REFUSED_OR_NO_ROUTE,
    "timeout|deadline exceeded": Reason.READ_TIMEOUT,
    "EOF|connection reset|broken pipe": Reason.CLOSED,
    "^no_endpoints": Reason.NONE_LIVE,
    "context canceled": Reason.CLIENT_GONE,
}
_ENVOY = '[$time_iso8601] "$request_method $request_uri $word" $code $flags'


@cache
def program_formats() -> tuple[GivenFormat, ...]:
    """Return them, each in nginx's spelling with fields of its own."""
    return (
        # Nginx Proxy Manager.
        given_format(
            '[$time_local] $before $status - $request_method $word $host "$request_uri" [Client $remote_addr] '
            "[Length $body_bytes_sent] $after",
            _TOLD,
        ),
        # oauth2-proxy.
        _of(
            given_format(
                '$remote_addr:$number - $word - $word [$local] $host $request_method $word "$request_uri" $word '
                '"$agent" $status $body_bytes_sent $seconds',
                _TOLD,
            ),
            None,
        ),
        # Envoy's own, and Istio's.
        _with_start(given_format(f"{_ENVOY} $number $number $took $after", _TOLD, _OF_ENVOY), Proxy.ENVOY),
        _with_start(
            given_format(f'{_ENVOY} $word $word "$reason" $number $number $took $after', _TOLD, _OF_ENVOY), Proxy.ENVOY
        ),
        # Cloud Foundry's.
        _with_start(
            given_format(
                '$before - [$time_iso8601] "$request_method $request_uri $word" $status $between '
                'response_time:$seconds $inner x_cf_routererror:"$error"$after',
                _TOLD,
                _OF_GOROUTER,
            ),
            Proxy.GOROUTER,
        ),
        # Django's runserver and Werkzeug, which have no zone, and Daphne.
        _of_server(given_format('[$day] "$request" $status $body_bytes_sent', _TOLD)),
        _of_server(given_format('$remote_addr - - [$day] "$request" $status $body_bytes_sent', _TOLD)),
        _of_server(
            given_format('$before - - [$second] "$request_method $request_uri" $status $body_bytes_sent', _TOLD)
        ),
    )


def _of(given: GivenFormat, proxy: Proxy | None) -> GivenFormat:
    """Return a format that nginx could have, and that somebody else has."""
    return replace(given, line_format=replace(given.line_format, proxy=proxy))


def _of_server(given: GivenFormat) -> GivenFormat:
    """Return one of an application server, whose statuses are its application's."""
    found = _of(given, None)
    columns = {**found.line_format.columns, "app_status": found.line_format.status}
    return replace(found, line_format=replace(found.line_format, kind=LogKind.OTHER_SERVER, columns=columns))


def _with_start(given: GivenFormat, proxy: Proxy) -> GivenFormat:
    """Return one whose lines have the time when the request came."""
    found = given.line_format
    time_s = f"{found.time_s} + coalesce({found.columns['duration_s']}, 0)"
    return _of(replace(given, line_format=replace(found, time_s=time_s)), proxy)

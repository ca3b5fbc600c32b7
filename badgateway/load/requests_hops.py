"""The hops of an HttpUser: what `requests` calls an adapter, on the kit's own wire."""

from collections.abc import Iterable
from http.client import HTTPMessage
from io import BytesIO
from typing import Any

import requests
from requests import exceptions
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPHeaderDict, HTTPResponse, Retry, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, ProtocolError, ReadTimeoutError

from badgateway.load.exchange import Asked, NoAnswerError, OtherHostError, WholeReply, hop
from badgateway.load.wire import whole_body
from badgateway.model.raw_words import ClientError


class _Original:
    """What `requests` looks for cookies in."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self.msg = HTTPMessage()
        for name, value in fields:
            self.msg[name] = value

    def isclosed(self) -> bool:
        """Tell that nothing more comes."""
        return True

    def close(self) -> None:
        """Do nothing; the connection is not of this answer."""


def send(  # noqa: PLR0917 # as HTTPAdapter.send, in whose place it is
    adapter: HTTPAdapter,
    request: requests.PreparedRequest,
    stream: bool = False,  # noqa: FBT001, FBT002
    timeout: Any = None,
    verify: Any = True,  # noqa: FBT002
    cert: Any = None,
    proxies: Any = None,
) -> requests.Response:
    """Send a request, again as often as the adapter's `max_retries` says, each time with a row of its own.

    An answer has always come whole, also when it was asked for as a stream.
    """
    adapter.add_headers(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
    asked = _asked(adapter, request, timeout, proxies)
    retries = adapter.max_retries
    while True:
        try:
            raw = _raw(hop(asked, adapter), asked)
        except OtherHostError as refused:
            raise exceptions.ConnectionError(str(refused), request=request) from refused
        except NoAnswerError as failure:
            retries = _after_failure(retries, failure, asked, request)
            retries.sleep()
            continue
        if not retries.is_retry(asked.method, raw.status, "Retry-After" in raw.headers):
            return adapter.build_response(request, raw)
        try:
            retries = retries.increment(asked.method, asked.target, response=raw)
        except MaxRetryError as error:
            if retries.raise_on_status:
                raise exceptions.RetryError(error, request=request) from error
            return adapter.build_response(request, raw)
        retries.sleep(raw)


def _asked(adapter: HTTPAdapter, request: requests.PreparedRequest, timeout: Any, proxies: Any) -> Asked:
    url = request.url or ""
    # A proxy would be another host.
    proxy = select_proxy(url, proxies)
    return Asked(
        method=request.method or "GET",
        url=proxy or url,
        target=adapter.request_url(request, None),
        fields=[(_text(name), _text(value)) for name, value in request.headers.items()],
        body=_body(request),
        silence_s=_silence_s(timeout),
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _body(request: requests.PreparedRequest) -> bytes | None:
    if request.body is None:
        return b"" if "Content-Length" in request.headers else None
    return whole_body(request.body)


def _silence_s(timeout: Any) -> float | None:
    """Return the limit between two pieces of an answer; the one for connecting is that of the whole request."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    if isinstance(timeout, Timeout):
        timeout = timeout.read_timeout
    return None if timeout is None else float(timeout)


def _raw(reply: WholeReply, asked: Asked) -> HTTPResponse:
    return HTTPResponse(
        body=BytesIO(reply.body),
        headers=HTTPHeaderDict(reply.fields),
        status=reply.status,
        reason=reply.reason,
        version=11,
        preload_content=False,
        decode_content=False,
        original_response=_Original(reply.fields),  # type: ignore[arg-type] # what is asked of it
        request_method=asked.method,
        request_url=asked.url,
    )


def _after_failure(retries: Retry, failure: NoAnswerError, asked: Asked, request: requests.PreparedRequest) -> Retry:
    """Return what is left of the retries; raise what `requests` raises when there are none."""
    row = failure.row
    if row.error is ClientError.TRUNCATED:
        # urllib3 gives an answer away before its body has come.
        raise exceptions.ChunkedEncodingError(row.detail, request=request) from failure
    error: HTTPError = ProtocolError(row.detail)
    if row.error is ClientError.CONNECT_ERROR:
        error = ConnectTimeoutError(row.detail)
    elif row.error is ClientError.CLIENT_TIMEOUT:
        error = ReadTimeoutError(None, asked.target, row.detail)  # type: ignore[arg-type] # no pool of urllib3
    try:
        return retries.increment(asked.method, asked.target, error=error)
    except HTTPError:
        kind = exceptions.ReadTimeout if row.error is ClientError.CLIENT_TIMEOUT else exceptions.ConnectionError
        raise kind(f"{row.error}: {row.detail}", request=request) from failure

"""Asks a deployment whether it can answer, under a name by which the books can leave the question out."""

import http.client
import secrets
from urllib.parse import urlsplit

from badgateway.process.readiness import Probe

REQUEST_ID_PREFIX = "health-"
"""Request ids that begin so are the kit's own: they are in nginx's access log, but no client sent them."""
SHOWN_BYTES = 200


def health_probe(url: str, *, timeout_s: float, any_status: bool = False) -> Probe:
    """Ready when a GET of the http URL answers 200; else the answer has the status and the first line of the body.

    With any_status, an error is an answer as well.
    """
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path

    def ask() -> str | None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
        try:
            connection.request("GET", target, headers={"X-Request-ID": REQUEST_ID_PREFIX + secrets.token_hex(8)})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return f"{url}: {type(error).__name__}: {error}"
        finally:
            connection.close()
        is_well = any_status or response.status == http.client.OK
        return None if is_well else f"{url}: status {response.status}: {_first_line(body)}"

    return ask


def _first_line(body: bytes) -> str:
    text = body[:SHOWN_BYTES].decode(errors="replace").strip()
    return text.splitlines()[0] if text else "empty body"

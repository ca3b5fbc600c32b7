"""The cookies of one user of a site, by the rules of the library that HttpUser has for them.

Those of a session that was made before the load are in the jar from the beginning: none of it is about passwords.
"""

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.cookies import MockRequest, MockResponse, RequestsCookieJar, create_cookie, get_cookie_header
from requests.structures import CaseInsensitiveDict

from badgateway.load.settings import SESSIONS


class Cookies(RequestsCookieJar):
    """A jar for one site: `user.cookies["csrftoken"]` reads a cookie, `user.cookies.set(name, value)` makes one."""

    def __init__(self, site: str) -> None:
        """Make an empty jar.

        Args:
            site: Base address, such as http://127.0.0.1:8080.
        """
        super().__init__()
        self._site = site
        self._is_used = False

    def set(self, name: str, value: Any, **attributes: Any) -> Any:
        """Put a cookie in, as if the site had set it."""
        self._is_used = True
        return super().set(name, value, **attributes)

    def header(self, path: str) -> Mapping[str, str]:
        """Return the header field of a request for a path; none when no cookie is for it."""
        if not self._is_used:
            return {}
        line = get_cookie_header(self, _asked(f"{self._site}{path}"))
        return {"Cookie": line} if line else {}

    def take(self, set_cookies: Sequence[str], path: str) -> None:
        """Keep what the answer to a request for a path has set.

        Args:
            set_cookies: The values of its Set-Cookie fields.
            path: What was asked for.
        """
        if not set_cookies:
            return
        self._is_used = True
        message = HTTPMessage()
        for value in set_cookies:
            message["Set-Cookie"] = value
        asked = MockRequest(_asked(f"{self._site}{path}"))
        self.extract_cookies(MockResponse(message), asked)  # type: ignore[arg-type] # as the library does


def _asked(url: str) -> PreparedRequest:
    # Not prepared: its URL is all that a jar looks at.
    request = PreparedRequest()
    request.url, request.headers = url, CaseInsensitiveDict()
    return request


@cache
def _made() -> tuple[str, tuple[str, ...]]:
    """Return the name of the cookie, and its values."""
    file = os.environ.get(SESSIONS, "")
    if not file:
        return "", ()
    told = json.loads(Path(file).read_text(encoding="utf-8"))
    return told["cookie"], tuple(told["keys"])


def cookie_of(number: int) -> tuple[str, str] | None:
    """Return the cookie, name and value, of the user with that number; None where users do not begin logged in."""
    name, keys = _made()
    return (name, keys[number % len(keys)]) if keys else None


def put_into(jar: object, number: int, site: str) -> None:
    """Put a user's session into the jar that its library has."""
    found = cookie_of(number)
    if found is not None:
        name, value = found
        jar.set_cookie(create_cookie(name, value, domain=urlsplit(site).hostname or ""))  # type: ignore[attr-defined] # http.cookiejar's

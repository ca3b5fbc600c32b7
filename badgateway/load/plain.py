"""Lets plain Locust files be measured: HttpUser and FastHttpUser, unchanged; runs inside Locust's own process only.

Cookies, forms, redirects and retries stay what their libraries make of them, `requests` and `geventhttpclient`. Only
what puts bytes on a connection is replaced, so that every hop is known to client, proxy and application.

It is started with `python -m badgateway.load.plain ARGUMENT...`, with the arguments of Locust.
"""

import itertools
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NoReturn, TypeAlias

import locust
import locust.main
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession, FastHttpUser, LocustUserAgent
from locust.user import HttpUser, User
from requests.adapters import HTTPAdapter

from badgateway.load import fast_hops, requests_hops
from badgateway.load.cookies import put_into
from badgateway.load.exchange import CURRENT, Exchange, keep_for_event, on_request
from badgateway.load.recorder import RecordedUser

_Call: TypeAlias = Callable[..., Any]


def install() -> None:
    """Take over what plain users send in this process, before the Locust file is loaded."""
    events: Any = locust.events  # its methods have no types
    events.request.add_listener(on_request)
    for client in (HttpSession, FastHttpSession):
        client.request = _recorded(client.request)  # type: ignore[method-assign]
    HttpUser.__init__ = _logged_in(HttpUser.__init__, lambda user: user.client.cookies)  # type: ignore[method-assign]
    FastHttpUser.__init__ = _logged_in(FastHttpUser.__init__, lambda user: user.client.cookiejar)  # type: ignore[method-assign]
    HTTPAdapter.send = requests_hops.send  # type: ignore[assignment,method-assign] # of adapters that the file mounts, too
    LocustUserAgent._urlopen = fast_hops.urlopen  # type: ignore[method-assign] # noqa: SLF001 # as Locust itself does


def kind_of(user: type[User]) -> str:
    """Return how the requests of a user are recorded: recorded, plain, or empty when they are not."""
    if issubclass(user, RecordedUser):
        return "recorded"
    return "plain" if issubclass(user, HttpUser | FastHttpUser) else ""


def _recorded(call: _Call) -> _Call:
    @wraps(call)
    def request(client: Any, method: str, url: str, name: str | None = None, *more: Any, **options: Any) -> Any:
        exchange = Exchange(name or client.request_name)
        token = CURRENT.set(exchange)
        try:
            answer = call(client, method, url, name, *more, **options)
        except BaseException:
            exchange.abandon()
            raise
        finally:
            CURRENT.reset(token)
        if not exchange.is_over:
            # Within `with ... catch_response=True`: the event comes at its end.
            keep_for_event(answer.request_meta["response"], exchange)
        return answer

    return request


def _logged_in(make: _Call, jar_of: Callable[[Any], Any]) -> _Call:
    numbers = itertools.count(1)

    @wraps(make)
    def made(user: Any, *arguments: Any, **options: Any) -> None:
        make(user, *arguments, **options)
        put_into(jar_of(user), next(numbers), user.host or "")

    return made


def run_locust(arguments: Sequence[str]) -> NoReturn:
    """Be Locust, with these arguments."""
    install()
    sys.argv = ["locust", *arguments]
    sys.exit(locust.main.main())  # type: ignore[no-untyped-call] # Locust has no types here


if __name__ == "__main__":
    run_locust(sys.argv[1:])

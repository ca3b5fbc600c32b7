"""Causes that nginx's files invite beside those of the server: time limits, kept connections, buffers for headers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from badgateway.causes.connections import KEEPALIVE_RACE
from badgateway.causes.invitation import Invitation, known, turn
from badgateway.causes.nginx_files import Pass
from badgateway.causes.proxy_limits import REQUEST_HEADER_TOO_BIG, RESPONSE_HEADER_TOO_BIG
from badgateway.causes.server_files import Said
from badgateway.causes.site_files import SiteFiles
from badgateway.causes.timeouts import SLOW_REQUEST
from badgateway.model.knob import Knob, WorkerModel

READ_TIMEOUT_S = 60
"""nginx's default."""
KEPT_S = 60
"""How long nginx keeps a connection to a server, by default, and a cloud's load balancer one to nginx."""
COOKIE_BYTES = 4096
"""Of the largest cookie that browsers keep, which a session in a cookie grows to."""
NGINX_DEFAULT = "nginx's default"
PROXY_BUFFER = Said(value="4k", where=f"{NGINX_DEFAULT} (one memory page)")


def limits_out_of_order(site: SiteFiles) -> Iterator[Invitation]:
    """Yield that the server works on when nginx has given up, where the server has a limit to set."""
    if site.server is None or site.model is None or not site.server.spelled((Knob.TIME_LIMIT,), site.model):
        return
    limit = site.settings.get("app_s")
    read = _least(site, "read_timeout", Said(value=f"{READ_TIMEOUT_S}s", where=NGINX_DEFAULT))
    works_on = _works_on(site, limit, read.said) if read else ""
    if read is None or not works_on:
        return
    other = read.of_the_other_kind("read_timeout")
    without_effect = f"; {other.name} {other.said.value} does not count for {read.one.kind}_pass" if other else ""
    yield Invitation(
        cause=SLOW_REQUEST,
        what=f"nginx gives up after {read.said.value}, and the server {works_on}, for nobody{without_effect}",
        said=known(limit, read.said, other.said if other else None),
        change=turn(site, Knob.TIME_LIMIT, proxy=read.name),
    )


def _works_on(site: SiteFiles, limit: Said | None, read: Said) -> str:
    """Return how the server goes on when nginx has given up; empty where it does not, or nobody knows."""
    if read.number is None or (limit is not None and limit.number is None):
        return ""
    if limit is None:
        # With greenlets a limit is the worker's, so none is better.
        is_none = site.model is not WorkerModel.GREENLETS and "app_s" not in site.unsaid
        return "works on without a limit" if is_none else ""
    if limit.number == 0:
        return "works on without a limit"
    if limit.number == read.number:
        return "no sooner, so at times it works on"
    return f"works on until {limit.value} s" if (limit.number or 0) > read.number else ""


def short_keepalive(site: SiteFiles) -> Iterator[Invitation]:
    """Yield who lets go of a connection before the other side does."""
    yield from _closed_by_the_server(site)
    client = next((said for one in site.passes if (said := one.directives.get("keepalive_timeout"))), None)
    idle_s = site.balancer_idle_s
    limit_s = KEPT_S if idle_s is None or idle_s.number is None else idle_s.number
    # 0 keeps none.
    if client is not None and client.number and client.number <= limit_s:
        yield Invitation(
            cause=KEEPALIVE_RACE,
            what=f"nginx closes an idle connection after {client.value}; a load balancer, where one stands before it, "
            f"uses it for {limit_s:g} s",
            said=known(client, idle_s),
            change=turn(site, proxy="keepalive_timeout"),
        )


def _closed_by_the_server(site: SiteFiles) -> Iterator[Invitation]:
    """Yield that the server lets go of a connection before nginx does, or a balancer that speaks to it directly."""
    kept, idle_s = site.settings.get("keepalive_s"), site.balancer_idle_s
    # 0 keeps none, and a worker that serves one request at a time ends each connection.
    if kept is None or not kept.number or site.model is WorkerModel.ONE_REQUEST:
        return
    default = Said(value=f"{KEPT_S}s", where=NGINX_DEFAULT)
    of_nginx = [one.upstream for one in site.passes if "keepalive" in one.upstream]
    for user, used, by in (
        *(("nginx", one.get("keepalive_timeout", default), one["keepalive"]) for one in of_nginx[:1]),
        *((("a load balancer", idle_s, None),) if idle_s and not site.passes else ()),
    ):
        if used.number is not None and kept.number <= used.number:
            yield Invitation(
                cause=KEEPALIVE_RACE,
                what=f"the server closes an idle connection after {kept.value} s, {user} uses it for {used.value}",
                said=known(kept, used, by),
                change=turn(
                    site, Knob.IDLE_CONNECTIONS, proxy="keepalive_timeout in upstream" if user == "nginx" else ""
                ),
            )


def small_buffers(site: SiteFiles) -> Iterator[Invitation]:
    """Yield a buffer that a header seen, or a session in a cookie, does not fit into."""
    buffer, request = site.settings.get("header_buffer"), site.request_header or site.cookie_session
    # An empty request header and nginx's parameters take room besides.
    if buffer is not None and request is not None and _bytes(buffer) <= _needed(request):
        yield Invitation(
            cause=REQUEST_HEADER_TOO_BIG,
            what=f"the server takes {buffer.value} bytes of header, {_who(request, 'request')}",
            said=known(buffer, request),
            change=turn(site, Knob.HEADER_BUFFER),
        )
    response = site.response_header or site.cookie_session
    proxy = _least(site, "buffer_size", PROXY_BUFFER, _bytes)
    if response is not None and proxy is not None and _bytes(proxy.said) <= _needed(response):
        yield Invitation(
            cause=RESPONSE_HEADER_TOO_BIG,
            what=f"nginx reads an answer's header into {proxy.said.value}, {_who(response, 'response')}",
            said=known(proxy.said, response),
            change=turn(
                site,
                proxy=proxy.name,
                django="SESSION_ENGINE" if site.cookie_session else "",
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What holds of nginx at one of the places that hand requests on."""

    one: Pass
    name: str
    """Of the directive."""
    said: Said

    def of_the_other_kind(self, name: str) -> "_Found | None":
        """Return the same directive for another protocol, which says nothing there; None where there is none."""
        others = (f"{kind}_{name}" for kind in ("proxy", "uwsgi") if kind != self.one.kind)
        found = next((each for each in others if each in self.one.directives), None)
        own = f"{self.one.kind}_{name}" in self.one.directives
        return None if found is None or own else _Found(one=self.one, name=found, said=self.one.directives[found])


def _number(said: Said) -> float:
    return float("inf") if said.number is None else said.number


def _least(site: SiteFiles, name: str, default: Said, size: Callable[[Said], float] = _number) -> _Found | None:
    """Return the place where a directive is least, by nginx's default too; None where an unread file may say it."""
    names = [(one, f"{one.kind}_{name}") for one in site.passes]
    found = [_Found(one=one, name=own, said=one.directives.get(own, default)) for one, own in names]
    known = [one for one in found if one.said is not default or not site.includes]
    return min(known, key=lambda one: size(one.said), default=None)


def _needed(header: Said) -> float:
    return header.number if header.number is not None else COOKIE_BYTES


def _who(header: Said, kind: str) -> str:
    if header.number is not None:
        return f"and one of {header.value} bytes was seen"
    return f"and a session in a cookie alone grows to {COOKIE_BYTES:,} ({kind} header)"


def _bytes(size: Said) -> float:
    """Return a size as nginx and uWSGI write it: 4096, 4k, 1m."""
    text = size.value.strip().lower()
    factor = {"k": 1024, "m": 1024**2}.get(text[-1:], 1)
    digits = text.rstrip("km ")
    return float(digits) * factor if digits.isdecimal() else float("inf")

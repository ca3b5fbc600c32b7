"""Which causes of failures a site's files invite, each rule for a cause of the catalogue: nothing is run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from badgateway.causes.accept_queue import LISTEN_QUEUE_FULL, TCP_ACCEPT_QUEUE_FULL, WORKERS_RECYCLED_TOGETHER
from badgateway.causes.connections import KEEPALIVE_RACE
from badgateway.causes.database import CONNECTIONS_EXHAUSTED, LATE_PATCH, POOL_EXHAUSTED
from badgateway.causes.event_loop import EVENT_LOOP_BLOCKED
from badgateway.causes.proxy_limits import REQUEST_HEADER_TOO_BIG, RESPONSE_HEADER_TOO_BIG
from badgateway.causes.server_files import Said
from badgateway.causes.site_files import SiteFiles
from badgateway.causes.timeouts import SLOW_REQUEST
from badgateway.model.diagnosis import Cause
from badgateway.model.knob import Knob, WorkerModel

ENOUGH_LISTEN = 512
"""An accept queue of so many has met a burst of a busy site."""
READ_TIMEOUT_S = 60
"""nginx's default."""
_USUAL_DRIVERS = {"mysql": "mysqlclient", "postgresql": "psycopg2"}
"""By Django's engine: the one that waits in C."""
KEPT_S = 60
"""How long nginx keeps a connection to a server, by default, and a cloud's load balancer one to nginx."""
COOKIE_BYTES = 4096
"""Of the largest cookie that browsers keep, which a session in a cookie grows to."""
PROXY_BUFFER = Said(value="4k", where="nginx's default (one memory page)")
_BUFFERS = ("proxy_buffer_size", "uwsgi_buffer_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A cause that is invited, by what was said where."""

    cause: Cause
    what: str
    said: tuple[Said, ...]
    """The line that matters most first."""
    change: str
    """What to turn, as the server, nginx and Django spell it."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Each with the file and the line, or whose default it is."""
        return tuple(one.line for one in self.said)


def invitations(site: SiteFiles) -> tuple[Invitation, ...]:
    """Return what a site's files invite, in the order of the rules."""
    return tuple(found for rule in RULES for found in rule(site))


def _short_queue(site: SiteFiles) -> Iterator[Invitation]:
    listen = site.settings.get("listen")
    if site.server is None or listen is None or listen.number is None or listen.number >= ENOUGH_LISTEN:
        return
    is_tcp = site.address is not None and "/" not in site.address.value.removeprefix("unix:")
    is_unknown = site.address is None and bool(site.unknown)
    where = "TCP port" if is_tcp else "socket" if is_unknown else "unix socket"
    yield Invitation(
        cause=TCP_ACCEPT_QUEUE_FULL if is_tcp else LISTEN_QUEUE_FULL,
        what=f"{listen.value} requests may wait at the {where}; a burst beyond them is turned away",
        said=_known(listen, site.address),
        change=_turn(site, Knob.ACCEPT_QUEUE),
    )


def _limits_out_of_order(site: SiteFiles) -> Iterator[Invitation]:
    limit = site.settings.get("app_s")
    if (
        site.server is None
        or site.model is None
        or limit is None
        or not site.server.spelled((Knob.TIME_LIMIT,), site.model)
        or not site.proxy
    ):
        return
    names = ("proxy_read_timeout", "uwsgi_read_timeout")
    default = Said(value=f"{READ_TIMEOUT_S}s", where="nginx's default")
    read = _of_proxy(site, names, default)
    if limit.number and read is not None and read.number is not None and limit.number >= read.number:
        yield Invitation(
            cause=SLOW_REQUEST,
            what=f"nginx gives up after {read.value}, and the server works on until {limit.value} s, for nobody",
            said=_known(limit, read),
            change=_turn(site, Knob.TIME_LIMIT, proxy="proxy_read_timeout, uwsgi_read_timeout"),
        )


def _short_keepalive(site: SiteFiles) -> Iterator[Invitation]:
    kept = site.settings.get("keepalive_s")
    if "upstream keepalive" in site.proxy and kept is not None and kept.number is not None:
        default = Said(value=f"{KEPT_S}s", where="nginx's default")
        proxy = site.proxy.get("upstream keepalive_timeout", default)
        if proxy.number is not None and kept.number <= proxy.number:
            yield Invitation(
                cause=KEEPALIVE_RACE,
                what=f"the server closes an idle connection after {kept.value} s, nginx uses it for {proxy.value}",
                said=_known(kept, proxy, site.proxy["upstream keepalive"]),
                change=_turn(site, Knob.IDLE_CONNECTIONS, proxy="keepalive_timeout in upstream"),
            )
    client = site.proxy.get("keepalive_timeout")
    if client is not None and client.number is not None and client.number <= KEPT_S:
        yield Invitation(
            cause=KEEPALIVE_RACE,
            what=f"nginx closes an idle connection after {client.value}; a load balancer uses it for {KEPT_S} s",
            said=_known(client),
            change=_turn(site, proxy="keepalive_timeout"),
        )


def _driver_that_blocks(site: SiteFiles) -> Iterator[Invitation]:
    if site.model is WorkerModel.GREENLETS and site.blocking_driver is not None:
        driver = _USUAL_DRIVERS[site.blocking_driver.value.rpartition(".")[2]]
        yield Invitation(
            cause=EVENT_LOOP_BLOCKED,
            what=f"the workers run greenlets, and no file says that the driver is another one than {driver}, which "
            "waits in C: each query stops its whole worker",
            said=_known(site.blocking_driver),
            change=f"a driver that is no C; or {_turn(site, Knob.THREADS)}",
        )


def _recycled_together(site: SiteFiles) -> Iterator[Invitation]:
    most, delta = site.settings.get("max_requests"), site.settings.get("max_requests_delta")
    if most is None or not most.number or (delta is not None and delta.number) or "max_requests_delta" in site.unsaid:
        return
    yield Invitation(
        cause=WORKERS_RECYCLED_TOGETHER,
        what=f"every worker is replaced after {most.value} requests, and nothing sets them apart",
        said=_known(most, delta),
        change=_turn(site, Knob.MAX_REQUESTS_SPREAD),
    )


def _too_many_connections(site: SiteFiles) -> Iterator[Invitation]:
    limit, workers = site.max_connections, site.settings.get("workers")
    if site.model is None:
        return
    of_model = {WorkerModel.GREENLETS: "greenlets", WorkerModel.EVENT_LOOP: None}.get(site.model, "threads")
    each = site.settings.get(of_model) if of_model else None
    if limit is None or workers is None or each is None or not (limit.number and workers.number and each.number):
        return
    most = workers.number * each.number
    if most > limit.number:
        yield Invitation(
            cause=CONNECTIONS_EXHAUSTED,
            what=f"{workers.value} workers x {each.value} {of_model} may hold {most:,.0f} connections, and the "
            f"database allows {limit.value}",
            said=_known(workers, each, limit),
            change=f"{_turn(site, Knob.AT_A_TIME)}; or a pool of connections",
        )


def _late_patch(site: SiteFiles) -> Iterator[Invitation]:
    if site.late_patch is not None:
        yield Invitation(
            cause=LATE_PATCH,
            what="gevent patches the standard library after Django has been imported: its connections belong to the "
            "main thread, and greenlets are turned away",
            said=(site.late_patch,),
            change=_turn(site, Knob.EARLY_PATCH, Knob.PATCH_IN_FILE),
        )


def _kept_pooled_connections(site: SiteFiles) -> Iterator[Invitation]:
    if site.pool is not None and site.kept_connections is not None:
        yield Invitation(
            cause=POOL_EXHAUSTED,
            what=f"connections of a pool are kept after the request (CONN_MAX_AGE {site.kept_connections.value}): who "
            "keeps one lends it to nobody",
            said=(site.kept_connections, site.pool),
            change=_turn(site, django="CONN_MAX_AGE = 0"),
        )


def _small_buffers(site: SiteFiles) -> Iterator[Invitation]:
    buffer, request = site.settings.get("header_buffer"), site.request_header or site.cookie_session
    # An empty request header and nginx's parameters take room besides.
    if buffer is not None and request is not None and _bytes(buffer) <= _needed(request):
        yield Invitation(
            cause=REQUEST_HEADER_TOO_BIG,
            what=f"the server takes {buffer.value} bytes of header, {_who(request, 'request')}",
            said=_known(buffer, request),
            change=_turn(site, Knob.HEADER_BUFFER),
        )
    response = site.response_header or site.cookie_session
    if not site.proxy or response is None:
        return
    proxy = _of_proxy(site, _BUFFERS, PROXY_BUFFER)
    if proxy is not None and _bytes(proxy) <= _needed(response):
        yield Invitation(
            cause=RESPONSE_HEADER_TOO_BIG,
            what=f"nginx reads an answer's header into {proxy.value}, {_who(response, 'response')}",
            said=_known(proxy, response),
            change=_turn(site, proxy=", ".join(_BUFFERS), django="SESSION_ENGINE" if site.cookie_session else ""),
        )


def _synchronous_streams(site: SiteFiles) -> Iterator[Invitation]:
    if site.model is WorkerModel.EVENT_LOOP and site.sync_stream is not None:
        yield Invitation(
            cause=SLOW_REQUEST,
            what="under ASGI Django reads a synchronous iterator to its end, into memory, before the first byte: an "
            "answer that streams under WSGI is silent until it is whole",
            said=(site.sync_stream,),
            change=_turn(site, django="an asynchronous iterator in StreamingHttpResponse, or WSGI for what streams"),
        )


def _of_proxy(site: SiteFiles, names: Sequence[str], default: Said) -> Said | None:
    """Return what nginx's files say first of these, or its default; None where a file that was not read may say it."""
    said = next((site.proxy[name] for name in names if name in site.proxy), None)
    return said or (None if site.includes else default)


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


RULES: tuple[Callable[[SiteFiles], Iterator[Invitation]], ...] = (
    _short_queue,
    _limits_out_of_order,
    _short_keepalive,
    _driver_that_blocks,
    _recycled_together,
    _too_many_connections,
    _late_patch,
    _kept_pooled_connections,
    _small_buffers,
    _synchronous_streams,
)


def _known(*said: Said | None) -> tuple[Said, ...]:
    """Return what was said of these."""
    return tuple(one for one in said if one is not None)


def _turn(site: SiteFiles, *knobs: Knob, proxy: str = "", django: str = "") -> str:
    """Return what to turn, each by whose it is."""
    own = f"{site.server.label}: {site.server.spelled(knobs, site.model)}" if site.server and knobs else ""
    others = (f"{whose}: {what}" if what else "" for whose, what in (("nginx", proxy), ("Django", django)))
    return "; ".join(filter(None, (own, *others)))

"""Which causes of failures a site's files invite, each rule for a cause of the catalogue: nothing is run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from badgateway.causes.accept_queue import LISTEN_QUEUE_FULL, TCP_ACCEPT_QUEUE_FULL, WORKERS_RECYCLED_TOGETHER
from badgateway.causes.connections import KEEPALIVE_RACE
from badgateway.causes.database import CONNECTIONS_EXHAUSTED
from badgateway.causes.event_loop import EVENT_LOOP_BLOCKED
from badgateway.causes.site_files import Said, SiteFiles
from badgateway.causes.timeouts import SLOW_REQUEST
from badgateway.model.configuration import WorkerModel
from badgateway.model.diagnosis import Cause
from badgateway.model.knob import Knob

ENOUGH_LISTEN = 512
"""An accept queue of so many has met a burst of a busy site."""
READ_TIMEOUT_S = 60
"""nginx's default."""
_USUAL_DRIVERS = {"mysql": "mysqlclient", "postgresql": "psycopg2"}
"""By Django's engine: the one that waits in C."""
KEPT_S = 60
"""How long nginx keeps a connection to a server, by default, and a cloud's load balancer one to nginx."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A cause that is invited, by which lines."""

    cause: Cause
    what: str
    lines: tuple[str, ...]
    """Each with the file and the line, or whose default it is."""
    change: str
    """What to turn, as the server and nginx spell it."""


def invitations(site: SiteFiles) -> tuple[Invitation, ...]:
    """Return what a site's files invite, in the order of the rules."""
    return tuple(found for rule in RULES for found in rule(site))


def _short_queue(site: SiteFiles) -> Iterator[Invitation]:
    listen = site.settings.get("listen")
    if site.server is None or listen is None or listen.number is None or listen.number >= ENOUGH_LISTEN:
        return
    is_tcp = site.address is not None and "/" not in site.address.value.removeprefix("unix:")
    where = "TCP port" if is_tcp else "unix socket"
    yield Invitation(
        cause=TCP_ACCEPT_QUEUE_FULL if is_tcp else LISTEN_QUEUE_FULL,
        what=f"{listen.value} requests may wait at the {where}; a burst beyond them is turned away",
        lines=_lines(listen, site.address),
        change=_turn(site, Knob.ACCEPT_QUEUE),
    )


def _limits_out_of_order(site: SiteFiles) -> Iterator[Invitation]:
    limit = site.settings.get("app_s")
    if (
        site.server is None
        or limit is None
        or not site.server.spelled((Knob.TIME_LIMIT,), site.model)
        or not site.proxy
    ):
        return
    names = ("proxy_read_timeout", "uwsgi_read_timeout")
    default = Said(value=f"{READ_TIMEOUT_S}s", where="nginx's default")
    read = next((site.proxy[name] for name in names if name in site.proxy), default)
    if limit.number and read.number is not None and limit.number >= read.number:
        yield Invitation(
            cause=SLOW_REQUEST,
            what=f"nginx gives up after {read.value}, and the server works on until {limit.value} s, for nobody",
            lines=_lines(limit, read),
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
                lines=_lines(kept, proxy, site.proxy["upstream keepalive"]),
                change=_turn(site, Knob.IDLE_CONNECTIONS, proxy="keepalive_timeout in upstream"),
            )
    client = site.proxy.get("keepalive_timeout")
    if client is not None and client.number is not None and client.number <= KEPT_S:
        yield Invitation(
            cause=KEEPALIVE_RACE,
            what=f"nginx closes an idle connection after {client.value}; a load balancer uses it for {KEPT_S} s",
            lines=_lines(client),
            change=_turn(site, proxy="keepalive_timeout"),
        )


def _driver_that_blocks(site: SiteFiles) -> Iterator[Invitation]:
    if site.model is WorkerModel.GREENLETS and site.blocking_driver is not None:
        driver = _USUAL_DRIVERS[site.blocking_driver.value.rpartition(".")[2]]
        yield Invitation(
            cause=EVENT_LOOP_BLOCKED,
            what=f"the workers run greenlets, and no file says that the driver is another one than {driver}, which "
            "waits in C: each query stops its whole worker",
            lines=_lines(site.blocking_driver),
            change=f"a driver that is no C; or {_turn(site, Knob.THREADS)}",
        )


def _recycled_together(site: SiteFiles) -> Iterator[Invitation]:
    most, delta = site.settings.get("max_requests"), site.settings.get("max_requests_delta")
    if most is None or not most.number or (delta is not None and delta.number):
        return
    yield Invitation(
        cause=WORKERS_RECYCLED_TOGETHER,
        what=f"every worker is replaced after {most.value} requests, and nothing sets them apart",
        lines=_lines(most, delta),
        change=_turn(site, Knob.MAX_REQUESTS_SPREAD),
    )


def _too_many_connections(site: SiteFiles) -> Iterator[Invitation]:
    limit, workers = site.max_connections, site.settings.get("workers")
    of_model = {WorkerModel.GREENLETS: "greenlets", WorkerModel.EVENT_LOOP: None}.get(
        site.model or WorkerModel.THREADS, "threads"
    )
    each = site.settings.get(of_model) if of_model else None
    if limit is None or workers is None or each is None or not (limit.number and workers.number and each.number):
        return
    most = workers.number * each.number
    if most > limit.number:
        yield Invitation(
            cause=CONNECTIONS_EXHAUSTED,
            what=f"{workers.value} workers x {each.value} {of_model} may hold {most:,.0f} connections, and the "
            f"database allows {limit.value}",
            lines=_lines(workers, each, limit),
            change=f"{_turn(site, Knob.AT_A_TIME)}; or a pool of connections",
        )


RULES: tuple[Callable[[SiteFiles], Iterator[Invitation]], ...] = (
    _short_queue,
    _limits_out_of_order,
    _short_keepalive,
    _driver_that_blocks,
    _recycled_together,
    _too_many_connections,
)


def _turn(site: SiteFiles, *knobs: Knob, proxy: str = "") -> str:
    own = f"{site.server.label}: {site.server.spelled(knobs, site.model)}" if site.server and knobs else ""
    return "; ".join(filter(None, (own, f"nginx: {proxy}" if proxy else "")))


def _lines(*said: Said | None) -> tuple[str, ...]:
    return tuple(f"{one.where}  {one.value}" for one in said if one is not None)

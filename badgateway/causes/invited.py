"""Which causes of failures a site's files invite, each rule for a cause of the catalogue: nothing is run."""

from collections.abc import Callable, Iterator

from badgateway.causes.accept_queue import (
    LISTEN_QUEUE_FULL,
    QUEUED_TOO_LONG,
    TCP_ACCEPT_QUEUE_FULL,
    WORKERS_RECYCLED_TOGETHER,
)
from badgateway.causes.database import CONNECTIONS_EXHAUSTED, LATE_PATCH, POOL_EXHAUSTED
from badgateway.causes.event_loop import EVENT_LOOP_BLOCKED
from badgateway.causes.invitation import Invitation, known, turn
from badgateway.causes.invited_by_proxy import limits_out_of_order, short_keepalive, small_buffers
from badgateway.causes.site_files import SiteFiles
from badgateway.causes.timeouts import SLOW_REQUEST
from badgateway.model.knob import Knob, WorkerModel

ENOUGH_LISTEN = 512
"""An accept queue of so many has met a burst of a busy site."""
_USUAL_DRIVERS = {"mysql": "mysqlclient", "postgresql": "psycopg2"}
"""By Django's engine: the one that waits in C."""


def invitations(site: SiteFiles) -> tuple[Invitation, ...]:
    """Return what a site's files invite, in the order of the rules."""
    return tuple(found for rule in RULES for found in rule(site))


def _nobody_serves(site: SiteFiles) -> Iterator[Invitation]:
    deployable = site.server.deployable if site.server else None
    for name in deployable.none_with if deployable else ():
        said = site.settings.get(name)
        if said is not None and said.number == 0 and name in {"workers", _at_a_time(site)}:
            yield Invitation(
                cause=QUEUED_TOO_LONG,
                what=f"the server has 0 {name}: it listens, and nobody answers",
                said=known(said),
                change=turn(site, Knob.AT_A_TIME),
            )


def _short_queue(site: SiteFiles) -> Iterator[Invitation]:
    listen = site.settings.get("listen")
    if site.server is None or listen is None or listen.number is None or listen.number >= ENOUGH_LISTEN:
        return
    is_tcp = site.address is not None and not _is_path(site, site.address.value)
    where = "TCP port" if is_tcp else "unix socket" if site.address else "socket"
    yield Invitation(
        cause=TCP_ACCEPT_QUEUE_FULL if is_tcp else LISTEN_QUEUE_FULL,
        what=f"{listen.value} requests may wait at the {where}; a burst beyond them is turned away",
        said=known(listen, site.address),
        change=turn(site, Knob.ACCEPT_QUEUE),
    )


def _is_path(site: SiteFiles, address: str) -> bool:
    """Tell whether an address is a unix socket's."""
    if address.startswith("unix:") or "/" in address:
        return True
    takes_bare_paths = site.server and site.server.deployable and site.server.deployable.takes_bare_paths
    return bool(takes_bare_paths) and ":" not in address


def _driver_that_blocks(site: SiteFiles) -> Iterator[Invitation]:
    if site.model is WorkerModel.GREENLETS and site.blocking_driver is not None:
        driver = _USUAL_DRIVERS[site.blocking_driver.value.rpartition(".")[2]]
        yield Invitation(
            cause=EVENT_LOOP_BLOCKED,
            what=f"the workers run greenlets, and no file says that the driver is another one than {driver}, which "
            "waits in C: each query stops its whole worker",
            said=known(site.blocking_driver),
            change=f"a driver that is no C; or {turn(site, Knob.THREADS)}",
        )


def _recycled_together(site: SiteFiles) -> Iterator[Invitation]:
    most, delta = site.settings.get("max_requests"), site.settings.get("max_requests_delta")
    if most is None or not most.number or (delta is not None and delta.number) or "max_requests_delta" in site.unsaid:
        return
    workers = site.settings.get("workers")
    is_alone = workers is not None and workers.number == 1
    yield Invitation(
        cause=WORKERS_RECYCLED_TOGETHER,
        what=f"the only worker is replaced after {most.value} requests, and nobody serves meanwhile"
        if is_alone
        else f"every worker is replaced after {most.value} requests, and nothing sets them apart",
        said=known(most, workers if is_alone else delta),
        change=turn(site, Knob.WORKERS if is_alone else Knob.MAX_REQUESTS_SPREAD),
    )


def _too_many_connections(site: SiteFiles) -> Iterator[Invitation]:
    limit, workers = site.max_connections, site.settings.get("workers")
    of_model = _at_a_time(site)
    each = site.settings.get(of_model) if of_model and site.pool is None else None
    if limit is None or workers is None or each is None or not (limit.number and workers.number and each.number):
        return
    most = workers.number * each.number
    if most > limit.number:
        yield Invitation(
            cause=CONNECTIONS_EXHAUSTED,
            what=f"{workers.value} workers x {each.value} {of_model} may hold {most:,.0f} connections, and the "
            f"database allows {limit.value}",
            said=known(workers, each, limit),
            change=f"{turn(site, Knob.AT_A_TIME)}; or a pool of connections",
        )


def _at_a_time(site: SiteFiles) -> str:
    """Return the setting by which a worker has several requests at a time; empty where none says so."""
    if site.model is None:
        return ""
    return {WorkerModel.GREENLETS: "greenlets", WorkerModel.EVENT_LOOP: ""}.get(site.model, "threads")


def _late_patch(site: SiteFiles) -> Iterator[Invitation]:
    if site.late_patch is not None:
        yield Invitation(
            cause=LATE_PATCH,
            what="gevent patches the standard library after Django has been imported: its connections belong to the "
            "main thread, and greenlets are turned away",
            said=(site.late_patch,),
            change=turn(site, Knob.EARLY_PATCH, Knob.PATCH_IN_FILE),
        )


def _kept_pooled_connections(site: SiteFiles) -> Iterator[Invitation]:
    if site.pool is not None and site.kept_connections is not None:
        yield Invitation(
            cause=POOL_EXHAUSTED,
            what=f"connections of a pool are kept after the request (CONN_MAX_AGE {site.kept_connections.value}): who "
            "keeps one lends it to nobody",
            said=(site.kept_connections, site.pool),
            change=turn(site, django="CONN_MAX_AGE = 0"),
        )


def _synchronous_streams(site: SiteFiles) -> Iterator[Invitation]:
    if site.model is WorkerModel.EVENT_LOOP and site.sync_stream is not None:
        yield Invitation(
            cause=SLOW_REQUEST,
            what="under ASGI Django reads a synchronous iterator to its end, into memory, before the first byte: an "
            "answer that streams under WSGI is silent until it is whole",
            said=(site.sync_stream,),
            change=turn(site, django="an asynchronous iterator in StreamingHttpResponse, or WSGI for what streams"),
        )


RULES: tuple[Callable[[SiteFiles], Iterator[Invitation]], ...] = (
    _nobody_serves,
    _short_queue,
    limits_out_of_order,
    short_keepalive,
    _driver_that_blocks,
    _recycled_together,
    _too_many_connections,
    _late_patch,
    _kept_pooled_connections,
    small_buffers,
    _synchronous_streams,
)

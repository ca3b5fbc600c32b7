"""Composes the drivers of a trial: one application server behind one nginx."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from badgateway.errors import DeploymentError
from badgateway.model import raw as raw_files
from badgateway.model.axis import USUAL, At
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.places import Limits
from badgateway.model.trial import Disturbance
from badgateway.process.account import Account, write_for
from badgateway.process.child import Child, describe_exit
from badgateway.process.container import GroupFiles
from badgateway.process.elsewhere import Elsewhere
from badgateway.process.ports import free_port
from badgateway.servers.registry import server_of
from badgateway.servers.server import Server
from badgateway.stack import nginx
from badgateway.stack.background import in_background
from badgateway.stack.containers import files_of, held
from badgateway.stack.database import RunningDatabase
from badgateway.stack.endings import nginx_ended, relay_ended, way
from badgateway.stack.fronting import fronting, open_files
from badgateway.stack.health import require_answer
from badgateway.stack.instances import serving, sites_of
from badgateway.stack.machines import Machines
from badgateway.stack.project import Snapshot
from badgateway.stack.site import HOST, Site
from badgateway.stack.surroundings import Surroundings, surroundings
from badgateway.stack.written import written_text

READY_DEADLINE_S = 30.0
SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A configuration that is up and answers."""

    url: str
    """Of nginx, without a slash at its end."""
    proxy_port: int | None
    """None where no proxy of the run's own is in front."""
    server_sockets: tuple[Path | int, ...]
    """Of each application server: the path of a unix socket, or a TCP port."""
    server: Server
    statistics_sockets: tuple[Path, ...]
    """Where each server tells its statistics, if it has any."""
    children: Mapping[str, Child]
    """By their part: server (server-2, ...), nginx, and where there is one, background, relay and ends of lines."""
    read_access_log: Callable[[], bytes]
    """Returns what nginx has answered by now."""
    read_error_log: Callable[[], bytes]
    """Returns what nginx has complained of by now."""
    read_journal: Callable[[], bytes]
    """Returns what the application's journal holds by now."""
    containers: tuple[GroupFiles, ...] = ()
    """What tells of each server's container, where its size is limited."""
    proxy_containers: tuple[GroupFiles, ...] = ()
    """What tells of nginx's own, where that is limited."""
    machines: Machines = field(default_factory=Machines)
    """Where nginx and the servers are."""
    lines: Mapping[str, Elsewhere] = field(default_factory=dict)
    """What stands at the far end of each line, by its key in [places]."""

    @property
    def parts(self) -> dict[str, int]:
        """The pid of each part's first process."""
        return {part: child.pid for part, child in self.children.items()}

    @property
    def roots(self) -> dict[str, tuple[int, ...]]:
        """The first process of each part, where all application servers together are one."""
        servers = tuple(pid for part, pid in self.parts.items() if part.partition("-")[0] == SERVER)
        others = {part: (pid,) for part, pid in self.parts.items() if pid not in servers}
        return {**({SERVER: servers} if servers else {}), **others}

    @property
    def upstreams(self) -> tuple[str, ...]:
        """Each application server as nginx calls it."""
        host = self.machines.server_host
        return tuple(f"{host}:{at}" if isinstance(at, int) else f"unix:{at}" for at in self.server_sockets)

    def check(self) -> None:
        """Return when all parts are still there.

        Raises:
            DeploymentError: one of them has ended by itself, or prints without end.
        """
        for child in self.children.values():
            exit_code = child.exit_code()
            if exit_code is not None:
                state = f"{child.name} {describe_exit(exit_code)} in the middle of the trial"
                raise DeploymentError(f"{state}; last log lines:\n{child.tail()}")
            child.require_bounded_log()

    def ended_from_outside(self) -> tuple[Disturbance, ...]:
        """Return what ended so far that neither the configuration nor the kit has ended; to be asked while it is up.

        The application server answers for its own end, and so does what runs beside it in the background.
        """
        proxy = self.children.get("nginx")
        ways = [(name, child) for part, child in self.children.items() if (name := way(part))]
        return (
            *(self._nginx_ended(proxy) if proxy else ()),
            *(found for name, child in ways for found in relay_ended(child.exit_code(), name)),
        )

    def _nginx_ended(self, proxy: Child) -> Iterator[Disturbance]:
        error_log = self.read_error_log().decode(errors="replace")
        return nginx_ended(proxy.exit_code(), error_log, for_memory=any(one.kills for one in self.proxy_containers))


@contextmanager
def deploy(  # noqa: PLR0913 # all but two by name, and most callers leave the last three out
    experiment: Experiment,
    configuration: Configuration,
    *,
    database: RunningDatabase,
    snapshot: Snapshot,
    raw: Path,
    account: Account | None,
    at: At = USUAL,
    watch_loop: bool = False,
    ready_deadline_s: float = READY_DEADLINE_S,
    before_requests: Callable[[], None] = lambda: None,
    on_limits: Callable[[Mapping[str, Limits]], None] = lambda _limits: None,
    address: str = HOST,
) -> Iterator[Deployment]:
    """Run a fresh application server and a fresh nginx until the block ends; their logs go to raw.

    raw is an empty folder of the kit's own, with a short path; the account is let through it to a folder inside it,
    where the servers write, and what they wrote is in raw once the block has ended. When it begins, the application has
    answered through nginx; those requests have ids that begin with "health-" and are in nginx's access log too, and in
    the application's journal. `at` is what lies on each axis.
    `watch_loop` lets workers that run greenlets write to the journal what blocked their event loop. Each part must be
    ready within `ready_deadline_s`. `before_requests` is called when server and proxy are started, and have had no
    request yet: the place to wait for what is done beside their start. `on_limits` is told what is in force on the
    machines of [places], before anything runs there. `address` is that of this machine at which nginx listens; the site
    is told 127.0.0.1 whatever it is.

    Raises:
        DeploymentError: a server did not come up, with what was awaited, how it ended and its last log lines; or its
            file does not start the application by WEB_WSGI.
    """
    with surroundings(experiment, configuration, database, raw=raw, account=account, at=at) as around:
        on_limits(around.machines.limits)
        sites = around.machines.hosting(
            sites_of(
                experiment=experiment,
                configuration=configuration,
                database=around.database,
                snapshot=snapshot,
                raw=raw,
                written=around.written,
                account=account,
                watch_loop=watch_loop,
            )
        )
        address = around.machines.front(address)
        with (
            in_background(configuration, sites[0]) as background,
            serving(configuration, sites, around.containers, ready_deadline_s) as servers,
            _front(
                experiment, configuration, snapshot, sites, around, address=address, deadline_s=ready_deadline_s
            ) as (port, proxy),
        ):
            deployment = Deployment(
                url=f"http://{address}:{port}",
                proxy_port=port,
                server_sockets=tuple(site.listener for site in sites),
                server=server_of(configuration),
                statistics_sockets=tuple(site.statistics_socket for site in sites),
                children={**_by_part(servers), "nginx": proxy, **background, **around.children},
                containers=files_of(around.containers, servers),
                proxy_containers=files_of((around.proxy_container,), (proxy,)),
                machines=around.machines,
                lines=around.lines,
                read_access_log=lambda: written_text(around.written / raw_files.ACCESS_LOG, account),
                read_error_log=lambda: written_text(around.written / raw_files.ERROR_LOG, account),
                read_journal=lambda: written_text(sites[0].journal_file, account),
            )
            before_requests()
            require_answer(deployment.url, servers[0], experiment, configuration, ready_deadline_s)
            _require_journal(sites[0])
            yield deployment


def _by_part(servers: tuple[Child, ...]) -> dict[str, Child]:
    names = (SERVER, *(f"{SERVER}-{number}" for number in range(2, len(servers) + 1)))
    return dict(zip(names, servers, strict=True))


@contextmanager
def _front(
    experiment: Experiment,
    configuration: Configuration,
    snapshot: Snapshot,
    sites: tuple[Site, ...],
    around: Surroundings,
    *,
    address: str,
    deadline_s: float,
) -> Iterator[tuple[int, Child]]:
    port, site, place = free_port(), sites[0], around.machines.proxy
    _write_proxy_configuration(experiment, configuration, snapshot, sites, at=(address, port))
    command = held(nginx.command(site.raw, site.written, site.account), around.proxy_container)
    command = place.within(command) if place else command
    with fronting(command, site.written, what=f"{address}:{port}", deadline_s=deadline_s) as proxy:
        yield port, proxy


def _require_journal(site: Site) -> None:
    # The health check was a request; where the journal does not have it, the server file has chosen an application of
    # its own, and there would be no book of it.
    if b"start," not in written_text(site.journal_file, site.account):
        raise DeploymentError(
            f"{site.server_file.name} started another application than the experiment's: it must take the name of its "
            "application from the environment variable WEB_WSGI, as the files in servers/ do"
        )


def _write_proxy_configuration(
    experiment: Experiment,
    configuration: Configuration,
    snapshot: Snapshot,
    sites: tuple[Site, ...],
    *,
    at: tuple[str, int],
) -> None:
    address, port = at
    text = nginx.render(
        snapshot.nginx_template,
        protocol=server_of(configuration).protocol,
        front_door=configuration.front_door,
        http=configuration.proxy_http,
        upstreams=tuple(site.address for site in sites),
        port=port,
        address=address,
        timeouts=experiment.timeouts_of(configuration),
        open_files=open_files(),
        face=_face(experiment, snapshot, told=None if address == HOST else f"{HOST}:{port}"),
    )
    write_for(sites[0].account, sites[0].raw / raw_files.NGINX_CONF, text)


def _face(experiment: Experiment, snapshot: Snapshot, told: str | None) -> nginx.Face:
    application = experiment.application
    folder = snapshot.path(application.directory)
    static = {path: folder / inside for path, inside in application.static.items()}
    return nginx.Face(
        # A site refuses names that it was not told of, and this machine's address is none.
        host=application.host or told,
        scheme=application.scheme,
        static=static,
        reads_only=experiment.database.is_read_only,
    )

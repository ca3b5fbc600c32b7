"""Composes the drivers of a trial: one application server behind one nginx."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import DeploymentError
from badgateway.model import raw as raw_files
from badgateway.model.application import Application
from badgateway.model.axis import USUAL, At
from badgateway.model.configuration import Configuration, WorkerModel
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Disturbance
from badgateway.process.account import Account, open_passage, write_for
from badgateway.process.child import Child, describe_exit
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, connect_probe
from badgateway.process.running import running
from badgateway.servers.registry import server_of, worker_model
from badgateway.servers.server import Server
from badgateway.stack import application, nginx
from badgateway.stack.background import in_background
from badgateway.stack.database import RunningDatabase
from badgateway.stack.distance import PART, reached
from badgateway.stack.draining import stop_if_drained
from badgateway.stack.endings import nginx_ended, relay_ended
from badgateway.stack.fronting import fronting, open_files
from badgateway.stack.health import require_answer
from badgateway.stack.own_command import server_file
from badgateway.stack.project import Snapshot
from badgateway.stack.site import HOST, Site
from badgateway.stack.written import RUN_FOLDER, written_folder, written_text

READY_DEADLINE_S = 30.0
SERVER_GRACE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A configuration that is up and answers."""

    url: str
    """Of nginx, without a slash at its end."""
    proxy_port: int
    server_socket: Path | int
    """Of the application server: the path of a unix socket, or a TCP port of 127.0.0.1."""
    server: Server
    statistics_socket: Path
    """Where the server tells its statistics, if it has any."""
    children: Mapping[str, Child]
    """By their part: server, nginx, and where there is one, background and relay."""
    read_error_log: Callable[[], bytes]
    """Returns what nginx has complained of by now."""
    read_journal: Callable[[], bytes]
    """Returns what the application's journal holds by now."""

    @property
    def parts(self) -> dict[str, int]:
        """The pid of each part's first process."""
        return {part: child.pid for part, child in self.children.items()}

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
        proxy, relay = self.children.get("nginx"), self.children.get(PART)
        return (
            *(nginx_ended(proxy.exit_code(), self.read_error_log().decode(errors="replace")) if proxy else ()),
            *(relay_ended(relay.exit_code()) if relay else ()),
        )


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
) -> Iterator[Deployment]:
    """Run a fresh application server and a fresh nginx until the block ends; their logs go to raw.

    raw is an empty folder of the kit's own, with a short path; the account is let through it to a folder inside it,
    where the servers write, and what they wrote is in raw once the block has ended. When it begins, the application has
    answered through nginx; those requests have ids that begin with "health-" and are in nginx's access log too, and in
    the application's journal. `at` is what lies on each axis.
    `watch_loop` lets workers that run greenlets write to the journal what blocked their event loop. Each part must be
    ready within `ready_deadline_s`. `before_requests` is called when server and proxy are started, and have had no
    request yet: the place to wait for what is done beside their start.

    Raises:
        DeploymentError: a server did not come up, with what was awaited, how it ended and its last log lines; or its
            file does not start the application by WEB_WSGI.
    """
    open_passage(raw, account)
    with (
        written_folder(raw, account) as written,
        reached(database, at, raw=raw, run=written / RUN_FOLDER) as (
            database_there,
            relay,
        ),
    ):
        site = _site(
            experiment=experiment,
            configuration=configuration,
            database=database_there,
            snapshot=snapshot,
            raw=raw,
            written=written,
            account=account,
            watch_loop=watch_loop,
        )
        with (
            in_background(configuration, site) as background,
            _server(configuration, site, ready_deadline_s) as server,
            _front(experiment, configuration, snapshot, site, ready_deadline_s) as (port, proxy),
        ):
            deployment = Deployment(
                url=f"http://{HOST}:{port}",
                proxy_port=port,
                server_socket=site.listener,
                server=server_of(configuration),
                statistics_socket=site.statistics_socket,
                children={"server": server, "nginx": proxy, **background, **relay},
                read_error_log=lambda: written_text(site.written / raw_files.ERROR_LOG, account),
                read_journal=lambda: written_text(site.journal_file, account),
            )
            before_requests()
            require_answer(deployment.url, server, experiment, configuration, ready_deadline_s)
            _require_journal(site)
            yield deployment


@contextmanager
def _server(configuration: Configuration, site: Site, deadline_s: float) -> Iterator[Child]:
    kind = server_of(configuration)
    application.write_logging(kind, configuration, site)
    with running(application.server_command(kind, configuration, site), grace_s=SERVER_GRACE_S) as server:
        # Without a listening socket the first health check would be a 502 in nginx's logs.
        address = site.socket if site.port is None else (HOST, site.port)
        await_ready(server, connect_probe(address), what=site.address, deadline_s=deadline_s)
        yield server
        # nginx has gone, so nothing new can come; a block that failed takes the way that is always safe.
        stop_if_drained(server, site.journal_file, site.account)


@contextmanager
def _front(
    experiment: Experiment, configuration: Configuration, snapshot: Snapshot, site: Site, deadline_s: float
) -> Iterator[tuple[int, Child]]:
    port = free_port()
    _write_proxy_configuration(experiment, configuration, snapshot, site, port)
    command = nginx.command(site.raw, site.written, site.account)
    with fronting(command, site.written, what=f"{HOST}:{port}", deadline_s=deadline_s) as proxy:
        yield port, proxy


def _site(
    *,
    experiment: Experiment,
    configuration: Configuration,
    database: RunningDatabase,
    snapshot: Snapshot,
    raw: Path,
    written: Path,
    account: Account | None,
    watch_loop: bool,
) -> Site:
    is_asgi = worker_model(configuration) is WorkerModel.EVENT_LOOP
    return Site(
        application=snapshot.path(experiment.application.directory),
        server_file=snapshot.path(server_file(configuration)),
        journal=snapshot.journal,
        application_name=experiment.application.asgi if is_asgi else experiment.application.wsgi,
        is_asgi=is_asgi,
        server_text=snapshot.server_text(server_file(configuration)),
        raw=raw,
        written=written,
        python=snapshot.python,
        python_home=snapshot.interpreter.prefix,
        search_path=snapshot.search_path,
        lent=snapshot.lent,
        timeout_s=experiment.timeouts_of(configuration).app_s,
        port=free_port() if configuration.transport == "tcp" else None,
        variables={
            **database.environment(
                configuration.driver,
                configuration.conn_max_age_s,
                pool=configuration.pool,
                tls=configuration.database_tls,
            ),
            **database.filled({**experiment.application.environment, **configuration.environment}),
        },
        account=account,
        watch_loop=watch_loop,
    )


def _require_journal(site: Site) -> None:
    # The health check was a request; where the journal does not have it, the server file has chosen an application of
    # its own, and there would be no book of it.
    if b"start," not in written_text(site.journal_file, site.account):
        raise DeploymentError(
            f"{site.server_file.name} started another application than the experiment's: it must take the name of its "
            "application from the environment variable WEB_WSGI, as the files in servers/ do"
        )


def _write_proxy_configuration(
    experiment: Experiment, configuration: Configuration, snapshot: Snapshot, site: Site, port: int
) -> None:
    text = nginx.render(
        snapshot.nginx_template,
        protocol=server_of(configuration).protocol,
        front_door=configuration.front_door,
        http=configuration.proxy_http,
        upstream=site.address,
        port=port,
        timeouts=experiment.timeouts_of(configuration),
        open_files=open_files(),
        face=_face(experiment.application, snapshot),
    )
    write_for(site.account, site.raw / raw_files.NGINX_CONF, text)


def _face(application: Application, snapshot: Snapshot) -> nginx.Face:
    folder = snapshot.path(application.directory)
    static = {path: folder / inside for path, inside in application.static.items()}
    return nginx.Face(host=application.host, scheme=application.scheme, static=static)

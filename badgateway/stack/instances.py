"""The application servers of one configuration: one as a rule, or several alike, each with a socket of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.knob import WorkerModel
from badgateway.process.account import Account
from badgateway.process.child import Child
from badgateway.process.container import Container
from badgateway.process.elsewhere import in_network
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, connect_probe
from badgateway.process.running import running
from badgateway.servers.registry import server_of, worker_model
from badgateway.stack import application
from badgateway.stack.containers import Containers, held
from badgateway.stack.database import RunningDatabase
from badgateway.stack.draining import stop_if_drained
from badgateway.stack.own_command import server_file
from badgateway.stack.project import Snapshot
from badgateway.stack.site import HOST, Site

SERVER_GRACE_S = 3.0


def sites_of(
    *,
    experiment: Experiment,
    configuration: Configuration,
    database: RunningDatabase,
    snapshot: Snapshot,
    raw: Path,
    written: Path,
    account: Account | None,
    watch_loop: bool,
) -> tuple[Site, ...]:
    """Return what each server of a configuration has to know; they share the journal, the log and all folders."""
    is_asgi = worker_model(configuration) is WorkerModel.EVENT_LOOP
    first = Site(
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
        developed=snapshot.developed,
        timeout_s=experiment.timeouts_of(configuration).app_s,
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
        own_ports=(_own(database), *(one.port for one in database.services)),
        stop_mail=not experiment.application.send_mail,
    )
    has_port = configuration.transport == "tcp"
    numbers = range(1, configuration.instances + 1)
    return tuple(replace(first, number=number, port=free_port() if has_port else None) for number in numbers)


def _own(database: RunningDatabase) -> int | str:
    is_over_a_line = database.pid is not None and database.host != HOST
    return f"{database.host}:{database.port}" if is_over_a_line else database.port


@contextmanager
def serving(
    configuration: Configuration, sites: tuple[Site, ...], containers: Containers, deadline_s: float
) -> Iterator[tuple[Child, ...]]:
    """Run a server for each site, in its container, until the block ends; when it begins, all of them listen.

    Raises:
        DeploymentError: One did not come up in time.
    """
    # One file serves all: it says nothing of a socket.
    application.write_logging(server_of(configuration), configuration, sites[0])
    with ExitStack() as stack:
        each = zip(sites, containers, strict=True)
        yield tuple(stack.enter_context(_server(configuration, site, one, deadline_s)) for site, one in each)


@contextmanager
def _server(configuration: Configuration, site: Site, one: Container | None, deadline_s: float) -> Iterator[Child]:
    command = held(application.server_command(server_of(configuration), configuration, site), one)
    with running(command, grace_s=SERVER_GRACE_S) as server:
        # Without a listening socket the first health check would be a 502 in nginx's logs.
        address = site.socket if site.port is None else (site.host, site.port)
        # From beside it: no line leads from the kit to a server that stands behind another machine.
        probe = partial(in_network, site.network, connect_probe(address))
        await_ready(server, probe, what=site.address, deadline_s=deadline_s)
        yield server
        # nginx has gone, so nothing new can come; a block that failed takes the way that is always safe.
        stop_if_drained(server, site.journal_file, site.account)

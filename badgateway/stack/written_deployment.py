"""Starts the files of a deployment as they are written, in a private place: the server first, then nginx."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from badgateway.emit.files import proxy_path, server_path, variables_path
from badgateway.emit.server_file import argv, logging_file
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.model import raw as raw_files
from badgateway.model.axis import USUAL, At
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.places import Limits
from badgateway.plan.templates import NGINX
from badgateway.process.account import Account, open_passage, write_for
from badgateway.process.child import Child, Command
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, connect_probe
from badgateway.process.running import running
from badgateway.servers.environment_file import variables
from badgateway.stack import nginx
from badgateway.stack.containers import containers_at, files_of, held, proxy_container_at
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import READY_DEADLINE_S, Deployment
from badgateway.stack.distance import reached
from badgateway.stack.fronting import fronting, open_files
from badgateway.stack.health import require_answer
from badgateway.stack.private_copy import PrivatePlace, private, private_words
from badgateway.stack.project import Snapshot
from badgateway.stack.site import HOST, base_environment
from badgateway.stack.written import RUN_FOLDER, written_folder, written_text

SITE_CONF = "site.conf"
_LOG_FORMAT = re.compile(r"^ *log_format requests .*?;\n", re.MULTILINE | re.DOTALL)
_LOGIN = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")
"""What a deployment has in a file of its owner's: the example site finds its database by these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFiles:
    """What is proven: a deployment's files as they are on disk."""

    subject: Subject
    texts: Mapping[PurePosixPath, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """One start of them."""

    files: WrittenFiles
    place: PrivatePlace
    raw: Path
    written: Path
    account: Account | None

    def private(self, path: PurePosixPath) -> str:
        return private(self.files.texts[path], self.files.subject.place, self.place)


@contextmanager
def deploy_written(  # noqa: PLR0913 # as `deploy` has it
    files: WrittenFiles,
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
    """Run the server and the nginx of a deployment's files until the block ends; arguments as of `deploy`.

    There is no journal, so what the application itself has seen is in no book.

    Raises:
        DeploymentError: One of them did not come up, with its last log lines.
    """
    # Nobody writes down what blocked a loop, and nginx listens where its file says.
    del watch_loop, on_limits, address
    open_passage(raw, account)
    with (
        written_folder(raw, account) as written,
        reached(database, at, None, raw=raw, run=written / RUN_FOLDER) as (there, relay, _),
        containers_at(at, 1) as containers,
        proxy_container_at(at) as proxy_container,
    ):
        place = _place(files.subject, raw, written, snapshot)
        copy = _Copy(files=files, place=place, raw=raw, written=written, account=account)
        _write(copy, snapshot)
        command = held(_server_command(copy, experiment, configuration, there, snapshot), *containers)
        front = held(nginx.command(raw, written, account), proxy_container)
        what = f"{HOST}:{copy.place.proxy_port}"
        with (
            _server(command, copy, ready_deadline_s) as server,
            fronting(front, written, what=what, deadline_s=ready_deadline_s) as proxy,
        ):
            deployment = replace(
                _deployment(copy, {"server": server, "nginx": proxy, **relay}),
                containers=files_of(containers, (server,)),
                proxy_containers=files_of((proxy_container,), (proxy,)),
            )
            before_requests()
            require_answer(deployment.url, server, experiment, configuration, ready_deadline_s)
            yield deployment


def _place(subject: Subject, raw: Path, written: Path, snapshot: Snapshot) -> PrivatePlace:
    return PrivatePlace(
        application=snapshot.path(subject.place.directory),
        python_home=snapshot.interpreter.prefix,
        logging=raw / raw_files.LOGGING,
        server_file=raw / subject.place.file_name,
        socket=written / RUN_FOLDER / "web.sock",
        port=None if subject.place.port is None else free_port(),
        proxy_port=free_port(),
    )


def _write(copy: _Copy, snapshot: Snapshot) -> None:
    subject, raw, account = copy.files.subject, copy.raw, copy.account
    log_format = _LOG_FORMAT.search(snapshot.nginx_template)
    if log_format is None:
        raise ConfigurationError(f"{NGINX}: has no log_format requests, by which requests are accounted for")
    limit = min(open_files(), nginx.MAX_OPEN_FILES)
    around = fill("around.conf.j2", open_files=limit, log_format=log_format[0].rstrip(), site=raw / SITE_CONF)
    write_for(account, raw / raw_files.NGINX_CONF, around)
    write_for(account, raw / SITE_CONF, copy.private(proxy_path(subject)))
    write_for(account, copy.place.server_file, copy.private(server_path(subject)))
    if logging := logging_file(subject):
        write_for(account, copy.place.logging, logging)


def _server_command(
    copy: _Copy, experiment: Experiment, configuration: Configuration, database: RunningDatabase, snapshot: Snapshot
) -> Command:
    subject = copy.files.subject
    command = private_words(argv(subject), subject.place, copy.place)
    if not Path(command[0]).exists():
        raise DeploymentError(
            f"{command[0]} is not there, and the files start it: install server/requirements.txt into the site's "
            "environment; what a run lends a site is not deployed with it"
        )
    of_site = variables(copy.private(variables_path(subject)))
    login = database.environment(configuration.driver, configuration.conn_max_age_s)
    # What a deployment's owner writes into secrets.env.
    own = database.filled({**experiment.application.environment, **configuration.environment})
    hidden = {name: value for name, value in own.items() if name not in of_site}
    return Command(
        name=subject.server.name,
        argv=command,
        environment={
            **base_environment(copy.written / RUN_FOLDER),
            "PYTHONUNBUFFERED": "1",
            **hidden,
            **{name: login[name] for name in _LOGIN},
            **of_site,
            **(variables(copy.private(server_path(subject))) if subject.deployable.is_environment else {}),
        },
        directory=snapshot.path(experiment.application.directory),
        log=copy.raw / raw_files.SERVER_LOG,
        account=copy.account,
    )


@contextmanager
def _server(command: Command, copy: _Copy, deadline_s: float) -> Iterator[Child]:
    with running(command) as server:
        address = copy.place.socket if copy.place.port is None else (HOST, copy.place.port)
        await_ready(server, connect_probe(address), what=str(address), deadline_s=deadline_s)
        yield server


def _deployment(copy: _Copy, children: Mapping[str, Child]) -> Deployment:
    place, account = copy.place, copy.account
    return Deployment(
        url=f"http://{HOST}:{place.proxy_port}",
        proxy_port=place.proxy_port,
        server_sockets=(place.socket if place.port is None else place.port,),
        server=copy.files.subject.server,
        statistics_sockets=(copy.written / RUN_FOLDER / "stats.sock",),
        children=children,
        read_access_log=lambda: written_text(copy.written / raw_files.ACCESS_LOG, account),
        read_error_log=lambda: written_text(copy.written / raw_files.ERROR_LOG, account),
        read_journal=lambda: b"",
    )

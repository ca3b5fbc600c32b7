"""What a driver needs to know of a trial to start its application server."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from badgateway.errors import DeploymentError
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration
from badgateway.plan.overrides import EACH_TASK_ONCE
from badgateway.plan.programs import search_path
from badgateway.process.account import Account
from badgateway.servers.web_variables import web_variables
from badgateway.stack.overlay import PROGRAMS
from badgateway.stack.written import RUN_FOLDER


def base_environment(home: Path) -> dict[str, str]:
    """Return what every child gets; `home` keeps programs out of the caller's own files."""
    return {"PATH": search_path(), "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC"}


HOST = "127.0.0.1"
MAX_SOCKET_PATH_BYTES = 100
"""The kernel's own limit is 107 on Linux and 103 on macOS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One application, and where the files of its trial are."""

    application: Path
    """The folder the server is started in; modules are imported from it."""
    server_file: Path
    journal: Path
    """The journal's module, in a folder of its own."""
    application_name: str
    """Module and object of the site itself, WSGI or ASGI."""
    is_asgi: bool = False
    server_text: str = ""
    """What is in the server file; it was read before the servers could touch it."""
    raw: Path
    """Where the logs go that the kit opens for the servers; only the kit can write there."""
    written: Path
    """Where the servers write themselves; gone when the deployment is."""
    python: Path
    """The interpreter that has the application's packages."""
    python_home: Path
    """Its environment, which mostly has the server's packages too."""
    search_path: str = field(default_factory=search_path)
    """Where programs are looked for."""
    lent: Path | None = None
    """The folder of servers that the environment lacks, of which the kit has copies."""
    developed: tuple[Path, ...] = ()
    """Where its environment would import the project's own packages from, in the copy of it."""
    timeout_s: int
    """Limit of the application server itself."""
    variables: Mapping[str, str] = field(repr=False)
    """The application's own settings and its database, with the password."""
    account: Account | None
    port: int | None = None
    """TCP port to listen on, instead of a unix socket."""
    host: str = HOST
    """The address that it listens at then."""
    network: Path | None = None
    """What stands for the network that all of the site's programs run in; None: that of the kit."""
    number: int = 1
    """Which of the servers of its configuration is started, from 1."""
    own_ports: tuple[int | str, ...] = ()
    """Of what the run has started for the site; host and port of what is reached over a line."""
    stop_mail: bool = False
    """Whether what a Django site would send is thrown away."""
    watch_loop: bool = False
    """Whether workers that run greenlets tell what blocked their event loop."""

    def __post_init__(self) -> None:
        length = len(bytes(self.socket))
        if length > MAX_SOCKET_PATH_BYTES:
            raise DeploymentError(
                f"unix socket {self.socket}: its path has {length} bytes, more than {MAX_SOCKET_PATH_BYTES} cannot be "
                "bound everywhere; use a shorter temporary folder"
            )

    @property
    def run(self) -> Path:
        """Sockets, pid files and temporary files."""
        return self.written / RUN_FOLDER

    @property
    def journal_file(self) -> Path:
        """What the journal writes."""
        return self.written / raw_files.JOURNAL

    @property
    def socket(self) -> Path:
        """The unix socket between nginx and the application server, unless that is a port."""
        return self.run / self._own("web.sock")

    @property
    def listener(self) -> Path | int:
        """Where the application server listens: the path of a unix socket, or a TCP port."""
        return self.socket if self.port is None else self.port

    @property
    def address(self) -> str:
        """The same as text, a path or host and port."""
        return str(self.socket) if self.port is None else f"{self.host}:{self.port}"

    @property
    def statistics_socket(self) -> Path:
        """A unix socket for the server's statistics, if it has any."""
        return self.run / self._own("stats.sock")

    def _own(self, name: str) -> str:
        """Return a file's name as it is this server's alone."""
        stem, _, suffix = name.partition(".")
        return name if self.number == 1 else f"{stem}-{self.number}.{suffix}"

    @property
    def logging(self) -> Path:
        """The configuration of Python's logging, for servers that read one."""
        return self.raw / raw_files.LOGGING

    @property
    def target(self) -> str:
        """What the server loads: the journal, which loads the application."""
        return f"{self.journal.stem}:application"

    def program(self, name: str) -> str:
        """Return the path of a program of the site's Python environment."""
        return str(self.python_home / "bin" / name)

    @property
    def own_environment(self) -> dict[str, str]:
        """The environment of any process of the application's: its settings, its database, and `run` as its home."""
        # What a process printed is in its log however it ends, as containers mostly have it.
        return {
            **base_environment(self.run),
            "PATH": self.search_path,
            "PYTHONUNBUFFERED": "1",
            **self.variables,
        }

    def argv_of(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Return the command of a server as it can be executed: one that the kit lends is no program of the site's."""
        program, *arguments = argv
        if self.lent is None or Path(program).exists():
            return argv
        name = Path(program).name
        binary = self.lent / PROGRAMS / name
        return (*((str(binary),) if binary.exists() else (str(self.python), "-m", name)), *arguments)

    @property
    def _modules(self) -> str:
        # What is lent is nothing that the environment has, so its own versions are those that are imported.
        return os.pathsep.join(str(place) for place in (self.journal.parent, *self.developed, self.lent) if place)

    @property
    def _of_a_check(self) -> dict[str, str]:
        # Why it failed, Django says to nobody where DEBUG is off and no mail is sent.
        ports = ",".join(map(str, self.own_ports))
        return {"JOURNAL_TRACEBACKS": "1", "JOURNAL_REACHES": "1", "JOURNAL_OWN_PORTS": ports}

    def environment(self, configuration: Configuration, *, bind: str) -> dict[str, str]:
        """Return the whole environment of the application server; `bind` is the socket as the server spells it.

        What the server starts is the journal, and the journal starts the application.
        """
        return {
            **self.own_environment,
            "PYTHONPATH": self._modules,
            "JOURNAL_ASGI" if self.is_asgi else "JOURNAL_WSGI": self.application_name,
            "JOURNAL_FILE": str(self.journal_file),
            **({"JOURNAL_LOOP": "1"} if self.watch_loop else {}),
            **({"JOURNAL_NO_MAIL": "1"} if self.stop_mail else {}),
            **(self._of_a_check if EACH_TASK_ONCE in self.variables else {}),
            **web_variables(configuration, bind=bind, target=self.target, timeout_s=self.timeout_s),
        }

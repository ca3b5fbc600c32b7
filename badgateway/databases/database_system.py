"""What the kit has to be told of a database system, so that nothing else needs to know its name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from badgateway.databases.database_kind import STANDARD_TEXT, DatabaseKind, DatabaseLog
from badgateway.databases.driver import DjangoSettings, Driver, PooledSettings

__all__ = [
    "STANDARD_TEXT",
    "Activity",
    "Ask",
    "Client",
    "DatabaseLog",
    "DatabaseSystem",
    "DjangoSettings",
    "Driver",
    "KeptData",
    "Login",
    "Place",
    "PooledSettings",
    "Step",
    "TableStatistics",
    "site_environment",
]
"""All that a module of a database takes; a package of somebody else's finds it here."""

PART = "database"
"""What raw files and reports call the database's processes, whichever system it is."""
PART_OF_0_1 = "mariadb"
"""What raw files of version 0.1 call it."""

SHOWN_CHARACTERS = 1500
"""Of a statement, at most."""

TEMPLATE_VALUES = ("folder", "max_connections", "port")
"""The values that the kit has for a database's configuration file: what it may ask for with @{value}."""


class Login(Protocol):
    """How a client gets into a database."""

    @property
    def host(self) -> str:
        """An address of TCP."""

    @property
    def port(self) -> int:
        """A port of TCP."""

    @property
    def name(self) -> str:
        """The database's name on its server."""

    @property
    def user(self) -> str:
        """The database's account."""

    @property
    def password(self) -> str:
        """Of that account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a private server is to run: absolute paths that exist, unless said otherwise."""

    program: Path
    """The server's program."""
    configuration: Path
    """The filled-in template, in a folder of the kit's own: the server's working directory."""
    written: Path
    """The folder of the servers' account, for everything that the server writes."""
    port: int
    """Of TCP on 127.0.0.1, which nobody uses."""
    name: str
    """Of the one database and its account, which the first steps make."""
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command to be run to its end before the server is started."""

    argv: tuple[str, ...]
    script: str = field(default="", repr=False)
    """What it reads from its standard input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How the kit itself connects, with a library in which each question has a time limit."""

    module: str
    """Has connect() and Error, as PEP 249 has it, and takes %s for an argument."""
    arguments: Callable[[Login, float, float], Mapping[str, object]]
    """Those of connect(), from the login, the limit of connecting and that of one answer, in seconds; autocommit."""
    attributes: Mapping[str, object] = field(default_factory=dict)
    """What a new connection is given besides, where connect() does not take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What is asked many times a second while there is load: no more than three statements' worth of work."""

    connections: str
    """Takes the account; rows of a statement or NULL, how many connections of the account execute it, and how many the
    application may have. Never empty, and the asking connection is in no row."""
    counters: str
    """Rows of a counter's name and its value, over all accounts."""
    series: Mapping[str, str]
    """The series of each counter, of those that it has; DB_CONNECTS is among them."""
    own: Mapping[str, int] = field(default_factory=dict)
    """By how much one reading of both adds to a series, which is taken off again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStatistics:
    """What the optimizer knows of the site's tables, and how it is made to look again."""

    tables: str
    """Takes the database's name; one row a table."""
    kept: str
    """Takes the database's name; rows of table, index or column, what was counted, and how many (a whole number)."""
    analyze: Callable[[Sequence[str]], str]
    """The statement that counts these tables anew."""
    fault: Callable[[Sequence[Sequence[object]]], str]
    """What is wrong by the rows that the statement gave; empty when nothing."""


Ask = Callable[[str, str], Sequence[Sequence[Any]]]
"""Executes a statement in the database of that name, and returns its rows; one connection for each name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptData:
    """How the data of a database are kept, and put back between trials, without any command of the site's."""

    keep: Callable[[Ask, str], None]
    """Keeps what is in the database of that name; DeploymentError: it cannot."""
    put_back: Callable[[Ask, str], None]
    """Makes it again what it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSystem(DatabaseKind):
    """One with a server, of which a run starts its own."""

    template: PurePosixPath
    """Its configuration file in the project, with TEMPLATE_VALUES."""
    programs: tuple[str, ...]
    """What its server's program may be called; the first that is found is taken."""
    directories: tuple[str, ...] = ()
    """Patterns of absolute paths where the program may be beside PATH; of several, that of the highest version."""
    usual_port: int = 0
    """Where its servers listen if nothing else is said; 0 where it has none."""
    names_of_host: tuple[str, ...] = ()
    """What leads its clients to 127.0.0.1 besides; to some localhost is a socket, and that of another server."""
    install: str
    """What to do where no program is found."""
    version: re.Pattern[str]
    """Where the version is in what `PROGRAM --version` prints."""
    folders: tuple[str, ...]
    """What is to be made inside `Place.written`."""
    prepare: Callable[[Place], Sequence[Step]]
    """What makes a data directory with one database and one account in the empty folders; DeploymentError: a part of
    the server is not installed."""
    start: Callable[[Place], tuple[str, ...]]
    """The argv that serves it until it is told to end."""
    ready: str
    """What the server prints, in a line, when it can be connected to."""
    stop_signal: str = "SIGTERM"
    """On which the server ends although somebody is connected still."""
    client: Client
    activity: Activity
    statistics: TableStatistics
    kept: KeptData | None = None
    """How the kit puts data back by itself; None: an experiment has to name a command."""


def site_environment(
    login: Login, driver: str, conn_max_age_s: int, *, pool: int = 0, tls: bool = False
) -> dict[str, str]:
    """Return the variables by which an application finds its database, and how it is to connect."""
    return {
        "DB_DRIVER": driver,
        "DB_HOST": login.host,
        "DB_PORT": str(login.port or ""),
        "DB_NAME": login.name,
        "DB_USER": login.user,
        "DB_PASSWORD": login.password,
        "DB_CONN_MAX_AGE_S": str(conn_max_age_s),
        "DB_POOL_SIZE": str(pool),
        "DB_TLS": str(int(tls)),
    }

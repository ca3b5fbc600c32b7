"""MariaDB's driver: a private server with one database and one account, for as long as a block lasts."""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from badgateway.errors import DeploymentError
from badgateway.model.experiment import Database
from badgateway.plan.programs import search_path
from badgateway.plan.templates import MARIADB, fill
from badgateway.process.account import Account, hand_over_all, write_for
from badgateway.process.child import Command
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, log_line_probe
from badgateway.process.running import run_to_end, running
from badgateway.stack.environment import base_environment
from badgateway.stack.written import FOLDER

HOST = "127.0.0.1"
NAME = "site"
PROGRAMS = ("mariadbd", "mysqld")
SYSTEM_TABLES = ("system_tables", "system_tables_data")
START_DEADLINE_S = 60.0

FIXED_STATISTICS = (
    "--innodb-stats-persistent=ON",
    "--innodb-stats-auto-recalc=OFF",
    "--innodb-stats-persistent-sample-pages=10000",
)
"""No trial gets another plan than the next: the server does not count its tables by itself, and when it is told to,
it looks at so many pages that chance has no part in what it finds. On the command line, which goes before any
mariadb.cnf; a site that is deployed does better with MariaDB's own way."""

ACCOUNT_SQL = """
FLUSH PRIVILEGES;
CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY '{password}';
CREATE USER '{name}'@'localhost' IDENTIFIED BY '{password}';
GRANT ALL PRIVILEGES ON {name}.* TO '{name}'@'127.0.0.1';
GRANT ALL PRIVILEGES ON {name}.* TO '{name}'@'localhost';
GRANT SELECT ON mysql.innodb_index_stats TO '{name}'@'127.0.0.1';
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDatabase:
    """How to reach a server that is up, through TCP as if it were elsewhere."""

    folder: Path
    """Its configuration and its logs, which only the kit can write."""
    account: Account | None
    host: str
    port: int
    socket: Path
    name: str
    user: str
    password: str = field(repr=False)
    pid: int
    statistics: Mapping[str, tuple[tuple[str, str, int], ...]] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    """What the server knew of each table when the data was loaded; see stack/statistics.py."""

    @property
    def written(self) -> Path:
        """What the server writes itself: its data, its socket, its temporary files."""
        return self.folder / FOLDER

    def environment(self, driver: str, conn_max_age_s: int, *, pool: int = 0, tls: bool = False) -> dict[str, str]:
        """Return the variables by which an application finds its database, and how it is to connect."""
        return {
            "DB_DRIVER": driver,
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_NAME": self.name,
            "DB_USER": self.user,
            "DB_PASSWORD": self.password,
            "DB_CONN_MAX_AGE_S": str(conn_max_age_s),
            "DB_POOL_SIZE": str(pool),
            "DB_TLS": str(int(tls)),
        }


def render(template: str, settings: Database, *, folder: Path, port: int) -> str:
    """Return mariadb.cnf for a server in folder, on 127.0.0.1:port."""
    values: dict[str, str | int] = {"folder": str(folder), "port": port, "max_connections": settings.max_connections}
    return fill(MARIADB, template, values)


def bootstrap_sql(system_tables: str, password: str) -> str:
    """Return the statements that make an empty data directory one with a database and its account.

    Root may enter through the unix socket only, and only who is root there.
    """
    head = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = 'root';\n"
    return head + system_tables + ACCOUNT_SQL.format(name=NAME, password=password)


@contextmanager
def run_mariadb(
    settings: Database, template: str, *, folder: Path, account: Account | None
) -> Iterator[RunningDatabase]:
    """Make a data directory in folder, a passage of the kit's own, and serve it until the block ends.

    Raises:
        DeploymentError: the server is not installed, or did not come up.
    """
    program = _find_program()
    port, password = free_port(), secrets.token_hex(16)
    written = folder / FOLDER
    for place in (written, written / "data", written / "tmp"):
        place.mkdir(mode=0o700)
    hand_over_all(written, account)
    configuration = folder / "mariadb.cnf"
    write_for(account, configuration, render(template, settings, folder=written, port=port))
    _bootstrap(program, password, folder, account)
    command = _command(folder, account, "MariaDB", str(program), f"--defaults-file={configuration}", *FIXED_STATISTICS)
    with running(command) as server:
        ready = log_line_probe(command.log, "ready for connections", server.log_start_bytes)
        await_ready(server, ready, what=f"its database on {HOST}:{port}", deadline_s=START_DEADLINE_S)
        yield RunningDatabase(
            folder=folder,
            account=account,
            host=HOST,
            port=port,
            socket=written / "mariadb.sock",
            name=NAME,
            user=NAME,
            password=password,
            pid=server.pid,
        )


def _command(folder: Path, account: Account | None, name: str, *argv: str) -> Command:
    return Command(
        name=name,
        argv=argv,
        environment=base_environment(folder / FOLDER),
        directory=folder,
        log=folder / "mariadb.log",
        account=account,
    )


def _find_program() -> Path:
    for name in PROGRAMS:
        found = shutil.which(name, path=search_path())
        if found:
            return Path(found)
    raise DeploymentError(
        f"MariaDB: program {PROGRAMS[0]} not found in PATH; install it (Debian: apt-get install mariadb-server-core)"
    )


def _bootstrap(program: Path, password: str, folder: Path, account: Account | None) -> None:
    # mariadb-install-db does the same, but needs my_print_defaults, which Debian has in another package; and there a
    # statement that fails ends the server, where in an init file it would only be a line in the log.
    script = folder / "bootstrap.sql"
    write_for(account, script, bootstrap_sql(_system_tables(program), password))
    server = (str(program), "--defaults-file=mariadb.cnf", "--bootstrap", "--enforce-storage-engine=")
    shell = ("sh", "-c", 'exec "$@" < bootstrap.sql', "sh")
    try:
        run_to_end(_command(folder, account, "MariaDB bootstrap", *shell, *server), deadline_s=START_DEADLINE_S)
    finally:
        script.unlink()


def _system_tables(program: Path) -> str:
    shares = [place / "share" / name for place in program.resolve().parents[1:3] for name in ("mysql", "mariadb")]
    return "".join(_system_file(shares, name).read_text(encoding="utf-8") for name in SYSTEM_TABLES)


def _system_file(shares: list[Path], name: str) -> Path:
    # The files were called mysql_* until MariaDB 11.
    candidates = [share / f"{maker}_{name}.sql" for share in shares for maker in ("mariadb", "mysql")]
    found = next((candidate for candidate in candidates if candidate.is_file()), None)
    if found is None:
        listed = ", ".join(map(str, shares))
        raise DeploymentError(f"MariaDB: no mysql_{name}.sql in {listed}; install the whole server package")
    return found

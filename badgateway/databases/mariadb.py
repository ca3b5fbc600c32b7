"""MariaDB: all that is true of it alone."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from badgateway.databases import kept_tables
from badgateway.databases.database_system import (
    SHOWN_CHARACTERS,
    Activity,
    Client,
    DatabaseLog,
    DatabaseSystem,
    DjangoSettings,
    Driver,
    KeptData,
    Login,
    Place,
    PooledSettings,
    Step,
    TableStatistics,
)
from badgateway.errors import DeploymentError
from badgateway.model.evidence import ServerEvent
from badgateway.model.raw_words import SampleSeries

SYSTEM_TABLES = ("system_tables", "system_tables_data")

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
CREATE DATABASE {name};
CREATE USER '{name}'@'127.0.0.1' IDENTIFIED BY '{password}';
CREATE USER '{name}'@'localhost' IDENTIFIED BY '{password}';
GRANT ALL PRIVILEGES ON {name}.* TO '{name}'@'127.0.0.1';
GRANT ALL PRIVILEGES ON {name}.* TO '{name}'@'localhost';
GRANT SELECT ON mysql.innodb_index_stats TO '{name}'@'127.0.0.1';
CREATE DATABASE {name}{kept};
GRANT ALL PRIVILEGES ON `{name}\\{kept}`.* TO '{name}'@'127.0.0.1';
"""

# Attempts too, for the first; everybody may ask. Neither question counts rows: theirs are temporary tables.
_COUNTERS = {
    "Connections": SampleSeries.DB_CONNECTS,
    "Com_select": SampleSeries.DB_SELECTS,
    "Rows_read": SampleSeries.DB_ROWS_READ,
}
_COUNTER = f"SHOW GLOBAL STATUS WHERE variable_name IN ({', '.join(repr(name) for name in _COUNTERS)})"
# Without the PROCESS privilege an account sees its own connections only, and those are what is asked for. A connection
# that executes nothing has no statement, so most of them are one row of the answer. The limit is max_connections less
# the one that the asking connection takes away from the application.
_CONNECTIONS = f"""
SELECT CASE WHEN command IN ('Query', 'Execute') THEN LEFT(info, {SHOWN_CHARACTERS}) END AS statement, COUNT(*),
    @@max_connections - 1
FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID() GROUP BY statement
UNION ALL SELECT NULL, 0, @@max_connections - 1
"""  # noqa: S608 # a constant of the kit

_TABLES = """
SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY 1
"""
# A partitioned table has a line for each partition, "scores#P#p0"; it is analyzed as a whole.
_KEPT = """
SELECT SUBSTRING_INDEX(table_name, '#', 1), index_name, stat_name, CAST(stat_value AS UNSIGNED)
FROM mysql.innodb_index_stats WHERE database_name = %s ORDER BY table_name, index_name, stat_name
"""
_FAULTS = ("error", "warning")

TEXT_VALUES = r"""
'(?:[^'\\]|''|\\.)*(?:'|\\?$)
| "(?:[^"\\]|""|\\.)*(?:"|\\?$)
"""
"""A quoted name has backticks."""

_SERVER_ON = r"(?:MySQL |MariaDB )?server on \\?"
_NO_ADDRESS = r"(?::\d+)?\\?' \((?:\[Errno )?99\b"
ERROR_TEXTS = (
    (ServerEvent.DB_CONNECTION_SHARED, r"Packet sequence number wrong - got |\(2014, ['\"]Commands out of sync"),
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, r"""\(1040, ['"]Too many connections"""),
    # To localhost it mostly says that a container has no ::1, and that nothing listens at 127.0.0.1 either.
    (ServerEvent.NO_LOCAL_PORT, rf"connect to {_SERVER_ON}'[\d.]+{_NO_ADDRESS}"),
    (ServerEvent.NO_LOCAL_ADDRESS, rf"connect to {_SERVER_ON}'(?!localhost\b)[^':\\]+{_NO_ADDRESS}"),
    (ServerEvent.DB_UNREACHABLE, r"""\((?:2002|2003|2005), ['"](?:Can't connect to|Unknown) """),
    # Of SQLAlchemy, from which Django's connections get a pool here.
    (ServerEvent.DB_POOL_EXHAUSTED, r"QueuePool limit of size (?P<value>\d+) overflow \d+ reached"),
    (ServerEvent.DB_LOCK_WAIT, r"""\((?:1205|1213), ['"](?:Lock wait|Deadlock)"""),
    (ServerEvent.DB_STATEMENT_CANCELLED, r"""\((?:1969|3024), ['"]Query execution was interrupted"""),
    (ServerEvent.DB_LOGIN_REFUSED, r"""\((?:1044|1045|1049|1698), ['"](?:Access denied|Unknown database)"""),
    (ServerEvent.DB_SCHEMA_DIFFERS, r"""\((?:1054|1146), ['"](?:Unknown column|Table )"""),
    (ServerEvent.DB_CONNECTION_LOST, r"""\((?:2006|2013|4031), ['"](?:MySQL|Server|Lost|The client)"""),
)
# That somebody left without a word ("Got an error reading") is the application's end of it.
_CLOSES = r"Got timeout reading communication packets|Got a packet bigger than 'max_allowed_packet' bytes"
LOG = DatabaseLog(
    example="2024-12-06 14:48:56 71 [Warning] Aborted connection 71 to db: 'site' user: 'site' host: '10.0.3.9' "
    "(Got timeout reading communication packets)",
    # Where a prefix has the time, the date may have been taken for one.
    own=r"(?:\d{4}-\d\d-\d\d(?: +|T)\d{1,2}:\d\d:\d\d(?:\.\d+Z)? )?\d+ \[(?:Note|Warning|ERROR|System)\] ",
    words=("[Note] ", "[Warning] ", "[ERROR] ", "[System] "),
    texts=(
        (ServerEvent.DB_TOO_MANY_CONNECTIONS, r"\] Too many connections"),
        (ServerEvent.DB_UNREACHABLE, r": Normal shutdown|: Shutdown complete|Received SHUTDOWN from user"),
        (ServerEvent.DB_LOGIN_REFUSED, r"Access denied for user '"),
        (ServerEvent.DB_CONNECTION_LOST, rf"Aborted connection \d+ to db: .*\((?:{_CLOSES})"),
    ),
)


def bootstrap_sql(system_tables: str, name: str, password: str) -> str:
    """Return the statements that make an empty data directory one with a database and its account.

    Root may enter through the unix socket only, and only who is root there.
    """
    head = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = 'root';\n"
    return head + system_tables + ACCOUNT_SQL.format(name=name, password=password, kept=kept_tables.SUFFIX)


def _prepare(place: Place) -> Sequence[Step]:
    # mariadb-install-db does the same, but needs my_print_defaults, which Debian has in another package; and there a
    # statement that fails ends the server, where in an init file it would only be a line in the log.
    argv = (str(place.program), f"--defaults-file={place.configuration.name}", "--bootstrap")
    script = bootstrap_sql(_system_tables(place.program), place.name, place.password)
    return (Step(argv=(*argv, "--enforce-storage-engine="), script=script),)


def _start(place: Place) -> tuple[str, ...]:
    return (str(place.program), f"--defaults-file={place.configuration}", *FIXED_STATISTICS)


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


def _connect_arguments(login: Login, connect_s: float, answer_s: float) -> Mapping[str, object]:
    return {
        "host": login.host,
        "port": login.port,
        "user": login.user,
        "password": login.password,
        "database": login.name or None,
        "connect_timeout": connect_s,
        "read_timeout": answer_s,
        "write_timeout": answer_s,
        "autocommit": True,
        # A TLS context costs 40 ms of CPU, on the machine that is being measured.
        "ssl_disabled": True,
    }


def _analyze(tables: Sequence[str]) -> str:
    names = ", ".join(f"`{name.replace('`', '``')}`" for name in tables)
    return f"ANALYZE NO_WRITE_TO_BINLOG TABLE {names}"


def _analyze_fault(rows: Sequence[Sequence[object]]) -> str:
    # The statement itself succeeds where a table fails: its rows tell.
    for table, _, kind, message in rows:
        if str(kind).lower() in _FAULTS:
            return f"ANALYZE TABLE {table}: {message}"
    return ""


def _pool(size: int) -> PooledSettings:
    # As app/school_site/database.py has it: a connection that Django keeps is one that the pool never gets back.
    options = {"POOL_SIZE": size, "MAX_OVERFLOW": 0, "TIMEOUT": 2, "RECYCLE": 600, "PRE_PING": True}
    return PooledSettings(
        engine="dj_db_conn_pool.backends.mysql",
        entry={"POOL_OPTIONS": options},
        packages=("django-db-connection-pool",),
    )


_OPTIONS = {"charset": "utf8mb4", "isolation_level": "read committed"}

DATABASE = DatabaseSystem(
    name="mariadb",
    label="MariaDB",
    engines=("mysql", "mariadb"),
    scheme="mysql",
    stands_for="MySQL",
    usual_port=3306,
    template=PurePosixPath("servers/mariadb.cnf"),
    programs=("mariadbd", "mysqld"),
    install="install it (Debian: apt-get install mariadb-server-core)",
    version=re.compile(r"Ver (\d[\w.]*)"),
    folders=("data", "tmp"),
    prepare=_prepare,
    start=_start,
    ready="ready for connections",
    client=Client(module="pymysql", arguments=_connect_arguments),
    activity=Activity(
        connections=_CONNECTIONS,
        counters=_COUNTER,
        # MySQL does not count the rows.
        series=_COUNTERS,
        own={SampleSeries.DB_SELECTS: 1},
    ),
    statistics=TableStatistics(tables=_TABLES, kept=_KEPT, analyze=_analyze, fault=_analyze_fault),
    kept=KeptData(keep=kept_tables.keep, put_back=kept_tables.put_back),
    text_values=TEXT_VALUES,
    error_texts=ERROR_TEXTS,
    log=LOG,
    async_drivers=("asyncmy", "aiomysql"),
    drivers=(
        Driver(
            name="pymysql",
            distribution="pymysql",
            module="pymysql",
            plain=("PyMySQL, ssl_disabled", {"charset": "utf8mb4", "ssl_disabled": True}),
            with_tls=("PyMySQL, as it is", {"charset": "utf8mb4"}),
            django=DjangoSettings(
                engine="django.db.backends.mysql",
                options={**_OPTIONS, "ssl_disabled": True},
                options_with_tls=_OPTIONS,
                first=("import pymysql", "", "pymysql.install_as_MySQLdb()"),
                packages=("pymysql",),
                pool=_pool,
            ),
            about_connects="PyMySQL makes a TLS context for every connect unless told otherwise; that is CPU, and "
            "under gevent all other requests of the worker wait meanwhile.",
        ),
        Driver(
            name="mysqlclient",
            distribution="mysqlclient",
            module="MySQLdb",
            plain=("mysqlclient, as it is", {"charset": "utf8mb4"}),
            django=DjangoSettings(
                engine="django.db.backends.mysql",
                options=_OPTIONS,
                packages=("mysqlclient",),
                build_packages=("build-essential", "default-libmysqlclient-dev", "pkg-config"),
                runtime_packages=("libmariadb3",),
                pool=_pool,
            ),
            blocks="it waits in C",
        ),
    ),
)

"""PostgreSQL: all that is true of it alone."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from badgateway.databases.database_system import (
    SHOWN_CHARACTERS,
    STANDARD_TEXT,
    Activity,
    Ask,
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

SUPERUSER = "postgres"
"""Nobody can log in as it: the site's own account has all that the kit needs."""

FIXED_STATISTICS = ("-c", "autovacuum=off", "-c", "default_statistics_target=1000")
"""No trial gets another plan than the next: the server does not count its tables by itself, and when it is told to, it
looks at 300,000 rows of each. On the command line, which goes before any postgresql.conf; a site that is deployed does
better with PostgreSQL's own way."""

ACCOUNT_SQL = """CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}';
CREATE DATABASE {name} OWNER {name};
"""

# What is kept for superusers is not the application's, and one more is the asking connection. Reserved connections of
# other kinds came with version 16.
_LIMIT = """
current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0) - 1
"""
# An account sees the statements of its own connections, and those are what is asked for. A connection that executes
# nothing shows the statement that it executed last.
_CONNECTIONS = f"""
SELECT CASE WHEN state = 'active' THEN left(query, {SHOWN_CHARACTERS}) END AS statement, count(*), {_LIMIT}
FROM pg_stat_activity
WHERE usename = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend' GROUP BY 1
UNION ALL SELECT NULL, 0, {_LIMIT}
"""  # noqa: S608 # a constant of the kit
# The server counts no SELECTs, and the rows that it counts it tells of once a second, the system tables' among them.
_COUNTERS = "SELECT 'sessions', sessions FROM pg_stat_database WHERE datname = current_database()"

_TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND %s = current_database() ORDER BY 1
"""
# What was deleted is in a table until it is vacuumed, and each scan reads it.
_KEPT = """
SELECT relname, '', 'rows', reltuples::bigint FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND %s = current_database()
UNION ALL
SELECT relname, '', 'deleted rows', pg_stat_get_dead_tuples(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY 1, 3
"""

_REFUSED = r"sorry, too many clients already|remaining connection slots|too many connections for (?:role|database) "
_NOT_THERE = (
    "No such file or directory|Connection refused|Connection timed out|No route to host|timeout expired|"
    "the database system is (?:starting up|shutting down|in recovery mode|not yet accepting connections)"
)
_OTHERS_ANSWER = "SSL error: decryption failed or bad record mac|lost synchronization with server: got message type"
_NOT_LET_IN = r'password authentication failed|no pg_hba\.conf entry|(?:role|database) "[^"]*" does not exist'
ERROR_TEXTS = (
    # The last is PgBouncer's.
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, rf"FATAL: +(?:{_REFUSED}|no more connections allowed)"),
    (ServerEvent.DB_UNREACHABLE, rf"connection to server (?:on|at) .+ failed: (?:FATAL: +)?(?:{_NOT_THERE})"),
    # To ::1 it says that a container has no IPv6.
    (
        ServerEvent.NO_LOCAL_PORT,
        r'connection to server at "(?:[\d.]+"|[^"]+" \([\d.]+\)), port \d+ failed: Cannot assign requested address',
    ),
    (ServerEvent.DB_UNREACHABLE, r"could not translate host name"),
    (ServerEvent.DB_LOGIN_REFUSED, rf"FATAL: +(?:{_NOT_LET_IN})"),
    (ServerEvent.DB_LOCK_WAIT, r"deadlock detected"),
    (ServerEvent.DB_LOCK_WAIT, r"canceling statement due to lock timeout"),
    (ServerEvent.DB_STATEMENT_CANCELLED, r"canceling statement due to statement timeout"),
    (ServerEvent.DB_SCHEMA_DIFFERS, r"Undefined(?:Table|Column): "),
    (ServerEvent.DB_SCHEMA_DIFFERS, r"ProgrammingError: .*(?:relation|column) \S+ does not exist"),
    # Its pool says the same where all connections are lent, and where it cannot make one.
    (ServerEvent.DB_POOL_TIMEOUT, r"couldn't get a connection after \d"),
    (
        ServerEvent.DB_CONNECTION_SHARED,
        rf"{_OTHERS_ANSWER}|error with status PGRES_TUPLES_OK and no message from the libpq",
    ),
    (ServerEvent.DB_CONNECTION_LOST, r"(?:Operational|Interface)Error: .*SSL SYSCALL error: EOF detected"),
    (ServerEvent.DB_CONNECTION_LOST, r"(?:Operational|Interface)Error: .*server closed the connection unexpectedly"),
    (ServerEvent.DB_CONNECTION_LOST, r"terminating connection due to administrator command"),
    (ServerEvent.DB_CONNECTION_LOST, r"(?:Operational|Interface)Error: (?:the )?connection (?:is|already) closed"),
)
_CLOSES = (
    "terminating connection (?:due to|because of)|terminating any other active server processes|"
    r"server process \(PID \d+\) was terminated by signal"
)
LOG = DatabaseLog(
    example="2024-12-06 14:48:56.123 UTC [71] FATAL:  sorry, too many clients already",
    own=r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:[A-Z]{3,5}|[+-]\d\d(?::\d\d)?)[ :].{0,120}?"
    r"(?:LOG|FATAL|ERROR|PANIC|WARNING|STATEMENT|DETAIL|HINT|CONTEXT):  ",
    words=(*("LOG:  ", "FATAL:  ", "ERROR:  ", "PANIC:  ", "WARNING:  "), *("STATEMENT:  ", "DETAIL:  ", "HINT:  ")),
    texts=(
        (ServerEvent.DB_TOO_MANY_CONNECTIONS, rf"FATAL: +(?:{_REFUSED})"),
        (ServerEvent.DB_UNREACHABLE, rf"FATAL: +(?:{_NOT_THERE})"),
        (ServerEvent.DB_LOGIN_REFUSED, rf"FATAL: +(?:{_NOT_LET_IN})"),
        (ServerEvent.DB_CONNECTION_LOST, rf"(?:FATAL|LOG|WARNING): +(?:{_CLOSES})"),
        (ServerEvent.DB_LOCK_WAIT, r"ERROR: +(?:deadlock detected|canceling statement due to lock timeout)"),
        (ServerEvent.DB_STATEMENT_CANCELLED, r"ERROR: +canceling statement due to statement timeout"),
        (ServerEvent.DB_SCHEMA_DIFFERS, r"ERROR: +(?:relation|column) .* does not exist"),
    ),
)

MAINTENANCE = "postgres"
"""The database that is there for who makes and drops others."""
KEPT = "_kept"
_LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"

_NO_POOL = "Django's pool takes psycopg 3 alone"


def account_sql(name: str, password: str) -> str:
    """Return the statements, one a line, that make the one database and its account."""
    return ACCOUNT_SQL.format(name=name, password=password)


def _prepare(place: Place) -> Sequence[Step]:
    initdb = place.program.with_name("initdb")
    if not initdb.is_file():
        raise DeploymentError(f"PostgreSQL: no {initdb}; install the whole server package")
    # The locale C is on every machine, and its order of letters does not change with one.
    make = (
        *(str(initdb), "--pgdata", str(_data(place)), "--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"),
        *("--auth-local", "reject", "--auth-host", "scram-sha-256", "--no-sync", "--no-instructions"),
    )
    fill = (str(place.program), "--single", "-D", str(_data(place)), "-c", "exit_on_error=true", SUPERUSER)
    return (Step(argv=make), Step(argv=fill, script=account_sql(place.name, place.password)))


def _start(place: Place) -> tuple[str, ...]:
    where = ("-D", str(_data(place)), "-c", f"config_file={place.configuration}")
    return (str(place.program), *where, *FIXED_STATISTICS)


def _data(place: Place) -> Path:
    return place.written / "data"


def _connect_arguments(login: Login, _connect_s: float, answer_s: float) -> Mapping[str, object]:
    return {
        "host": login.host,
        "port": login.port,
        "user": login.user,
        "password": login.password,
        "database": login.name or None,
        # One limit for everything that the server may be waited for.
        "timeout": answer_s,
    }


def _keep(ask: Ask, name: str) -> None:
    # Nobody may be in a database that is copied.
    ask(_LEAVE.format(name=name), MAINTENANCE)
    ask(f"CREATE DATABASE {name}{KEPT} TEMPLATE {name}", MAINTENANCE)


def _put_back(ask: Ask, name: str) -> None:
    ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", MAINTENANCE)
    ask(f"CREATE DATABASE {name} TEMPLATE {name}{KEPT}", MAINTENANCE)


def _analyze(tables: Sequence[str]) -> str:
    names = ", ".join('"{}"'.format(name.replace('"', '""')) for name in tables)
    return f"VACUUM (ANALYZE) {names}"


_ENGINE = "django.db.backends.postgresql"
_OPTIONS = {"sslmode": "disable"}
_OPTIONS_WITH_TLS = {"sslmode": "prefer"}


def _pool(size: int) -> PooledSettings:
    pool = {"min_size": size, "max_size": size, "timeout": 2}
    packages = ("psycopg[binary,pool]",)
    return PooledSettings(engine=_ENGINE, entry={"CONN_HEALTH_CHECKS": True}, options={"pool": pool}, packages=packages)


def _settings(*packages: str, first: tuple[str, ...] = ()) -> DjangoSettings:
    return DjangoSettings(
        engine=_ENGINE, options=_OPTIONS, options_with_tls=_OPTIONS_WITH_TLS, first=first, packages=packages
    )


DATABASE = DatabaseSystem(
    name="postgresql",
    label="PostgreSQL",
    engines=("postgres", "postgis"),
    usual_port=5432,
    names_of_host=("localhost",),
    template=PurePosixPath("servers/postgresql.conf"),
    programs=("postgres",),
    # Debian and its like have a folder for each version, none of them in PATH.
    directories=("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"),
    install="install it (Debian: apt-get install postgresql)",
    version=re.compile(r"\(PostgreSQL\) (\d[\w.]*)"),
    folders=("data",),
    prepare=_prepare,
    start=_start,
    ready="database system is ready to accept connections",
    # On SIGTERM it waits until the last client has gone.
    stop_signal="SIGINT",
    # psycopg waits for an answer without a limit.
    client=Client(module="pg8000.dbapi", arguments=_connect_arguments, attributes={"autocommit": True}),
    activity=Activity(connections=_CONNECTIONS, counters=_COUNTERS, series={"sessions": SampleSeries.DB_CONNECTS}),
    statistics=TableStatistics(tables=_TABLES, kept=_KEPT, analyze=_analyze, fault=lambda _rows: ""),
    kept=KeptData(keep=_keep, put_back=_put_back),
    # A backslash is a letter like others, but where an E says that it is not.
    text_values=rf"\bE'(?:[^'\\]|''|\\.)*(?:'|\\?$) | {STANDARD_TEXT}",
    error_texts=ERROR_TEXTS,
    log=LOG,
    async_drivers=("asyncpg",),
    drivers=(
        Driver(
            name="psycopg",
            distribution="psycopg",
            module="psycopg",
            plain=("psycopg 3", {"sslmode": "disable"}),
            name_argument="dbname",
            django=DjangoSettings(
                engine=_ENGINE,
                options=_OPTIONS,
                options_with_tls=_OPTIONS_WITH_TLS,
                packages=("psycopg[binary]",),
                pool=_pool,
            ),
        ),
        Driver(
            name="psycopg2",
            distribution="psycopg2-binary",
            module="psycopg2",
            plain=("psycopg2", {"sslmode": "disable"}),
            name_argument="dbname",
            without_pool=_NO_POOL,
            django=_settings("psycopg2-binary"),
            blocks="it waits in C, unless psycogreen patches it",
        ),
        Driver(
            name="psycopg2-psycogreen",
            distribution="psycogreen",
            module="psycopg2",
            plain=("psycopg2", {"sslmode": "disable"}),
            name_argument="dbname",
            without_pool=_NO_POOL,
            django=_settings(
                "psycogreen",
                "psycopg2-binary",
                first=("from psycogreen.gevent import patch_psycopg", "", "patch_psycopg()"),
            ),
        ),
    ),
)

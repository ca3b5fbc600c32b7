"""SQLite: all that is true of it alone."""

from badgateway.databases.database_kind import DatabaseFile
from badgateway.databases.driver import Driver
from badgateway.model.evidence import ServerEvent

ERROR_TEXTS = (
    (ServerEvent.DB_LOCKED, r"database (?:table )?is locked"),
    (ServerEvent.DB_SCHEMA_DIFFERS, r"no such (?:table|column): "),
)

DATABASE = DatabaseFile(
    name="sqlite",
    label="SQLite",
    engines=("sqlite",),
    error_texts=ERROR_TEXTS,
    file="site.sqlite3",
    beside=("-journal", "-wal", "-shm"),
    drivers=(
        Driver(
            name="sqlite3",
            # Python brings it.
            distribution="",
            module="sqlite3",
            plain=("sqlite3", {}),
            name_argument="database",
            without_pool="its connections are files that each process opens",
            blocks="it waits in C",
        ),
    ),
    async_drivers=("aiosqlite",),
    about="SQLite lets one connection write at a time: the others wait, in Django 5 s unless OPTIONS say otherwise, "
    'and then get the error "database is locked". So more workers read faster, and do not write faster. The file lay '
    "on this machine's own disk.",
)

"""What a database refuses while it runs: locks that others hold, statements that take too long, logins, old tables."""

from badgateway.causes import database
from badgateway.causes.rule import Rule, near, near_in_database
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import ServerEvent

FAMILY = "database"

LOCKED = Cause(
    id="db-file-locked",
    title="Another connection was writing into the SQLite file for too long",
    family=FAMILY,
    statuses=(500,),
    explanation="SQLite lets one connection write at a time, whichever process it is of. The others wait, in Django "
    "5 s "
    "unless it is told otherwise, and then get an error. A transaction that reads first and writes later does not "
    "even wait.",
    evidence="The application's log: `OperationalError: database is locked` (or `database table is locked`), within a "
    "second of the failure, for the same path where the line names one.",
    remedies=(
        Remedy(
            text="Let readers go on beside a writer, begin transactions as writers, and wait longer (Django 5.1 and "
            "later).",
            settings={
                "Django": '"OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": '
                '"PRAGMA journal_mode=WAL;"}'
            },
        ),
        Remedy(
            text="Keep transactions short: no call to another service, no file, no loop over many rows within one.",
            settings={"Django": "ATOMIC_REQUESTS = False, transaction.atomic()"},
        ),
        Remedy(
            text="See who writes beside the site: cron jobs, Celery, a shell that was left open (`fuser site.sqlite3`)."
        ),
        Remedy(
            text="Where several write all the time, or the file lies on a network's disk, use a database with a server."
        ),
    ),
    confused_with="More workers do not help, and make it worse: they write at the same time. The file is not damaged.",
)

LOCK_WAIT = Cause(
    id="db-lock-wait",
    title="Another transaction held the rows that this one wanted",
    family=FAMILY,
    statuses=(500,),
    explanation="Two transactions wanted the same rows. One waited for longer than the database allows, or each had "
    "what the other one wanted, and the database ended one of them.",
    evidence="The application's log: of MariaDB and MySQL `(1205, 'Lock wait timeout exceeded')` or `(1213, 'Deadlock "
    "found')`; of PostgreSQL `deadlock detected` or `canceling statement due to lock timeout`; within a second of the "
    "failure, for the same path where the line names one.",
    remedies=(
        Remedy(
            text="See who held them: the statements of both are in the database's own report.",
            settings={
                "MariaDB, MySQL": "SHOW ENGINE INNODB STATUS (LATEST DETECTED DEADLOCK)",
                "PostgreSQL": "its log, with log_lock_waits = on; pg_blocking_pids()",
            },
        ),
        Remedy(
            text="Keep transactions short, and take rows in the same order everywhere.",
            settings={"Django": "select_for_update() with order_by(), ATOMIC_REQUESTS = False"},
        ),
        Remedy(text="Try a transaction that was ended for a deadlock once more: the other one is through by then."),
    ),
    confused_with="The database has connections and CPU; a longer timeout only makes requests wait for longer.",
)

CANCELLED = Cause(
    id="db-statement-timeout",
    title="The database ended a statement that took too long",
    family=FAMILY,
    statuses=(500,),
    explanation="A limit for the time of one statement is set, in the database, for its account or in the "
    "application's "
    "settings, and a statement took longer.",
    evidence="The application's log: of PostgreSQL `canceling statement due to statement timeout`; of MariaDB and "
    "MySQL "
    "`(1969, 'Query execution was interrupted')` or 3024; within a second of the failure, for the same path where the "
    "line names one.",
    remedies=(
        Remedy(
            text="Look at the statement's plan: it is in the traceback, or in the database's log of slow ones.",
            settings={
                "PostgreSQL": "EXPLAIN (ANALYZE, BUFFERS) ..., log_min_duration_statement = 1000",
                "MariaDB, MySQL": "ANALYZE SELECT ... (EXPLAIN ANALYZE in MySQL), long_query_time = 1",
            },
        ),
        Remedy(text="Make it in a background job, where it may take long: an export, a report."),
        Remedy(
            text="Only then allow more, for that statement alone, and less than the proxy waits.",
            settings={
                "PostgreSQL": "SET LOCAL statement_timeout",
                "MariaDB, MySQL": "SET STATEMENT max_statement_time=... FOR",
            },
        ),
    ),
    confused_with="The limit did its work: without it the worker would have been busy until the proxy gave up, with "
    "504.",
)

LOGIN_REFUSED = Cause(
    id="db-login-refused",
    title="The database refused the account",
    family=FAMILY,
    statuses=(500,),
    explanation="The database runs and was reached, but the account, its password, the name of the database or the "
    "address that it came from is not one that it lets in. Mostly a variable is missing or old in one of several "
    "places.",
    evidence="The application's log: of PostgreSQL `FATAL:  password authentication failed`, `no pg_hba.conf entry`, "
    "or "
    'a role or database that `does not exist`; of MariaDB and MySQL `(1045, "Access denied` or `(1049, "Unknown '
    "database`; within a second of the failure.",
    remedies=(
        Remedy(
            text="Log in by hand with what the running process has: `tr '\\0' '\\n' < /proc/PID/environ | grep "
            "DATABASE`.",
            settings={"Django": "DATABASES: NAME, USER, PASSWORD, HOST; manage.py dbshell"},
        ),
        Remedy(
            text="Let the database take that account from that address.",
            settings={
                "PostgreSQL": "pg_hba.conf, then a reload",
                "MariaDB, MySQL": "CREATE USER 'site'@'10.0.0.%'; GRANT",
            },
        ),
        Remedy(text="Restart every process after a password was changed: workers keep the one they started with."),
    ),
    confused_with="The database is not down, and not full.",
)

OTHER_TABLES = Cause(
    id="db-schema-differs",
    title="The code and the database's tables were not of one version",
    family=FAMILY,
    statuses=(500,),
    explanation="The code asks for a table or a column that is not there: migrations were not applied, or were applied "
    "while workers of the version before still ran, or it is another database than was thought.",
    evidence="The application's log: `no such table` or `no such column`; `relation ... does not exist` or `column ... "
    'does not exist`; `(1146, "Table` or `(1054, "Unknown column`; within a second of the failure, for the same path '
    "where the line names one.",
    remedies=(
        Remedy(
            text="See what is not applied, and apply it, with the variables that the server has.",
            settings={"Django": "manage.py showmigrations --plan | grep '\\[ \\]'; manage.py migrate"},
        ),
        Remedy(
            text="In a deploy migrate before the new code serves, and take columns away one release after the code "
            "that asks for them."
        ),
        Remedy(text="Restart all workers once it is applied: some may still be of the version before."),
    ),
    confused_with="The server does its work: no setting of it has a part in this.",
)

ANSWERED_RULES = (
    Rule(cause=LOCKED, where="c.app_answered", proof=near(ServerEvent.DB_LOCKED)),
    Rule(cause=LOCK_WAIT, where="c.app_answered", proof=near(ServerEvent.DB_LOCK_WAIT)),
    Rule(cause=CANCELLED, where="c.app_answered", proof=near(ServerEvent.DB_STATEMENT_CANCELLED)),
    Rule(cause=LOGIN_REFUSED, where="c.app_answered", proof=near(ServerEvent.DB_LOGIN_REFUSED)),
    Rule(cause=OTHER_TABLES, where="c.app_answered", proof=near(ServerEvent.DB_SCHEMA_DIFFERS)),
)
_TOLD_BY_ITSELF = (
    (ServerEvent.DB_UNREACHABLE, database.UNREACHABLE),
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, database.CONNECTIONS_EXHAUSTED),
    (ServerEvent.DB_CONNECTION_LOST, database.CONNECTION_LOST),
    (ServerEvent.DB_LOCK_WAIT, LOCK_WAIT),
    (ServerEvent.DB_STATEMENT_CANCELLED, CANCELLED),
    (ServerEvent.DB_LOGIN_REFUSED, LOGIN_REFUSED),
    (ServerEvent.DB_SCHEMA_DIFFERS, OTHER_TABLES),
)
TOLD_BY_ITSELF_RULES = tuple(
    Rule(cause=cause, where="c.app_answered", proof=near_in_database(event), certainty=Certainty.FAMILY)
    for event, cause in _TOLD_BY_ITSELF
)
"""The database's own log has it, and knows no request: another program may have been the one that it turned away."""

CAUSES = (LOCKED, LOCK_WAIT, CANCELLED, LOGIN_REFUSED, OTHER_TABLES)

"""The database: no CPU left, no connection left on either side, or one that another greenlet owns."""

from badgateway.causes.conditions import CONNECTION_CLOSED, because
from badgateway.causes.local_ports import OF_APPLICATION
from badgateway.causes.rule import Proof, Rule, near
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob

FAMILY = "database"

SATURATED = Cause(
    id="database-saturated",
    title="The database had no CPU left",
    family=FAMILY,
    statuses=(504,),
    explanation="For most of the time that the proxy waited, the database used nearly all the CPU that it can. Every "
    "request waits for its queries then, and those that wait for a worker wait for the same.",
    evidence="nginx: a read timeout, while the database's process used at least three quarters of the machine's cores "
    "for at least half of the wait. The line names the statement that was seen running most often (SHOW FULL "
    "PROCESSLIST shows it; top shows the CPU).",
    remedies=(
        Remedy(
            text="Look at the plan of that statement: rows far more than it returns want an index, or statistics.",
            settings={"MariaDB, MySQL": "ANALYZE FORMAT=JSON SELECT ... (EXPLAIN ANALYZE in MySQL)"},
        ),
        Remedy(
            text="Let the server count its tables after a bulk load: until it has, the optimizer guesses.",
            settings={"MariaDB, MySQL": "ANALYZE TABLE; innodb_stats_auto_recalc (default on)"},
        ),
        Remedy(
            text="Ask less: fewer queries a page, and a cache.", settings={"Django": "select_related, prefetch_related"}
        ),
    ),
    confused_with="Not a fault of the application server: more workers and threads only ask a busy database more at a "
    "time.",
)

CONNECTIONS_EXHAUSTED = Cause(
    id="db-connections-exhausted",
    title="The database had no connection left",
    family=FAMILY,
    statuses=(500,),
    explanation="Each thread or greenlet of each worker opens its own connection. Together they went over the "
    "database's max_connections, and Django answered 500.",
    evidence="The application's log: `OperationalError: (1040, 'Too many connections')`, or of PostgreSQL `FATAL:  "
    "sorry, too many clients already` or `remaining connection slots are reserved`, within a second of the failure, "
    "for the same path where the line names one. nginx's log says nothing: it relayed the answer.",
    remedies=(
        Remedy(
            text="Share connections within a worker: 5 to 10 are plenty for one process.",
            settings={
                "Django with MariaDB, MySQL": "ENGINE dj_db_conn_pool.backends.mysql with POOL_OPTIONS POOL_SIZE, and "
                "CONN_MAX_AGE = 0",
                "Django with PostgreSQL": 'OPTIONS = {"pool": {"min_size": 5, "max_size": 5}} (5.1 and later, psycopg '
                "3), and CONN_MAX_AGE = 0",
            },
        ),
        Remedy(
            text="Keep workers x threads (or greenlets) below the limit, with a reserve for people.",
            knobs=(Knob.AT_A_TIME,),
            settings={
                "MariaDB, MySQL": "max_connections (default 151)",
                "PostgreSQL": "max_connections (default 100) less superuser_reserved_connections (default 3); a "
                "restart each",
            },
        ),
        Remedy(
            text="Share the connections of all processes in front of PostgreSQL, where many workers are mostly idle.",
            settings={"PgBouncer": "pool_mode = transaction, default_pool_size; in Django DISABLE_SERVER_SIDE_CURSORS"},
        ),
        Remedy(
            text="Under uWSGI with gevent each request is a greenlet of its own: kept connections only leak.",
            settings={"Django": "CONN_MAX_AGE = 0"},
        ),
    ),
    confused_with="With DEBUG off Django prints nothing of it unless LOGGING sends django.request somewhere.",
)

POOL_EXHAUSTED = Cause(
    id="db-pool-exhausted",
    title="The pool of database connections was empty for too long",
    family=FAMILY,
    statuses=(500,),
    explanation="All connections of the pool were lent out, and none came back within the pool's time limit. Either "
    "requests hold them too long, or there are far more requests than connections.",
    evidence="The application's log: `QueuePool limit of size N overflow M reached, connection timed out`, within a "
    "second of the failure. psycopg's pool says `couldn't get a connection after N sec`, and says the same when it "
    "cannot connect: that is proof of neither, and none of its `error connecting in` speaks for the pool's size.",
    remedies=(
        Remedy(
            text="Give connections back after each request: kept ones starve the pool under gevent.",
            settings={"Django": "CONN_MAX_AGE = 0"},
        ),
        Remedy(
            text="Enlarge the pool step by step; all processes together have to stay below max_connections.",
            settings={
                "POOL_OPTIONS": "POOL_SIZE (default 10), MAX_OVERFLOW (default 10)",
                "Django with PostgreSQL": "OPTIONS pool max_size (4 for each process with `pool: True`), timeout "
                "(default 30 s)",
            },
        ),
        Remedy(text="Shorten what holds them: slow queries, and calls to others inside a transaction."),
    ),
    confused_with="The database itself was idle: it is the pool in the worker that was empty. Of psycopg's pool look "
    "first for `error connecting in` and for the database's own log: when the database is gone, requests read the "
    "same.",
)

UNREACHABLE = Cause(
    id="db-unreachable",
    title="The database could not be reached",
    family=FAMILY,
    statuses=(500,),
    explanation="The application tried to connect, and nobody took the connection: the database was down, starting or "
    "stopping, or its address is wrong. psycopg's pool hides that: it tries again behind the scenes, and requests only "
    "hear that they got no connection in time.",
    evidence="The application's log, within a second of the failure: of PostgreSQL `connection to server ... failed:` "
    "with `Connection refused`, `No such file or directory` or `the database system is starting up`; of MariaDB and "
    "MySQL `(2002, \"Can't connect to` or 2003. Or psycopg's pool `couldn't get a connection after N sec`, and while "
    "the request waited its `error connecting in` with such a text.",
    remedies=(
        Remedy(
            text="Look at the database's own log: when it stopped, and why (memory, disk, an upgrade).",
            settings={"PostgreSQL": "journalctl -u postgresql", "MariaDB, MySQL": "journalctl -u mariadb"},
        ),
        Remedy(
            text="Compare the address in the settings with where the database listens.",
            settings={
                "Django": "HOST, PORT",
                "PostgreSQL": "listen_addresses, unix_socket_directories",
                "MariaDB, MySQL": "bind_address, socket",
            },
        ),
        Remedy(
            text="Let requests hear of it soon: a pool makes each of them wait for its whole time limit.",
            settings={"Django": "OPTIONS pool timeout, connect_timeout"},
        ),
    ),
    confused_with="A pool that was empty for too long reads the same to the view: there the database runs, and "
    "nothing says `error connecting`.",
)

CONNECTION_LOST = Cause(
    id="db-connection-lost",
    title="The database had closed the connection that was used",
    family=FAMILY,
    statuses=(500,),
    explanation="A connection was kept for the next request, and meanwhile the database closed it: after wait_timeout, "
    "at a restart, or because a statement was too large or too slow.",
    evidence="The application's log: `(2006, 'MySQL server has gone away')`, `(2013, 'Lost connection to MySQL server "
    "during query')`, or of PostgreSQL `server closed the connection unexpectedly` or `terminating connection due to "
    "administrator command`, within a second of the failure, for the same path where the line names one.",
    remedies=(
        Remedy(
            text="Keep connections for less time than the database does, and look at each before it is used.",
            settings={"Django": "CONN_MAX_AGE = 60, CONN_HEALTH_CHECKS = True"},
        ),
        Remedy(
            text="With psycopg's pool every connection in it is dead after a restart, and each costs one request: let "
            "the pool look before it lends.",
            settings={"Django": "CONN_HEALTH_CHECKS = True"},
        ),
        Remedy(
            text="Look who ends idle connections: a time limit, a firewall, somebody's pg_terminate_backend.",
            settings={"PostgreSQL": "idle_session_timeout, idle_in_transaction_session_timeout, tcp_keepalives_idle"},
        ),
        Remedy(
            text="2013 is a query that was cut: see which, and why.", settings={"MariaDB, MySQL": "net_read_timeout"}
        ),
        Remedy(text="Allow large statements.", settings={"MariaDB, MySQL": "max_allowed_packet; wait_timeout"}),
    ),
    confused_with="The database runs: most requests of that time got a new connection.",
)

CONNECTION_SHARED = Cause(
    id="db-connection-shared",
    title="Several processes used one database connection",
    family=FAMILY,
    statuses=(500,),
    explanation="The application had connected before the server forked its workers, so they inherited one connection, "
    "and read each other's answers. The errors look like a broken network, and come at random.",
    evidence="The application's log: `SSL error: decryption failed or bad record mac`, `lost synchronization with "
    "server`, `error with status PGRES_TUPLES_OK`, `Packet sequence number wrong` or `Commands out of sync`, within a "
    "second of the failure. Threads that share one connection look the same.",
    remedies=(
        Remedy(
            text="Let each worker import the application after the fork, so that it connects by itself.",
            knobs=(Knob.LAZY,),
        ),
        Remedy(
            text="Or close what was opened at import before the fork, or in each worker after it.",
            knobs=(Knob.FORK_HOOKS,),
            settings={"Django": "django.db.connections.close_all()"},
        ),
        Remedy(text="Ask the database nothing while modules are imported: in settings, urls, models, AppConfig.ready."),
    ),
    confused_with="The database did not close the connection, and the network is well.",
)

LATE_PATCH = Cause(
    id="late-monkey-patch",
    title="gevent patched the standard library too late",
    family=FAMILY,
    statuses=(500, 502),
    explanation="Django had been imported before gevent replaced threading. Its connections belong to the main "
    "thread, and every greenlet that touches them is turned away: a 500, or a 502 when it happens outside of "
    "Django's handler.",
    evidence="The application's log: `DatabaseWrapper objects created in a thread can only be used in that same "
    "thread` within a second of the failure.",
    remedies=(
        Remedy(
            text="Patch before the application loads (lazy-apps does not help).",
            knobs=(Knob.EARLY_PATCH,),
        ),
        Remedy(
            text="With preload_app, patch in the first line of gunicorn.conf.py: Gunicorn itself patches after the "
            "fork.",
            knobs=(Knob.PATCH_IN_FILE,),
        ),
    ),
    confused_with="Not a fault of the view or the driver, although the traceback ends in them.",
)

_REMEMBERED_S = 300
"""For so long psycopg's pool tries to connect again, at longer and longer intervals."""


def _behind_the_pool(kind: ServerEvent, *, grace_s: float) -> Proof:
    """Prove by a pool that gave no connection, and the last line by which it was refused one in that wait.

    Args:
        kind: What the line says.
        grace_s: How long before the request it may have been written.
    """
    waited = near(ServerEvent.DB_POOL_TIMEOUT)
    refused = f"SELECT instance, low_s, high_s, event_id FROM timed_events WHERE kind = '{kind}'"  # noqa: S608
    return Proof(
        joins=f"{waited.joins} ASOF JOIN ({refused}) u ON u.instance = s.instance AND c.time_s + 1 >= u.low_s",
        condition=f"{waited.condition} AND u.high_s >= c.start_s - {grace_s}",
        event="u.event_id",
        nearness="-u.high_s",
        kinds=waited.kinds,
    )


ANSWERED_RULES = (
    Rule(cause=UNREACHABLE, where="c.app_answered", proof=near(ServerEvent.DB_UNREACHABLE)),
    Rule(cause=OF_APPLICATION, where="c.app_answered", proof=_behind_the_pool(ServerEvent.NO_LOCAL_PORT, grace_s=1)),
    Rule(cause=UNREACHABLE, where="c.app_answered", proof=_behind_the_pool(ServerEvent.DB_UNREACHABLE, grace_s=1)),
    Rule(cause=CONNECTIONS_EXHAUSTED, where="c.app_answered", proof=near(ServerEvent.DB_TOO_MANY_CONNECTIONS)),
    Rule(
        cause=CONNECTION_SHARED,
        where="c.app_answered",
        proof=near(ServerEvent.DB_CONNECTION_SHARED),
        certainty=Certainty.FAMILY,
    ),
    Rule(cause=CONNECTION_LOST, where="c.app_answered", proof=near(ServerEvent.DB_CONNECTION_LOST)),
    Rule(
        cause=CONNECTIONS_EXHAUSTED,
        where="c.app_answered",
        proof=_behind_the_pool(ServerEvent.DB_TOO_MANY_CONNECTIONS, grace_s=1),
    ),
    Rule(cause=POOL_EXHAUSTED, where="c.app_answered", proof=near(ServerEvent.DB_POOL_EXHAUSTED)),
    # Its attempts to connect are minutes apart in the end, and the database may have come back meanwhile.
    Rule(
        cause=UNREACHABLE,
        where="c.app_answered",
        proof=_behind_the_pool(ServerEvent.DB_UNREACHABLE, grace_s=_REMEMBERED_S),
        certainty=Certainty.FAMILY,
    ),
    Rule(
        cause=POOL_EXHAUSTED,
        where="c.app_answered",
        proof=near(ServerEvent.DB_POOL_TIMEOUT),
        certainty=Certainty.FAMILY,
    ),
    Rule(cause=LATE_PATCH, where="c.app_answered", proof=near(ServerEvent.LATE_MONKEY_PATCH)),
)
READ_RULES = (
    Rule(
        cause=SATURATED,
        where=f"{because(Reason.READ_TIMEOUT)} AND c.time_s > c.start_s",
        proof=Proof(
            joins="JOIN saturated p USING (failure_id)",
            condition="p.saturated_s >= 0.5 * (c.time_s - c.start_s)",
            event="p.event_id",
            kinds=frozenset({ServerEvent.DATABASE_SATURATED}),
        ),
    ),
)
CLOSED_RULES = (Rule(cause=LATE_PATCH, where=CONNECTION_CLOSED, proof=near(ServerEvent.LATE_MONKEY_PATCH)),)

CAUSES = (SATURATED, UNREACHABLE, CONNECTIONS_EXHAUSTED, CONNECTION_LOST, CONNECTION_SHARED, POOL_EXHAUSTED, LATE_PATCH)

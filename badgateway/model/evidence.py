"""The evidence of failures, one shape for the kit's own trials and for production logs: tables, and kinds of events."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """What a proxy says of a request that failed: by an error line, a code of its own, or the times it logged."""

    CLIENT_GONE = "client gone"
    LIMITED = "limited"
    REFUSED = "refused"
    REFUSED_OR_NO_ROUTE = "refused or no route"
    NONE_LIVE = "none live"
    NO_SERVER = "no server"
    """HAProxy had none to send the request to."""
    FORBIDDEN = "forbidden"
    NO_PORTS = "no ports"
    NO_RESOURCES = "no resources"
    """HAProxy had no port, no file or no place in a unix socket's queue left, and does not say which."""
    NO_FILES = "no files"
    QUEUE_FULL = "queue full"
    QUEUE_TIMEOUT = "queue timeout"
    """HAProxy's own queue."""
    CONNECT_RESET = "connect reset"
    CONNECT_TIMEOUT = "connect timeout"
    UNCONNECTED = "unconnected"
    """Its times say that no connection was made, and no line says why."""
    UNRESOLVED = "unresolved"
    NO_TLS = "no TLS"
    CLOSED = "closed"
    """By the server, before a header came."""
    LOST = "lost"
    """Its times say that a connection was made and no header came, and no line says why."""
    RACED = "raced"
    READ_TIMEOUT = "read timeout"
    REJECTED = "rejected"
    BIG_HEADER = "big header"
    BAD_HEADER = "bad header"
    REFUSED_ANSWER = "refused answer"
    """HAProxy did not pass the server's answer on."""
    NOT_HTTP = "not HTTP"
    BODY_CUT = "body cut"
    CUT_UNSEEN = "cut unseen"
    """The client got less than was announced, and no line of the proxy tells of it."""
    BODY_STALLED = "body stalled"
    INVALID_BODY = "invalid body"
    DISK_FULL = "disk full"
    DISK_FULL_CUT = "disk full, cut"
    TEMP_FORBIDDEN = "temp forbidden"
    TEMP_FORBIDDEN_CUT = "temp forbidden, cut"
    CYCLE = "cycle"
    AUTH_REQUEST = "auth request"
    DAEMON_TIMEOUT = "daemon timeout"
    DAEMON_BACKLOG = "daemon backlog"
    DAEMON_LOST = "daemon lost"
    HEROKU_TIMEOUT = "heroku timeout"
    HEROKU_NOT_RUNNING = "heroku not running"
    HEROKU_OTHER = "heroku other"
    OTHER = "other"
    """An error line of the request that no rule knows."""


class Phase(StrEnum):
    """What nginx was doing with the upstream when it wrote an error line."""

    CONNECTING = "connecting"
    SENDING = "sending"
    READING_HEADER = "reading header"
    READING_BODY = "reading body"
    OTHER = "other"


class ServerEvent(StrEnum):
    """What an application server (or the application in it) writes about itself that can explain a failure."""

    LISTEN_QUEUE_FULL = "listen queue full"
    SERVER_STARTED = "server started"
    LISTENING = "listening"
    """The server listens now; the address is in the column uri."""
    SEVERAL_AT_ONCE = "several at once"
    """Each worker can have more than one request at a time; the word for its model is in the column uri."""
    ONE_AT_A_TIME = "one at a time"
    """Each worker has one request at a time; as above."""
    WORKER_BOOTED = "worker booted"
    WORKER_READY = "worker ready"
    WORKER_RECYCLED = "worker recycled"
    WORKER_EXITED = "worker exited"
    WORKER_CRASHED = "worker crashed"
    """The worker ended by itself with a status other than 0."""
    WORKER_KILLED = "worker killed"
    """SIGKILL or another signal; who sent it is for the cause to find out."""
    LIFETIME_REACHED = "lifetime reached"
    """uWSGI told a worker to go, for it had lived long enough."""
    REQUEST_TOOK_LONG = "request took long"
    """Its own line about a request that took ten seconds and more; value is in milliseconds."""
    WORKER_LOST = "worker lost"
    """The worker ended, and its server does not know of what."""
    CRASH_LOOP = "crash loop"
    """The server ends, for a worker died again soon after it had been replaced."""
    WORKER_TIMEOUT = "worker timeout"
    """Gunicorn's arbiter gave up on a worker (--timeout)."""
    GRACEFUL_TIMEOUT = "graceful timeout"
    HARAKIRI = "harakiri"
    KILLED_WHILE_LEAVING = "killed while leaving"
    """uWSGI's worker-reload-mercy, or Granian's workers-kill-timeout, ran out on a worker that had to go."""
    EVIL_RELOAD = "evil reload"
    RESPAWN_THROTTLED = "respawn throttled"
    RELOAD = "reload"
    SHUTDOWN = "shutdown"
    REQUEST_REFUSED = "request refused"
    """The server answered itself, for it had as many requests as it may have."""
    ASYNC_QUEUE_FULL = "async queue full"
    BLOCK_SIZE_EXCEEDED = "block size exceeded"
    PROTOCOL_MISMATCH = "protocol mismatch"
    APPLICATION_EXCEPTION = "application exception"
    """An exception that left the WSGI callable."""
    HANDLED_EXCEPTION = "handled exception"
    """An exception that Django caught, for which it answered itself."""
    EMPTY_500 = "empty 500"
    """uWSGI counted a 500 of its own with no byte sent."""
    DB_TOO_MANY_CONNECTIONS = "too many database connections"
    DB_POOL_EXHAUSTED = "database pool exhausted"
    """All connections of the pool were lent."""
    DB_POOL_TIMEOUT = "database pool timeout"
    """The pool gave no connection in time, and does not say why."""
    DB_UNREACHABLE = "database unreachable"
    """No connection could be made: nothing listens, or the database is starting or stopping."""
    DB_CONNECTION_LOST = "database connection lost"
    """A connection that was kept had been closed by the database."""
    DB_CONNECTION_SHARED = "database connection shared"
    """Two processes wrote into one connection, as its broken protocol tells."""
    DB_LOCKED = "database file locked"
    """Another connection wrote into the database's one file for too long."""
    DB_LOCK_WAIT = "database lock wait"
    """Another transaction held rows for too long, or two wanted what the other one had."""
    DB_STATEMENT_CANCELLED = "database statement cancelled"
    """It took longer than the database allows."""
    DB_LOGIN_REFUSED = "database login refused"
    DB_SCHEMA_DIFFERS = "database schema differs"
    """A table or a column is not there."""
    SERVICE_UNREACHABLE = "service unreachable"
    """Another service than the database, which the application called."""
    NO_LOCAL_PORT = "no local port"
    NO_LOCAL_ADDRESS = "no local port or address"
    DISK_FULL = "disk full"
    OUT_OF_FILES = "too many open files"
    MEMORY_ERROR = "memory error"
    STATIC_FILE_UNKNOWN = "static file unknown"
    APPLICATION_NOT_LOADED = "application not loaded"
    """The server could not import the application."""
    OUT_OF_MEMORY = "out of memory"
    """The kernel killed a process; its name is in the column uri."""
    UNIT_STARTED = "service started"
    """What supervises a server has started it; the name that it has for it is in the column uri, as below."""
    UNIT_STOPPING = "service stopping"
    UNIT_ENDED = "service ended"
    """Without being told to; by a signal, or with an exit status, which is in the column value."""
    UNIT_OUT_OF_MEMORY = "service out of memory"
    """A process of it was killed, for memory had run out."""
    UNIT_GAVE_UP = "service given up"
    """It ended again and again, and is not started any more, or not at once."""
    UNIT_UNHEALTHY = "service unhealthy"
    """It did not answer who asks whether it is well."""
    SOCKET_ERROR = "socket error"
    """Reading or writing a connection failed in a worker."""
    WRITE_TIMEOUT = "write timeout"
    """The server gave up writing an answer that was not taken in time."""
    LATE_MONKEY_PATCH = "late monkey-patch"
    DATABASE_SATURATED = "database saturated"
    """In the second that began then it used nearly all CPU that it can; only the probes tell."""
    CPU_THROTTLED = "CPU throttled"
    """In the second that began then the server's container had used up its quota in most periods; only probes tell."""
    CONTAINER_KILL = "container kill"
    """The kernel killed a process for the memory limit of the server's container; only probes tell."""
    LISTEN_OVERFLOW = "listen overflow"
    """The kernel dropped a connection at a full accept queue; only the probes tell."""
    ACCEPT_QUEUE_FULL = "accept queue full"
    """Seen so by the probes."""
    LOOP_BLOCKED = "loop blocked"
    """The event loop of a worker stood still until then; only the request journal tells."""
    WRITE_FAILED = "write failed"
    """The server could not write its answer: the proxy had gone already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A DuckDB table of evidence: its name and its columns with their SQL types, in their order."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def ddl(self) -> str:
        """The CREATE TABLE statement."""
        columns = ", ".join(f"{name} {sql_type}" for name, sql_type in self.columns)
        return f"CREATE TABLE {self.name} ({columns})"


_WHERE_FROM = (
    ("host", "VARCHAR"),  # which machine or pod, where logs of several with a proxy and a server each were given
    ("file", "VARCHAR"),
    ("line_number", "BIGINT"),
    ("line", "VARCHAR"),
)

FAILURES = Table(
    name="failures",
    columns=(
        ("failure_id", "BIGINT"),
        ("source", "VARCHAR"),  # a kind of log, or 'ledger'
        ("proxy", "VARCHAR"),  # a Proxy: whose log it is; NULL where several write such logs, or a server does
        ("time_s", "DOUBLE"),  # when it ended; seconds since the epoch, NULL where the log has no readable time
        ("duration_s", "DOUBLE"),  # NULL where the log does not say
        ("method", "VARCHAR"),
        ("uri", "VARCHAR"),  # the query string's values are masked when it is read
        ("status", "INTEGER"),  # what the client got: 499, 500, 502, 503, 504, 460, or 200 of a retried or cut request
        ("outcome", "VARCHAR"),  # model Outcome, NULL where only the status is known
        ("upstream_status", "VARCHAR"),  # as nginx wrote it, '502, 200' when it retried; an ALB's target_status_code
        ("upstream_addr", "VARCHAR"),
        ("upstream_connect_s", "DOUBLE"),  # of the last try; NULL is nginx's '-': never connected, or not logged
        ("upstream_header_s", "DOUBLE"),  # NULL is '-': no header came, so the proxy itself made the status
        ("upstream_response_s", "DOUBLE"),
        ("upstream_tries", "INTEGER"),
        ("has_upstream_times", "BOOLEAN"),  # whether this log has those columns at all
        ("connection", "BIGINT"),  # nginx's $connection, as in its error log's *N
        ("request_id", "VARCHAR"),
        ("body_bytes", "BIGINT"),
        ("app_pid", "INTEGER"),  # from the request journal; NULL where there is none
        ("app_started_s", "DOUBLE"),
        ("app_ended_s", "DOUBLE"),  # NULL with a started_s: the request died with its worker
        ("app_status", "INTEGER"),
        ("proxy_reason", "VARCHAR"),  # a Reason, from the access log's own code
        ("client", "VARCHAR"),  # its address, as a proxy's log has it; NULL where the log does not say
        ("forwarded_for", "VARCHAR"),  # the address that a balancer before the proxy gave for it; NULL as above
        ("asked_host", "VARCHAR"),  # of which host it asked, or the proxy's name for that; NULL as above
        *_WHERE_FROM,
    ),
)
"""One row per request that failed (status >= 499, or an outcome that is not OK) or was retried."""

VOLUME = Table(
    name="volume",
    columns=(("source", "VARCHAR"), ("minute_s", "BIGINT"), ("status", "INTEGER"), ("requests", "BIGINT")),
)
"""How many requests of each status there were in each minute (minute_s is its first second), failures and not."""

PROXY_ERRORS = Table(
    name="proxy_errors",
    columns=(
        ("time_s", "DOUBLE"),  # whole seconds
        ("proxy", "VARCHAR"),  # a Proxy
        ("level", "VARCHAR"),
        ("connection", "BIGINT"),
        ("message", "VARCHAR"),  # without what follows ', client:'
        ("errno", "INTEGER"),
        ("phase", "VARCHAR"),  # a Phase
        ("request", "VARCHAR"),  # 'GET /x HTTP/1.1', masked
        ("upstream", "VARCHAR"),
        ("status", "INTEGER"),  # what the client got, where the line says so or always means it; NULL for nginx
        *_WHERE_FROM,
    ),
)

SERVER_EVENTS = Table(
    name="server_events",
    columns=(
        ("time_s", "DOUBLE"),  # NULL where the line has no time
        ("server", "VARCHAR"),  # its name, or the kind of another log that tells of processes
        ("event", "VARCHAR"),  # a ServerEvent
        ("pid", "INTEGER"),
        ("worker", "INTEGER"),
        ("uri", "VARCHAR"),
        ("request_started_s", "DOUBLE"),  # of the request a HARAKIRI line names, or that blocked the loop
        ("signal", "INTEGER"),
        ("value", "DOUBLE"),  # queue length, block size, exit status: what the event's number means
        ("limit_value", "DOUBLE"),  # the limit it ran into
        ("instance", "VARCHAR"),  # the log of the same workers where another file tells of them; NULL: its own file
        *_WHERE_FROM,
    ),
)

SAMPLES = Table(
    name="samples",
    columns=(("time_s", "DOUBLE"), ("series", "VARCHAR"), ("value", "DOUBLE"), ("limit_value", "DOUBLE")),
)
"""What probes saw: accept_queue (and its limit), listen_overflows, db_connections, ..."""

DATED_LINES = Table(
    name="dated_lines",
    columns=(
        ("source", "VARCHAR"),  # a kind of log
        ("file", "VARCHAR"),
        ("line_number", "BIGINT"),
        ("time_s", "DOUBLE"),  # whole seconds
    ),
)
"""Lines that have a time, in files in which others have none: the first and the last of each second."""

TABLES = (FAILURES, VOLUME, PROXY_ERRORS, SERVER_EVENTS, SAMPLES, DATED_LINES)

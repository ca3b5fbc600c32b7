"""The words in a trial's raw files, ledger and samples that rows are asked for by: a mistyped one is no name at all."""

from enum import StrEnum


class ClientError(StrEnum):
    """How a request failed at the client, in client.csv; its status may still be a good one."""

    NONE = ""
    CONNECT_ERROR = "connect_error"
    """No connection came about."""
    DISCONNECTED = "disconnected"
    """The connection ended before a response header."""
    CLIENT_TIMEOUT = "client_timeout"
    """The client's own limit for the whole request ended it."""
    TRUNCATED = "truncated"
    """A header came, but the body was cut or broken."""
    BAD_CONTENT = "bad_content"
    """A whole answer that is not what was asked for."""
    ABORTED = "aborted"
    """The generator stopped the request itself."""


class JournalKind(StrEnum):
    """What a line of the journal tells; docs/raw-files.md has the meaning of each."""

    START = "start"
    END = "end"
    PROCESS = "process"
    WORKER_FORKED = "worker-forked"
    WORKER_READY = "worker-ready"
    WORKER_INT = "worker-int"
    WORKER_ABORT = "worker-abort"
    WORKER_EXIT = "worker-exit"
    WORKER_REAPED = "worker-reaped"
    BLOCKED = "blocked"
    BLOCKED_BY = "blocked-by"
    SETTING = "setting"


GIVEN_UP = "aborted"
"""Detail of a reaped worker that its arbiter had given up."""


class TrialPhase(StrEnum):
    """Which part of a trial a request of the ledger started in."""

    WARM_UP = "warm-up"
    WINDOW = "window"
    AFTER = "after"


class SampleSeries(StrEnum):
    """What the kit samples of any stack, in samples.csv; what a server's own statistics tell are ServerSeries."""

    ACCEPT_QUEUE = "accept_queue"
    PROXY_ACCEPT_QUEUE = "proxy_accept_queue"
    LISTEN_OVERFLOWS = "listen_overflows"
    LISTEN_DROPS = "listen_drops"
    DB_CONNECTIONS = "db_connections"
    """That the application holds."""
    DB_CONNECTS = "db_connects"
    """Made since the first look."""
    DB_EXECUTING = "db_executing"
    """Statements at a time."""
    DB_SELECTS = "db_selects"
    DB_ROWS_READ = "db_rows_read"
    DB_CPU_CORES = "db_cpu_cores"
    GENERATOR_CPU_SHARE = "generator_cpu_share"
    CONTAINER_PERIODS = "container_periods"
    """In which its processes wanted CPU, since the first look; of several containers together."""
    CONTAINER_THROTTLED = "container_throttled"
    """Those of them in which the quota was used up."""
    CONTAINER_THROTTLED_S = "container_throttled_s"
    """For how long they stood still, on all CPUs together."""
    CONTAINER_MEMORY = "container_memory_bytes"
    """Without what the kernel would give up at once; of several containers the one with the most."""
    CONTAINER_KILLS = "container_oom_kills"
    """Processes that the kernel killed for the memory limit, since the first look."""
    CONTAINER_KILLED_PID = "container_killed_pid"
    """Which one it was, when it was seen; only where the kernel's log can be read."""
    PROXY_CONTAINER_PERIODS = "proxy_container_periods"
    """These and the next are of nginx's own container, and never counted as the servers'."""
    PROXY_CONTAINER_THROTTLED = "proxy_container_throttled"
    PROXY_CONTAINER_THROTTLED_S = "proxy_container_throttled_s"
    PROXY_CONTAINER_MEMORY = "proxy_container_memory_bytes"
    PROXY_CONTAINER_KILLS = "proxy_container_oom_kills"


class ServerSeries(StrEnum):
    """What a server's own statistics tell; in samples.csv behind the server's name, as in uwsgi_busy_workers."""

    BUSY_WORKERS = "busy_workers"
    CORES_IN_REQUEST = "cores_in_request"
    """Requests in its workers."""
    OLDEST_REQUEST_S = "oldest_request_s"

    def of(self, server: str) -> str:
        """Return the name that it has in samples.csv."""
        return f"{server}_{self}"


OWN_TRIAL = "ledger"
"""Source of evidence that is of no log: the ledger of a trial of the kit."""
PROBES = "probe samples"
"""File of events that no server wrote: what was sampled."""

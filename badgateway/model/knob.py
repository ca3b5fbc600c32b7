"""What there is to turn of an application server, whichever it is, and in which ways it and the proxy can work.

A server's own module says how it spells that. What declares an experiment is not here: logs are explained without it,
and to import it takes as long as to explain a short one.
"""

from enum import StrEnum

ATTACHED = "attached"
"""The kind of a configuration of a site that already runs: nobody has told which server it has."""


class Knob(StrEnum):
    """A setting, or a way to run, that a remedy changes."""

    ADDRESS = "where it listens"
    ACCEPT_QUEUE = "length of the accept queue"
    AT_A_TIME = "requests at a time"
    """Worker processes, and what each of them can have at a time."""
    BODY_BUFFER = "whole request bodies before the application"
    CATCH_EXCEPTIONS = "an answer in place of an exception"
    CHAIN_RELOAD = "reload of one worker after the other"
    EARLY_PATCH = "gevent's patch before the application"
    FORK_HOOKS = "hooks of Python around a fork"
    FRAMED_ANSWERS = "a length of every answer"
    GENTLE_MEMORY_LIMIT = "limit of a worker's memory that waits for requests"
    GREENLETS = "greenlets of a worker"
    HEADER_BUFFER = "size of a request header"
    HEARTBEAT_LIMIT = "how long a worker may give no sign of life"
    IDLE_CONNECTIONS = "how long idle connections are kept"
    KEPT_CONNECTIONS = "connections that stay open after an answer"
    LAZY = "import after the fork"
    LOG = "a log file"
    MAX_REQUESTS = "requests until a worker is replaced"
    MAX_REQUESTS_SPREAD = "difference between the workers' numbers of requests"
    MEMORY_LIMIT = "memory until a worker is replaced"
    NEEDED_APPLICATION = "no server without its application"
    ONE_WORKER_MODEL = "no threads beside greenlets"
    PATCH_IN_FILE = "gevent's patch in the server file"
    PRELOAD = "import before the fork"
    PROTOCOL = "protocol of the socket"
    GRACEFUL_STOP = "how long a worker that is replaced may finish"
    REQUEST_LIMIT = "requests at a time that are refused"
    RESPAWN = "new workers in place of those that died"
    RESPAWN_PAUSE = "pause before a new worker"
    SECOND_MASTER = "a second master beside the old one"
    SOCKET_MODE = "who may write to the socket"
    THREADS = "threads in place of greenlets, an event loop or one request at a time"
    TIME_LIMIT = "time limit of a request"
    TIME_LIMIT_TRACE = "stack of a request that has run out of time"
    UNLIMITED_TIME = "no time limit that ends a process"
    WITHOUT_ROUTER = "workers without a router before them"
    WITHOUT_TLS = "no TLS"
    WORKERS = "worker processes"
    WRITE_LIMIT = "how long it tries to write an answer"


class FrontDoor(StrEnum):
    """How the proxy behaves."""

    NGINX = "nginx"
    """As nginx does: a connection to the server for every request."""
    LOAD_BALANCER = "load-balancer"
    """As a cloud's load balancer does: connections to the server are kept for 60 s, nothing is tried twice."""


class WorkerModel(StrEnum):
    """How one worker process serves requests."""

    ONE_REQUEST = "one request"
    """At a time."""
    THREADS = "threads"
    """As many requests at a time as it has threads; with one thread, one."""
    GREENLETS = "greenlets"
    """Many at a time, which take turns on one event loop (gevent)."""
    EVENT_LOOP = "event loop"
    """Many at a time, as tasks of asyncio; a view that is no coroutine has a thread of its own."""

"""The lines by which uWSGI and Gunicorn tell of themselves: one table of patterns for each."""

import re
from dataclasses import dataclass
from typing import Final

from badgateway.model.evidence import ServerEvent


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and the event it means; its named groups are columns of model.evidence.SERVER_EVENTS.

    Groups: pid, worker, uri, started (epoch seconds of the request), signal (number or name), value, limit.
    """

    event: ServerEvent
    pattern: re.Pattern[str]


def _rules(*lines: tuple[ServerEvent, str]) -> tuple[Rule, ...]:
    return tuple(Rule(event, re.compile(pattern)) for event, pattern in lines)


_PID = r"\(pid: (?P<pid>\d+)"

HARAKIRI_OF_WORKER: Final = re.compile(rf"\*\*\* HARAKIRI ON WORKER (?P<worker>\d+) {_PID}")
"""The lines with the worker's requests follow it, and do not name the worker themselves."""

UWSGI_RULES: Final = _rules(
    (ServerEvent.SERVER_STARTED, r"^\*\*\* Starting uWSGI "),
    (ServerEvent.LISTENING, r"^uwsgi socket \d+ bound to (?:TCP|UNIX) address (?P<uri>\S+) "),
    (ServerEvent.SEVERAL_AT_ONCE, r"^\*\*\* Operational MODE: .*?(?P<uri>threaded|async)"),
    (ServerEvent.ONE_AT_A_TIME, r"^\*\*\* Operational MODE: (?P<uri>[a-z ]+) \*\*\*$"),
    (ServerEvent.LISTENING, r"^uWSGI http bound on (?P<uri>\S+) "),
    (
        ServerEvent.LISTEN_QUEUE_FULL,
        r'\*\*\* uWSGI listen queue of socket ".*" \(fd: \d+\) full !!! \((?P<value>\d+)/(?P<limit>\d+)\)',
    ),
    (ServerEvent.HARAKIRI, HARAKIRI_OF_WORKER.pattern),
    (ServerEvent.HARAKIRI, r"^HARAKIRI \[core \d+\] \S+ - \S+ (?P<uri>.*) since (?P<started>\d+)$"),
    (
        ServerEvent.WORKER_KILLED,
        rf"^DAMN ! worker (?P<worker>\d+) {_PID}\) (?:died,|MYSTERIOUSLY) killed by signal (?P<signal>\d+) :\(",
    ),
    (ServerEvent.WORKER_CRASHED, rf"^DAMN ! worker (?P<worker>\d+) {_PID}\) died :\("),
    (ServerEvent.WORKER_BOOTED, r"^Respawned uWSGI worker (?P<worker>\d+) \(new pid: (?P<pid>\d+)\)"),
    (ServerEvent.WORKER_BOOTED, rf"^spawned uWSGI worker (?P<worker>\d+) (?:\(and the only\) )?{_PID}"),
    (ServerEvent.WORKER_READY, r"^WSGI app .* ready in (?P<value>\d+) seconds on interpreter \S+ pid: (?P<pid>\d+)"),
    (ServerEvent.WORKER_RECYCLED, r"^\.\.\.The work of process (?P<pid>\d+) is done"),
    (ServerEvent.WORKER_EXITED, rf"^worker (?P<worker>\d+) killed successfully {_PID}\)"),
    (ServerEvent.WORKER_EXITED, r"^worker (?P<worker>\d+) buried after \d+ seconds"),
    (ServerEvent.MERCY_EXPIRED, rf"^worker (?P<worker>\d+) {_PID}\) is taking too much time to die\.\.\.NO MERCY"),
    # Of the worker's own time bomb under gevent; it does not say which worker.
    (ServerEvent.MERCY_EXPIRED, r"^\*\*\* BOOOOOOM \*\*\*$"),
    (
        ServerEvent.EVIL_RELOAD,
        rf"\*\*\* EVIL RELOAD ON WORKER (?P<worker>\d+) (?:RSS|ADDRESS SPACE): (?P<value>\d+) {_PID}\)",
    ),
    (
        ServerEvent.RESPAWN_THROTTLED,
        r"^worker respawning too fast !!! i have to sleep a bit \((?P<value>\d+) seconds\)",
    ),
    (ServerEvent.RELOAD, r"^\.\.\.(?:gracefully|brutally) killing workers\.\.\."),
    (ServerEvent.RELOAD, r"^chain reload starting\.\.\."),
    (ServerEvent.SHUTDOWN, r"^SIG\w+(?:/SIG\w+)* received\.\.\.killing workers"),
    (ServerEvent.ASYNC_QUEUE_FULL, r"\[DANGER\] async queue is full !!!"),
    (
        ServerEvent.BLOCK_SIZE_EXCEEDED,
        r"^invalid request block size: (?P<value>\d+) \(max (?P<limit>\d+)\)",
    ),
    (
        ServerEvent.EMPTY_500,
        r"^\[pid: (?P<pid>\d+)\|app: .*\d{4}\] \S+ (?P<uri>.*) => generated 0 bytes in .* 500\) 0 headers in 0 bytes ",
    ),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^--- no python application found"),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^unable to load app \d+ \(mountpoint="),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^\*\*\* no app loaded\. "),
    (ServerEvent.WRITE_TIMEOUT, r"^uwsgi_(?:response_\w+|simple_write)\(\) TIMEOUT !!!"),
    (
        ServerEvent.WRITE_FAILED,
        r"^uwsgi_(?:response_\w+|simple_write)\(\)(?:: .* during \S+ (?P<uri>.*) \(.*\)$| TIMEOUT !!!)",
    ),
)

GUNICORN_RULES: Final = _rules(
    (ServerEvent.SERVER_STARTED, r"^Starting gunicorn "),
    (ServerEvent.LISTENING, r"^Listening at: (?P<uri>\S+) \(\d+\)$"),
    (ServerEvent.SEVERAL_AT_ONCE, r"^Using worker: (?P<uri>(?!sync$)\S+)$"),
    (ServerEvent.ONE_AT_A_TIME, r"^Using worker: (?P<uri>sync)$"),
    (ServerEvent.WORKER_BOOTED, r"^Booting worker with pid: (?P<pid>\d+)"),
    (ServerEvent.WORKER_RECYCLED, r"^Autorestarting worker after current request\."),
    (ServerEvent.WORKER_EXITED, r"^Worker exiting \(pid: ?(?P<pid>\d+)\)"),
    (ServerEvent.WORKER_TIMEOUT, r"^WORKER TIMEOUT \(pid: ?(?P<pid>\d+)\)"),
    (ServerEvent.WORKER_KILLED, r"^Worker \(pid: ?(?P<pid>\d+)\) was sent (?P<signal>SIG\w+)!"),
    # Gunicorn 20 and 21 said it so.
    (ServerEvent.WORKER_KILLED, r"^Worker with pid (?P<pid>\d+) was terminated due to signal (?P<signal>\d+)"),
    (ServerEvent.WORKER_CRASHED, r"^Worker \(pid: ?(?P<pid>\d+)\) exited with code (?P<value>\d+)"),
    (ServerEvent.GRACEFUL_TIMEOUT, r"^Worker graceful timeout \(pid: ?(?P<pid>\d+)\)"),
    (ServerEvent.RELOAD, r"^Hang up: "),
    (ServerEvent.SHUTDOWN, r"^Shutting down: "),
    (ServerEvent.SHUTDOWN, r"^Handling signal: (?P<signal>term|int|quit)$"),
    (ServerEvent.APPLICATION_EXCEPTION, r"^Error handling request (?:[A-Z]+ )?(?P<uri>/.*|\*|\(no URI read\))$"),
    (ServerEvent.WRITE_FAILED, r"^Ignoring EPIPE"),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^(?:Reason: )?Worker failed to boot\."),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^(?:Reason: )?App failed to load\."),
    (ServerEvent.SOCKET_ERROR, r"^Socket error processing request\."),
    (ServerEvent.APPLICATION_EXCEPTION, r"^Exception in ASGI application"),
)

APPLICATION_RULES: Final = _rules(
    (
        ServerEvent.LATE_MONKEY_PATCH,
        r"DatabaseWrapper objects created in a thread can only be used in that same thread",
    ),
    (ServerEvent.LATE_MONKEY_PATCH, r"MonkeyPatchWarning: "),
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, r"""\(1040, ['"]Too many connections"""),
    (ServerEvent.DB_TOO_MANY_CONNECTIONS, r"FATAL: +(?:sorry, too many clients already|remaining connection slots)"),
    (ServerEvent.DB_POOL_EXHAUSTED, r"QueuePool limit of size (?P<value>\d+) overflow \d+ reached"),
    (ServerEvent.DB_CONNECTION_LOST, r"""\((?:2006|2013|4031), ['"](?:MySQL|Server|Lost|The client)"""),
    (
        ServerEvent.DB_CONNECTION_LOST,
        r"(?:Operational|Interface)Error: .*server closed the connection unexpectedly",
    ),
    (ServerEvent.DB_CONNECTION_LOST, r"InterfaceError: connection already closed"),
    (ServerEvent.DB_POOL_EXHAUSTED, r"PoolTimeout: couldn't get a connection after"),
)
"""What the application or a library of it writes, under any server."""

KERNEL_RULES: Final = _rules(
    (
        ServerEvent.OUT_OF_MEMORY,
        r"(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process (?P<pid>\d+) \((?P<uri>[^)]*)\)",
    ),
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI")

HTTP_AS_BLOCK_SIZES: Final = frozenset(int.from_bytes(method[1:3].encode(), "little") for method in _METHODS)
"""The sizes that uWSGI reads out of an HTTP request sent to a socket that speaks uwsgi: its bytes 2 and 3."""

"""uWSGI: all that is true of it alone."""

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from badgateway.model.configuration import Configuration, FrontDoor, WorkerModel
from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob
from badgateway.model.samples import Reading
from badgateway.servers.line_format import LineFormat, extracted, number
from badgateway.servers.line_format import epoch_s as epoch_sql
from badgateway.servers.log import PREFIX_CHARS, ServerLine, ServerLog, ctime_s, epoch_s, rules
from badgateway.servers.server import Place, Server, Start, Statistics

_KIND = "uWSGI log"
BUSY_WORKERS = "uwsgi_busy_workers"
CORES_IN_REQUEST = "uwsgi_cores_in_request"
OLDEST_REQUEST = "uwsgi_oldest_request_s"

_MODES = {
    "single process": WorkerModel.ONE_REQUEST,
    "preforking": WorkerModel.ONE_REQUEST,
    "threaded": WorkerModel.THREADS,
    "async": WorkerModel.GREENLETS,
}
"""By the last word of its operational mode."""
_GEVENT = re.compile(r"^\s*gevent\s*=", re.MULTILINE)


def _start(configuration: Configuration, place: Place) -> Start:
    # Unlike a Python program, it has to be told which environment's packages to import.
    return Start(
        argv=(place.program("uwsgi"), "--ini", str(place.server_file)),
        bind=place.address,
        environment={
            "WEB_VENV": str(place.python_home),
            "WEB_STATS": str(place.statistics_socket),
            "WEB_PROTOCOL": "http" if configuration.front_door is FrontDoor.LOAD_BALANCER else "uwsgi",
        },
    )


def _file_fault(file: PurePosixPath) -> str:
    return "a server file has no colon in its name: uWSGI takes what follows for a section" if ":" in file.name else ""


def _worker_model(text: str) -> WorkerModel:
    # Its threads are a number in the environment; more than one makes the difference, and the configuration has it.
    return WorkerModel.GREENLETS if _GEVENT.search(text) else WorkerModel.THREADS


def _statistics(content: bytes, now_s: float) -> tuple[Reading, ...]:
    return readings(json.loads(content), now_s)


def readings(stats: Mapping[str, Any], now_s: float) -> tuple[Reading, ...]:
    """Return what parsed statistics tell of workers, cores (requests at a time) and the oldest request.

    Workers that are not running (cheap) do not count as capacity. uWSGI keeps the whole second a request started in,
    so the age is up to 1 s too long. Its listen_queue is not told: for a unix socket uWSGI always says 0.
    """
    workers = [worker for worker in stats["workers"] if worker["status"] != "cheap"]
    cores = [core for worker in workers for core in worker["cores"]]
    running = [core for core in cores if core["in_request"]]
    starts_s = [core["req_info"]["request_start"] for core in running]
    # No request is an age of 0, not a missing one: the server did answer.
    oldest_s = max((now_s - start_s for start_s in starts_s if start_s), default=0.0)
    return (
        Reading(series=BUSY_WORKERS, value=sum(worker["status"] == "busy" for worker in workers), limit=len(workers)),
        Reading(series=CORES_IN_REQUEST, value=len(running), limit=len(cores)),
        Reading(series=OLDEST_REQUEST, value=max(0.0, oldest_s)),
    )


_CTIME = re.compile(r"(?:^|(?<=\s))[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4}) - ")
_ISO = re.compile(
    r"\[?(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d+)?(?: ?(Z|[+-]\d\d:?\d\d))?\]? - "
    # What an application's own logger writes in brackets has no zone, so it is none of these.
    r"|\[(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)\] "
)
# The only line of its own that uWSGI puts its date into, not before: when the request came, and how long it took.
_REQUEST = re.compile(
    r"\[pid: [^}]*\} \[[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d) (\d{4})\] "
    r".* bytes in (?:(\d{1,9}) msecs|\d+ micros) "
)


def split_line(line: str, utc_offset_s: float) -> ServerLine:
    """Split off uWSGI's date, in its default form or as year, month, day; the time is utc_offset_s ahead of UTC.

    A request line keeps its date; its time is the second in which the request ended.
    """
    start = line[:PREFIX_CHARS]
    if match := _CTIME.search(start):
        local_s = ctime_s(*match.groups())
    elif match := _ISO.search(start):
        *date, zone = match.groups()[:5] if match[1] else match.groups()[5:]
        local_s = epoch_s("{}-{}-{} {}{}".format(*date, zone or "+00:00"))
        utc_offset_s = 0.0 if zone else utc_offset_s
    elif match := _REQUEST.match(line):
        *date, msecs = match.groups(default="0")
        came_s = ctime_s(*date)
        return ServerLine(text=line, time_s=None if came_s is None else came_s - utc_offset_s + int(msecs) // 1000)
    else:
        return ServerLine(text=line)
    time_s = None if local_s is None else local_s - utc_offset_s
    return ServerLine(text=line[match.end() :], time_s=time_s, has_prefix=True)


_PID = r"\(pid: (?P<pid>\d+)"

HARAKIRI_OF_WORKER: Final = re.compile(rf"\*\*\* HARAKIRI ON WORKER (?P<worker>\d+) {_PID}")
"""The lines with the worker's requests follow it, and do not name the worker themselves."""

_RULES = rules(
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

_OWN = re.compile(
    r"[^\"]{0,80}?(?:\*\*\* (?:Starting uWSGI|HARAKIRI ON|uWSGI listen queue|EVIL RELOAD)|\[uWSGI\] |"
    r"\[pid: \d+\|(?:app|worker): |(?:Respawned|spawned) uWSGI |DAMN ! worker \d|HARAKIRI \[core|"
    r"\.\.\.The work of process \d|"
    r"worker \d+ killed successfully|invalid request block size: \d|WSGI app \d+ \(mountpoint=|"
    r"\[DANGER\] async queue is full|worker respawning too fast|uwsgi_response_\w+\(\)|goodbye to uWSGI|"
    r"\.\.\.(?:gracefully|brutally) killing workers)"
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI")

HTTP_AS_BLOCK_SIZES: Final = frozenset(int.from_bytes(method[1:3].encode(), "little") for method in _METHODS)
"""The sizes that uWSGI reads out of an HTTP request sent to a socket that speaks uwsgi: its bytes 2 and 3."""


def _of_size(size_bytes: float | None) -> ServerEvent:
    is_http = size_bytes in HTTP_AS_BLOCK_SIZES
    return ServerEvent.PROTOCOL_MISMATCH if is_http else ServerEvent.BLOCK_SIZE_EXCEEDED


_BEGINS = r"\[pid: \d+\|(?:app|worker): "
_CLAIM = f"regexp_matches(line, '{_BEGINS}')"
_STATUS = number(r" => generated \d+ bytes in \d+ [a-z]+.*?\((?:\S+|-)? ?(\d{3})\) ", "INTEGER")
_STARTED = extracted(r"\[(\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\] ")
_TIMING = r" => generated \d+ bytes in (\d+) "


_DATE = "%a %b %d %H:%M:%S %Y"
_DATE_CHARS = 24
_DATED = r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] "

# The stock line is taken apart at fixed texts, several times as fast as by the patterns, which are for all others.
_STOCK = r"^\d+ bytes in \d{1,9} (?:msecs|micros) \(HTTP/\d\.\d [1-9]\d\d\) "
_PIECES = (
    (
        "split_part(line, ' => generated ', 2) AS generated, split_part(line, '} [', 2) AS came, "
        f"regexp_matches(line, '^{_BEGINS}') AS begins"
    ),
    (
        f"begins AND regexp_matches(came, '{_DATED}') AND regexp_matches(generated, '{_STOCK}') AS is_stock, "
        f"epoch(try_strptime(left(came, {_DATE_CHARS}), '{_DATE}')) AS came_s, split_part(generated, ' ', 4) AS took"
    ),
)
_STOCK_STATUS = "TRY_CAST(left(split_part(generated, ' ', 7), 3) AS INTEGER)"
_STOCK_DURATION = "TRY_CAST(took AS DOUBLE) / CASE WHEN split_part(generated, ' ', 5) = 'msecs' THEN 1e3 ELSE 1e6 END"


def _requests() -> LineFormat:
    duration_s = f"coalesce({number(_TIMING + 'msecs', 'DOUBLE')} / 1e3, {number(_TIMING + 'micros', 'DOUBLE')} / 1e6)"
    # uWSGI logs when the request came, padded to two places with a space.
    unpadded = f"replace({_STARTED}, '  ', ' ')"
    started_s = epoch_sql(unpadded, _DATE)
    return LineFormat(
        kind=_KIND,
        pieces=_PIECES,
        status=f"CASE WHEN is_stock THEN {_STOCK_STATUS} WHEN {_CLAIM} THEN {_STATUS} END",
        time_s=f"CASE WHEN is_stock AND came_s IS NOT NULL THEN came_s + {_STOCK_DURATION} "
        f"WHEN {_CLAIM} THEN {started_s} + coalesce({duration_s}, 0) END",
        has_local_times=True,
        claims_to_be_a_request=_CLAIM,
        columns={
            "duration_s": duration_s,
            "method": extracted(r"\d{4}\] ([A-Z]+) .* => generated "),
            "uri": extracted(r"\d{4}\] [A-Z]+ (.*) => generated "),
            "app_pid": number(r"\[pid: (\d+)\|(?:app|worker): ", "INTEGER"),
            "body_bytes": number(r" => generated (\d+) bytes ", "BIGINT"),
        },
    )


LOG = ServerLog(
    kind=_KIND,
    example="Fri Dec  6 14:48:56 2024 - *** HARAKIRI ON WORKER 1 (pid: 66, try: 1, graceful: yes) ***",
    own=_OWN,
    line=split_line,
    with_times="Set log-date = true.",
    rules=_RULES,
    has_local_times=True,
    prints_uncaught=True,
    request="[pid: ",
    requests=_requests(),
    refined={ServerEvent.BLOCK_SIZE_EXCEEDED: _of_size},
)
STATISTICS = Statistics(series=(BUSY_WORKERS, CORES_IN_REQUEST, OLDEST_REQUEST), read=_statistics)
SERVER = Server(
    name="uwsgi",
    label="uWSGI",
    distributions=("uwsgi", "gevent", "greenlet"),
    files=("*uwsgi*.ini",),
    files_without_kind=("*.ini",),
    file_fault=_file_fault,
    protocol="uwsgi",
    start=_start,
    worker_model=_worker_model,
    settings={
        "workers": "processes",
        "least_workers": "cheaper",
        "threads": "threads",
        "greenlets": "gevent",
        "listen": "listen",
        "preload": "lazy-apps (off)",
        "max_requests": "max-requests",
        "max_requests_delta": "max-requests-delta",
        "least_lifetime_s": "min-worker-lifetime",
        "reload_mercy_s": "worker-reload-mercy",
        "app_s": "harakiri",
    },
    lacks={"keepalive_s": "over its own protocol and plain http it ends each connection after the answer"},
    knobs={
        Knob.ADDRESS: "socket, or http-socket",
        Knob.BODY_BUFFER: "post-buffering = 8192",
        Knob.CATCH_EXCEPTIONS: "catch-exceptions = true (development only, shows code)",
        Knob.CHAIN_RELOAD: "lazy-apps = true with touch-chain-reload",
        Knob.EARLY_PATCH: "gevent-early-monkey-patch instead of gevent-monkey-patch",
        Knob.FORK_HOOKS: "py-call-uwsgi-fork-hooks = true",
        Knob.FRAMED_ANSWERS: "http11-socket instead of http",
        Knob.GENTLE_MEMORY_LIMIT: "reload-on-rss instead of evil-reload-on-rss",
        Knob.HEADER_BUFFER: "buffer-size",
        Knob.IDLE_CONNECTIONS: "http-keepalive, or http11-socket instead of http-socket",
        Knob.LAZY: "lazy-apps = true",
        Knob.LOG: "logto",
        Knob.MAX_REQUESTS_SPREAD: "max-requests-delta, max-worker-lifetime-delta (2.0.29 and later)",
        Knob.MEMORY_LIMIT: "reload-on-rss = 400",
        Knob.NEEDED_APPLICATION: "need-app = true (default false)",
        Knob.ONE_WORKER_MODEL: "no threads together with gevent",
        Knob.PRELOAD: "no lazy-apps",
        Knob.PROTOCOL: "socket or http-socket",
        Knob.RESPAWN_PAUSE: "forkbomb-delay",
        Knob.SOCKET_MODE: "chmod-socket = 660 with chown-socket",
        Knob.THREADS: "threads instead of gevent",
        Knob.TIME_LIMIT_TRACE: "harakiri-verbose, py-tracebacker",
        Knob.UNLIMITED_TIME: "no harakiri together with gevent",
        Knob.WITHOUT_ROUTER: "socket = /run/site.sock instead of http",
        Knob.WRITE_LIMIT: "socket-timeout",
    },
    statistics=STATISTICS,
    log=LOG,
    model_told=_MODES.get,
    rank=1,
)

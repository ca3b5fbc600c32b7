"""uWSGI: all that is true of it alone."""

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from badgateway.model.knob import FrontDoor, Knob, WorkerModel
from badgateway.model.raw_words import ServerSeries
from badgateway.model.samples import Reading
from badgateway.servers import uwsgi_command, uwsgi_log
from badgateway.servers.deployable import Deployable
from badgateway.servers.options import Option
from badgateway.servers.plain_ini import plain_ini
from badgateway.servers.server import Place, Server, Start, Statistics
from badgateway.servers.web_variables import WEB_VARIABLES

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

_NAME = "uwsgi"
BUSY_WORKERS = ServerSeries.BUSY_WORKERS.of(_NAME)
CORES_IN_REQUEST = ServerSeries.CORES_IN_REQUEST.of(_NAME)
OLDEST_REQUEST = ServerSeries.OLDEST_REQUEST_S.of(_NAME)

_MODES = {
    "single process": WorkerModel.ONE_REQUEST,
    "preforking": WorkerModel.ONE_REQUEST,
    "threaded": WorkerModel.THREADS,
    "async": WorkerModel.GREENLETS,
}
"""By the last word of its operational mode."""
_SINGLE = (
    *("processes", "cheaper", "threads", "gevent", "listen", "harakiri", "max-requests", "max-requests-delta"),
    *("min-worker-lifetime", "worker-reload-mercy", "lazy-apps", "virtualenv", "module", "protocol"),
)
"""Options of which the last one counts."""
_GEVENT = re.compile(r"^\s*gevent\s*=", re.MULTILINE)


def _start(configuration: "Configuration", place: Place) -> Start:
    # Unlike a Python program, it has to be told which environment's packages to import.
    return Start(
        argv=(place.program("uwsgi"), "--ini", str(place.server_file)),
        bind=place.address,
        environment={"WEB_STATS": str(place.statistics_socket), **_values(configuration, place)},
    )


def _values(configuration: "Configuration", place: Place) -> dict[str, str]:
    return {
        "WEB_VENV": str(place.python_home),
        "WEB_PROTOCOL": "http" if configuration.front_door is FrontDoor.LOAD_BALANCER else "uwsgi",
    }


def _file_fault(file: PurePosixPath) -> str:
    return "a server file has no colon in its name: uWSGI takes what follows for a section" if ":" in file.name else ""


def _worker_model(text: str) -> WorkerModel:
    # Its threads are a number in the environment; more than one makes the difference, and the configuration has it.
    return WorkerModel.GREENLETS if _GEVENT.search(text) else WorkerModel.THREADS


def _late_patch(options: Mapping[str, Option], _text: str) -> Option | None:
    late = options.get("gevent-monkey-patch")
    is_early = "gevent-early-monkey-patch" in options
    return (
        Option(value="gevent-monkey-patch", line=late.line)
        if late and late.is_known and "gevent" in options and not is_early
        else None
    )


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


LOG = uwsgi_log.LOG
STATISTICS = Statistics(series=(BUSY_WORKERS, CORES_IN_REQUEST, OLDEST_REQUEST), read=_statistics)
SERVER = Server(
    name=_NAME,
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
        "max_requests": "max-requests",
        "max_requests_delta": "max-requests-delta",
        "least_lifetime_s": "min-worker-lifetime",
        "graceful_stop_s": "worker-reload-mercy",
        "app_s": "harakiri",
    },
    opposites={"preload": "lazy-apps"},
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
    other_programs=("uwsgi_python3",),
    own_files={".ini": "uwsgi --ini {file}"},
    own_command=uwsgi_command.COMMAND,
    kit_files={WorkerModel.THREADS: "uwsgi.ini", WorkerModel.GREENLETS: "uwsgi_gevent.ini"},
    demands_its_queue=True,
    statistics=STATISTICS,
    log=LOG,
    model_told=_MODES.get,
    values=lambda configuration, place: {"WEB_BIND": place.address, **_values(configuration, place)},
    deployable=Deployable(
        file="uwsgi.ini",
        plain=lambda text, filling: plain_ini(text, filling, single=_SINGLE),
        variables=WEB_VARIABLES,
        comment=";",
        # By itself it breaks off every request on SIGTERM, however it is told to take it.
        arguments=("--ini", "{file}", "--hook-master-start", "unix_signal:15 gracefully_kill_them_all"),
        options=uwsgi_command.options_in,
        addresses=("socket", "uwsgi-socket", "http-socket", "http11-socket", "https-socket", "http", "https"),
        takes_bare_paths=True,
        further={"header_buffer": "buffer-size"},
        defaults={"listen": "100", "workers": "1", "threads": "1", "header_buffer": "4096"},
        none_with=("workers",),
        late_patch=_late_patch,
        is_mine=lambda text: "[uwsgi]" in text,
        on_port="exec uwsgi --ini {file} --hook-master-start 'unix_signal:15 gracefully_kill_them_all'",
        port="$(PORT)",
        build_packages=("build-essential",),
        unit={
            # It tells systemd when it is ready, from the process that systemd knows.
            "Type": "notify",
            "NotifyAccess": "main",
            "ExecReload": "/bin/kill -HUP $MAINPID",
            "KillMode": "mixed",
            "KillSignal": "SIGTERM",
        },
        reload="A reload (SIGHUP) reads new code, and nobody accepts until the site is imported again.",
        unlimited="there is no harakiri with gevent: its deadline is the worker's, not the request's; what takes too "
        "long ends at nginx, and goes on in the worker",
    ),
    rank=1,
)

"""Granian: all that is true of it alone."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob, WorkerModel
from badgateway.servers.deployable import FACTORY, Deployable
from badgateway.servers.environment_file import bind_variables, fitting, plain_environment, variables
from badgateway.servers.log import ServerLog, levelled, logging_config, rules
from badgateway.servers.server import OwnCommand, Place, Server, Start
from badgateway.servers.variables_command import numbers_in, text_of_options

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

INTERFACE = "GRANIAN_INTERFACE"
_LOGGING = "GRANIAN_LOG_CONFIG"


def _values(configuration: "Configuration", place: Place) -> dict[str, str | None]:
    threads = str(configuration.threads)
    return {
        **bind_variables("GRANIAN", place),
        "GRANIAN_WORKERS": str(configuration.workers),
        # For ASGI more than one is refused: there the event loop is the thread.
        "GRANIAN_BLOCKING_THREADS": None if _worker_model(place.server_text) is WorkerModel.EVENT_LOOP else threads,
        "GRANIAN_BACKLOG": str(configuration.listen),
        "GRANIAN_WORKERS_KILL_TIMEOUT": str(configuration.graceful_stop_s),
    }


def _start(configuration: "Configuration", place: Place) -> Start:
    return Start(
        argv=(place.program("granian"), place.target),
        bind=place.address,
        # Its lines have no time otherwise.
        environment={_LOGGING: str(place.logging), **fitting(place.server_text, _values(configuration, place))},
        logging=logging_config("_granian"),
    )


def _worker_model(text: str) -> WorkerModel:
    interface = variables(text).get(INTERFACE, "rsgi")
    return WorkerModel.THREADS if interface == "wsgi" else WorkerModel.EVENT_LOOP


_FLAGS = (
    *("ws", "http1-keep-alive", "http1-pipeline-flush", "http2-adaptive-window", "log", "access-log", "factory"),
    *("respawn-failed-workers", "metrics", "reload", "reload-ignore-worker-failure", "ssl-client-verify"),
)
_NAMES = {
    "ws": "websockets",
    "log": "log_enabled",
    "access-log": "log_access_enabled",
    "metrics": "metrics_enabled",
    "access-log-fmt": "log_access_fmt",
}
_TAKEN_OVER = (
    *("HOST", "PORT", "UDS", "UDS_PERMISSIONS", "LOG_CONFIG", "FACTORY", "ENV_FILES", "PID_FILE", "WORKING_DIR"),
    *("RELOAD", "RELOAD_PATHS", "RELOAD_TICK", "SSL_CERTIFICATE", "SSL_KEYFILE", "SSL_KEYFILE_PASSWORD", "SSL_CA"),
)
_SOCKET = "GRANIAN_UDS_PERMISSIONS=660\n"


def _text_of(words: Sequence[str], _file: str, environment: Mapping[str, str]) -> str:
    text = text_of_options("GRANIAN", words, environment, flags=_FLAGS, names=_NAMES, taken_over=_TAKEN_OVER)
    if variables(text).get(INTERFACE, "rsgi") == "rsgi":
        raise ValueError("a run has Granian load a WSGI or ASGI application: name its --interface, wsgi or asgi")
    return text + _SOCKET


def _told_by(text: str) -> dict[str, Any]:
    told = numbers_in(text, _SETTINGS, _DEFAULTS)
    # Half of what a worker takes out of the queue, which is its part of it; an event loop is its own thread.
    most = int(variables(text).get("GRANIAN_BACKPRESSURE", told["listen"] // told["workers"]))
    return {"threads": max(1, most // 2) if _worker_model(text) is WorkerModel.THREADS else 1} | told


_WORKER = r"worker-(?P<worker>\d+)"

LOG = ServerLog(
    kind="Granian log",
    example="[2024-12-06 14:48:56 +0000] [1] [ERROR] Unexpected exit from worker-1",
    own=re.compile(
        r"[^\"]{0,120}?\[(?:INFO|WARNING|ERROR)\] (?:Starting granian|Spawning worker-\d+ with |Started worker-\d+$"
        r"|Unexpected exit from worker-|Respawning worker-|Stopp(?:ing|ed) (?:old )?worker-\d+$|Shutting down granian"
        r"|Granian shutdown completed|Worker crash loop detected|Killing (?:old )?worker-\d+ after it refused"
        r"|Application callable raised an exception$|HUP signal received, gracefully respawning)"
    ),
    words=("granian", "worker-", "Worker crash loop", "Application callable", "HUP signal"),
    line=levelled(r"\[{level}\] "),
    with_times="Give it a configuration of its logging, GRANIAN_LOG_CONFIG, as docs/explain.md shows one.",
    rules=rules(
        (ServerEvent.SERVER_STARTED, r"^Starting granian "),
        (ServerEvent.LISTENING, r"^Listening at: (?P<uri>\S+)$"),
        (ServerEvent.WORKER_BOOTED, rf"^Spawning {_WORKER} with PID: (?P<pid>\d+)$"),
        (ServerEvent.WORKER_READY, rf"^Started {_WORKER}$"),
        (ServerEvent.WORKER_LOST, rf"^Unexpected exit from {_WORKER}$"),
        (ServerEvent.CRASH_LOOP, r"^Worker crash loop detected, exiting$"),
        (ServerEvent.WORKER_RECYCLED, rf"^{_WORKER} (?:lifetime expired|RSS over threshold), gracefully respawning"),
        (ServerEvent.WORKER_RECYCLED, rf"^Stopping old {_WORKER}$"),
        (ServerEvent.KILLED_WHILE_LEAVING, rf"^Killing (?:old )?{_WORKER} after it refused to gracefully stop$"),
        (ServerEvent.WORKER_EXITED, rf"^Stopped (?:old )?{_WORKER}$"),
        (ServerEvent.RELOAD, r"^HUP signal received, gracefully respawning workers"),
        (ServerEvent.SHUTDOWN, r"^Shutting down granian$"),
        (ServerEvent.APPLICATION_EXCEPTION, r"^Application callable raised an exception$"),
        (ServerEvent.APPLICATION_NOT_LOADED, r"^RuntimeError: While importing \S+, an ImportError was raised:"),
    ),
    numbers_workers=True,
    replaced_worker=" old worker-",
)

_SETTINGS = {
    "workers": "GRANIAN_WORKERS",
    "threads": "GRANIAN_BLOCKING_THREADS",
    "listen": "GRANIAN_BACKLOG",
    "graceful_stop_s": "GRANIAN_WORKERS_KILL_TIMEOUT",
}
_DEFAULTS = {"listen": "1024", "workers": "1"}

SERVER = Server(
    name="granian",
    label="Granian",
    distributions=("granian",),
    files=("granian*.env",),
    start=_start,
    worker_model=_worker_model,
    settings=_SETTINGS,
    lacks={
        "least_workers": "it keeps all workers",
        "greenlets": "it has threads or an event loop",
        "keepalive_s": "it keeps idle connections, or none (GRANIAN_HTTP1_KEEP_ALIVE)",
        "preload": "each worker imports the application by itself",
        "max_requests": "it replaces workers by age or memory (GRANIAN_WORKERS_LIFETIME, GRANIAN_WORKERS_MAX_RSS)",
        "max_requests_delta": "it replaces workers one after the other",
        "least_lifetime_s": "it has GRANIAN_WORKERS_LIFETIME, of 60 s at least",
        "app_s": "it lets every request run to its end",
    },
    knobs={
        Knob.ADDRESS: "GRANIAN_UDS, or GRANIAN_HOST and GRANIAN_PORT",
        Knob.KEPT_CONNECTIONS: "GRANIAN_HTTP1_KEEP_ALIVE = true (default)",
        Knob.LOG: "GRANIAN_LOG_CONFIG, with the time and the process in each line",
        Knob.MEMORY_LIMIT: "GRANIAN_WORKERS_MAX_RSS = 400",
        Knob.REQUEST_LIMIT: "GRANIAN_BACKPRESSURE",
        Knob.RESPAWN: "GRANIAN_RESPAWN_FAILED_WORKERS = true",
        Knob.SOCKET_MODE: "GRANIAN_UDS_PERMISSIONS = 666",
        Knob.THREADS: "GRANIAN_INTERFACE = wsgi, GRANIAN_BLOCKING_THREADS = 16",
    },
    own_command=OwnCommand(
        says=lambda words: text_of_options("GRANIAN", words, {}, flags=_FLAGS, names=_NAMES),
        text=_text_of,
        told=_told_by,
        folders=("--working-dir",),
        variables_begin="GRANIAN_",
    ),
    kit_files={WorkerModel.THREADS: "granian.env", WorkerModel.EVENT_LOOP: "granian_asgi.env"},
    least_listen=128,
    log=LOG,
    values=lambda configuration, place: {
        **_values(configuration, place),
        _LOGGING: str(place.logging),
        "GRANIAN_FACTORY": "true" if place.target.endswith(FACTORY) else None,
    },
    deployable=Deployable(
        file="granian.env",
        plain=plain_environment,
        variables=_SETTINGS,
        arguments=("{target}",),
        addresses=("GRANIAN_UDS", "GRANIAN_HOST"),
        usual_address="127.0.0.1:8000",
        defaults=_DEFAULTS,
        on_port="set -a && . {file} && set +a && exec granian {target}",
        is_environment=True,
        unit={"Type": "exec", "ExecReload": "/bin/kill -HUP $MAINPID", "KillMode": "mixed", "KillSignal": "SIGTERM"},
        reload="A reload (SIGHUP) reads new code, one worker after the other.",
        unlimited="it lets every request run to its end; what takes too long ends at nginx, and goes on in the worker",
    ),
)

"""uvicorn: all that is true of it alone."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob, WorkerModel
from badgateway.servers.deployable import FACTORY, Deployable
from badgateway.servers.environment_file import bind_variables, fitting, plain_environment, variables
from badgateway.servers.log import ServerLog, levelled, logging_config, rules
from badgateway.servers.server import OwnCommand, Place, Server, Start
from badgateway.servers.variables_command import CONCURRENCY, numbers_in, text_of_options

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

_LOGGING = "UVICORN_LOG_CONFIG"


def _values(configuration: "Configuration", place: Place) -> dict[str, str | None]:
    most, delta = configuration.max_requests, configuration.max_requests_delta
    return {
        **bind_variables("UVICORN", place),
        "UVICORN_WORKERS": str(configuration.workers),
        "UVICORN_BACKLOG": str(configuration.listen),
        "UVICORN_TIMEOUT_KEEP_ALIVE": str(configuration.keepalive_s),
        "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": str(configuration.graceful_stop_s),
        # 0 would be a limit of no request.
        "UVICORN_LIMIT_MAX_REQUESTS": str(most) if most else None,
        "UVICORN_LIMIT_MAX_REQUESTS_JITTER": str(delta) if most else None,
    }


def _start(configuration: "Configuration", place: Place) -> Start:
    return Start(
        argv=(place.program("uvicorn"), place.target),
        bind=place.address,
        # Its lines have no time otherwise.
        environment={_LOGGING: str(place.logging), **fitting(place.server_text, _values(configuration, place))},
        logging=logging_config("uvicorn"),
    )


def _worker_model(_text: str) -> WorkerModel:
    return WorkerModel.EVENT_LOOP


_FLAGS = (
    *("reload", "access-log", "use-colors", "proxy-headers", "server-header", "date-header", "factory"),
    *("reset-contextvars", "no-access-log"),
)
_TAKEN_OVER = (
    *("HOST", "PORT", "UDS", "FD", "LOG_CONFIG", "FACTORY", "ENV_FILE", "RELOAD", "RELOAD_DIR", "RELOAD_DELAY"),
    *("RELOAD_INCLUDE", "RELOAD_EXCLUDE", "SSL_KEYFILE", "SSL_CERTFILE", "SSL_KEYFILE_PASSWORD", "SSL_CA_CERTS"),
)


def _text_of(words: Sequence[str], _file: str, environment: Mapping[str, str]) -> str:
    text = text_of_options("UVICORN", words, environment, flags=_FLAGS, names={}, taken_over=_TAKEN_OVER)
    if variables(text).get("UVICORN_INTERFACE") == "wsgi":
        raise ValueError("a run has uvicorn load an ASGI application, and this one is WSGI; name another server")
    workers = environment.get(CONCURRENCY)
    return text if not workers or "UVICORN_WORKERS=" in text else f"{text}UVICORN_WORKERS={workers}\n"


LOG = ServerLog(
    kind="uvicorn log",
    example="[2024-12-06 14:48:56 +0000] [1] [INFO] Child process [8] died",
    # What its worker class for Gunicorn writes too is not among them.
    own=re.compile(
        r"[^\"]{0,120}?(?:\[INFO\]|\[ERROR\]|INFO:|ERROR:) +(?:Uvicorn running on |Started parent process \["
        r"|Child process \[\d+\] (?:died|failed)|(?:Terminated|Waiting for) child process \[|Stopping parent process \["
        r"|Received SIG[A-Z]+, (?:exiting|restarting))"
    ),
    words=("Uvicorn running on ", " process [", "Received SIG"),
    line=levelled(r"{level}: +"),
    with_times="Give it a configuration of its logging, UVICORN_LOG_CONFIG, as docs/explain.md shows one.",
    rules=rules(
        (ServerEvent.SERVER_STARTED, r"^Started parent process \["),
        (ServerEvent.LISTENING, r"^Uvicorn running on (?:unix socket )?(?P<uri>\S+) \("),
        (ServerEvent.WORKER_BOOTED, r"^Started server process \[(?P<pid>\d+)\]"),
        (ServerEvent.WORKER_READY, r"^Application startup complete\."),
        (ServerEvent.WORKER_RECYCLED, r"^Maximum request limit of \d+ exceeded\. Terminating process\."),
        (ServerEvent.WORKER_EXITED, r"^(?:Finished server|Terminated child) process \[(?P<pid>\d+)\]"),
        (ServerEvent.WORKER_LOST, r"^Child process \[(?P<pid>\d+)\] died"),
        (ServerEvent.APPLICATION_NOT_LOADED, r"^(?:Child process \[\d+\] failed to start|Error loading ASGI app)"),
        (ServerEvent.RELOAD, r"^Received SIGHUP, restarting processes\."),
        (ServerEvent.SHUTDOWN, r"^Received SIG(?:TERM|INT), exiting\."),
        (ServerEvent.REQUEST_REFUSED, r"^Exceeded concurrency limit\."),
        (ServerEvent.APPLICATION_EXCEPTION, r"^Exception in ASGI application"),
    ),
)

_SETTINGS = {
    "workers": "UVICORN_WORKERS",
    "listen": "UVICORN_BACKLOG",
    "keepalive_s": "UVICORN_TIMEOUT_KEEP_ALIVE",
    "max_requests": "UVICORN_LIMIT_MAX_REQUESTS",
    "max_requests_delta": "UVICORN_LIMIT_MAX_REQUESTS_JITTER",
    "graceful_stop_s": "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN",
}
_DEFAULTS = {"listen": "2048", "keepalive_s": "5", "workers": "1"}

SERVER = Server(
    name="uvicorn",
    label="uvicorn",
    distributions=("uvicorn", "httptools", "uvloop"),
    files=("uvicorn*.env",),
    start=_start,
    worker_model=_worker_model,
    settings=_SETTINGS,
    lacks={
        "least_workers": "it keeps all workers",
        "threads": "each view that is no coroutine gets a thread of its own, without a limit",
        "greenlets": "its worker is an event loop of asyncio",
        "preload": "each worker imports the application by itself",
        "least_lifetime_s": "it replaces workers of any age",
        "app_s": "it lets every request run to its end",
    },
    knobs={
        Knob.ADDRESS: "UVICORN_UDS, or UVICORN_HOST and UVICORN_PORT",
        Knob.IDLE_CONNECTIONS: "UVICORN_TIMEOUT_KEEP_ALIVE (default 5 s)",
        Knob.KEPT_CONNECTIONS: "UVICORN_TIMEOUT_KEEP_ALIVE (default 5 s)",
        Knob.LOG: "UVICORN_LOG_CONFIG, with the time and the process in each line",
        Knob.MEMORY_LIMIT: "UVICORN_LIMIT_MAX_REQUESTS = 1000, UVICORN_LIMIT_MAX_REQUESTS_JITTER = 500",
        Knob.REQUEST_LIMIT: "UVICORN_LIMIT_CONCURRENCY",
    },
    own_command=OwnCommand(
        says=lambda words: text_of_options("UVICORN", words, {}, flags=_FLAGS, names={}),
        text=_text_of,
        told=lambda text: numbers_in(text, _SETTINGS, _DEFAULTS),
        paths=("--app-dir",),
        variables={CONCURRENCY: "workers"},
        variables_begin="UVICORN_",
    ),
    kit_files={WorkerModel.EVENT_LOOP: "uvicorn.env"},
    log=LOG,
    values=lambda configuration, place: {
        **_values(configuration, place),
        _LOGGING: str(place.logging),
        "UVICORN_FACTORY": "true" if place.target.endswith(FACTORY) else None,
    },
    deployable=Deployable(
        file="uvicorn.env",
        plain=plain_environment,
        variables=_SETTINGS,
        arguments=("{target}",),
        addresses=("UVICORN_UDS", "UVICORN_HOST"),
        usual_address="127.0.0.1:8000",
        defaults=_DEFAULTS,
        on_port="set -a && . {file} && set +a && exec uvicorn {target}",
        is_environment=True,
        unit={"Type": "exec", "ExecReload": "/bin/kill -HUP $MAINPID", "KillMode": "mixed", "KillSignal": "SIGTERM"},
        reload="A reload (SIGHUP) starts its workers anew one after the other; one worker alone has nobody to do it.",
        unlimited="it lets every request run to its end; what takes too long ends at nginx, and goes on in the worker",
    ),
)

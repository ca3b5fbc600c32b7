"""Gunicorn: all that is true of it alone."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob, WorkerModel
from badgateway.servers import gunicorn_command
from badgateway.servers.access_format import (
    BRACKETED,
    BYTES,
    CERTAIN_METHOD,
    CERTAIN_STATUS,
    CERTAIN_URI,
    METHOD,
    REQUEST,
    STATUS,
    URI,
    AccessFormat,
    duration,
    guessed,
)
from badgateway.servers.deployable import Deployable
from badgateway.servers.log import ServerLog, rules, stamped_line
from badgateway.servers.options import Option
from badgateway.servers.plain_python import plain_python
from badgateway.servers.python_options import python_options, syntax_fault
from badgateway.servers.server import Place, Server, Start
from badgateway.servers.web_variables import WEB_VARIABLES

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

_CLASS = re.compile(r"^\s*worker_class\s*=([^#\n]*)", re.MULTILINE)
_OWN_FILE = re.compile(r"^(?:worker_class|max_requests|wsgi_app|worker_connections)\s*=", re.MULTILINE)
_PATCH = re.compile(r"^[^#\n]*\bpatch_all\(|^\s*(?:import|from) gevent\.monkey\b.*patch_all", re.MULTILINE)
_MODELS = {
    "gevent": WorkerModel.GREENLETS,
    "gthread": WorkerModel.THREADS,
    "sync": WorkerModel.ONE_REQUEST,
    "asgi": WorkerModel.EVENT_LOOP,
    "uvicorn": WorkerModel.EVENT_LOOP,
}
"""By a word of the worker class."""


def _start(configuration: "Configuration", place: Place) -> Start:
    if configuration.command:
        return gunicorn_command.start(configuration, place)
    # Its configuration is the journal, which takes the settings of the server file and adds hooks. The master ends when
    # its first workers cannot import the application.
    return Start(
        argv=(place.program("gunicorn"), "--config", str(place.journal)),
        bind=_bind(place),
        environment={"JOURNAL_GUNICORN": str(place.server_file)},
    )


def _bind(place: Place) -> str:
    return f"unix:{place.address}" if place.port is None else place.address


def _worker_model(text: str) -> WorkerModel:
    # What is set last counts; without a class it is sync, and gthread as soon as there are threads.
    named = _CLASS.findall(text)[-1:]
    return (_model_of(named[0]) if named else None) or WorkerModel.THREADS


def _model_of(worker_class: str) -> WorkerModel | None:
    return next((model for word, model in _MODELS.items() if word in worker_class.lower()), None)


def _with_threads(told: WorkerModel | None, options: Mapping[str, Option]) -> WorkerModel | None:
    """Return the model as Gunicorn takes it: sync where nothing is said, and gthread in its place with threads."""
    if told not in (None, WorkerModel.ONE_REQUEST):
        return told
    threads = options.get("threads")
    if threads is None:
        return WorkerModel.ONE_REQUEST
    if not threads.is_known or not threads.value.isdecimal():
        return None
    return WorkerModel.THREADS if int(threads.value) > 1 else WorkerModel.ONE_REQUEST


def _fixed_listen(options: Mapping[str, Option]) -> str:
    # Its own event loop listens anew at the socket, with the queue that asyncio has by itself; uvicorn's does not.
    kind = options["worker_class"].value if "worker_class" in options else ""
    return "100" if _model_of(kind) is WorkerModel.EVENT_LOOP and "uvicorn" not in kind.lower() else ""


def _late_patch(options: Mapping[str, Option], text: str) -> Option | None:
    # Its worker patches after the fork, and what is preloaded was imported before.
    preload = options.get("preload_app")
    is_late = preload and preload.value == "True" and _worker_model(text) is WorkerModel.GREENLETS
    return (
        Option(value="preload_app = True", line=preload.line)
        if preload and is_late and not _PATCH.search(text)
        else None
    )


_RULES = rules(
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
    (ServerEvent.APPLICATION_NOT_LOADED, r"^gunicorn\.errors\.HaltServer: <HaltServer 'Worker failed to boot\.'"),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^(?:Reason: )?Worker failed to boot\."),
    (ServerEvent.APPLICATION_NOT_LOADED, r"^(?:Reason: )?App failed to load\."),
    (ServerEvent.SOCKET_ERROR, r"^Socket error processing request\."),
    (ServerEvent.APPLICATION_EXCEPTION, r"^(?:Exception|Error) in ASGI application"),
    (ServerEvent.WORKER_READY, r"^ASGI server listening on "),
)

_OWN = re.compile(
    r"[^\"]{0,80}?\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?(?: [+-]\d{4})?\]? \[\d+\] \[[A-Z]+\] "
    r"|(?:Worker \(pid: ?\d+\) was sent SIG|WORKER TIMEOUT \(pid: ?\d+\)|Booting worker with pid: \d)"
)

ACCESS = AccessFormat(
    name=re.compile(r"%\(([a-zA-Z]|\{[^}]*\}[a-z])\)s"),
    written="%({})s",
    fields={
        "s": STATUS,
        "t": BRACKETED,
        "r": REQUEST,
        "m": METHOD,
        "U": URI,
        "b": BYTES,
        "B": BYTES,
        "D": duration(1e-6),
        "L": duration(1.0),
        "M": duration(1e-3),
        "T": duration(1.0),
    },
    guesses=guessed(
        "%(x)s",
        "%(y)s",
        ("%(t)s",),
        ('"%(v)s %(u)s HTTP/%(x)s" %(c)s%(z)s', "%(v)s %(u)s HTTP/%(x)s %(c)s%(z)s", "%(v)s %(u)s %(c)s%(z)s"),
    ),
    unnamed={"v": CERTAIN_METHOD, "u": CERTAIN_URI, "c": CERTAIN_STATUS},
    stock=re.compile(r"\S+ \S+ \S+ \[\d\d/|.*\[\d{4}-\d\d-\d\d [^]]*\].*\"[A-Z]+ [^\"]* HTTP/"),
)
LOG = ServerLog(
    kind="Gunicorn log",
    example="[2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)",
    own=_OWN,
    line=stamped_line,
    with_times="Let its logconfig begin each line as Gunicorn does: [%(asctime)s] [%(process)d] [%(levelname)s].",
    rules=_RULES,
    is_common=True,
    has_combined_lines=True,
    access_logger="gunicorn.access",
    access=ACCESS,
)
SERVER = Server(
    name="gunicorn",
    label="Gunicorn",
    distributions=("gunicorn", "gevent", "greenlet"),
    for_greenlets=("packaging",),
    files=("*gunicorn*.py",),
    files_without_kind=("*.py",),
    start=_start,
    own_command=gunicorn_command.COMMAND,
    worker_model=_worker_model,
    settings={
        "workers": "workers",
        "threads": "threads",
        "greenlets": "worker_connections",
        "listen": "backlog",
        "keepalive_s": "keepalive",
        "preload": "preload_app",
        "max_requests": "max_requests",
        "max_requests_delta": "max_requests_jitter",
        "graceful_stop_s": "graceful_timeout",
        "app_s": "timeout",
    },
    lacks={
        "least_workers": "it keeps all workers",
        "least_lifetime_s": "it replaces workers of any age",
    },
    knobs={
        Knob.ADDRESS: "bind",
        Knob.HEARTBEAT_LIMIT: "timeout",
        Knob.IDLE_CONNECTIONS: "keepalive (default 2 s)",
        Knob.KEPT_CONNECTIONS: "keepalive (default 2 s)",
        Knob.LAZY: "preload_app = False",
        Knob.LOG: "errorlog",
        Knob.MAX_REQUESTS: "max_requests (default 0)",
        Knob.MEMORY_LIMIT: "max_requests = 1000, max_requests_jitter = 500",
        Knob.PATCH_IN_FILE: "from gevent import monkey; monkey.patch_all()",
        Knob.PRELOAD: "preload_app = True",
        Knob.SECOND_MASTER: "USR2 instead of HUP",
        Knob.SOCKET_MODE: "umask (default 0)",
        Knob.THREADS: "worker_class = gthread, threads = 16",
        Knob.WITHOUT_TLS: "no certfile",
    },
    knobs_of={
        # Such a worker closes each connection after the answer.
        WorkerModel.ONE_REQUEST: {Knob.KEPT_CONNECTIONS: ""},
        # Of these workers it is the limit of a worker that gives no sign of life, not of a request.
        WorkerModel.THREADS: {Knob.TIME_LIMIT: ""},
        WorkerModel.GREENLETS: {Knob.TIME_LIMIT: ""},
        WorkerModel.EVENT_LOOP: {Knob.TIME_LIMIT: "", Knob.ACCEPT_QUEUE: "backlog (worker class asgi: always 100)"},
    },
    own_files={
        "gunicorn.conf.py": "gunicorn -c {file} {target}",
        "gunicorn_conf.py": "gunicorn -c {file} {target}",
        "gunicorn_config.py": "gunicorn -c {file} {target}",
    },
    kit_files={
        WorkerModel.ONE_REQUEST: "gunicorn_sync.py",
        WorkerModel.THREADS: "gunicorn_gthread.py",
        WorkerModel.GREENLETS: "gunicorn_gevent.py",
        WorkerModel.EVENT_LOOP: "gunicorn_asgi.py",
    },
    log=LOG,
    model_told=_model_of,
    values=lambda _configuration, place: {"WEB_BIND": _bind(place)},
    deployable=Deployable(
        file="gunicorn.conf.py",
        plain=plain_python,
        variables=WEB_VARIABLES,
        arguments=("--config", "{file}"),
        options=python_options,
        file_fault=syntax_fault,
        model_option="worker_class",
        model=_with_threads,
        addresses=("bind",),
        usual_address="127.0.0.1:8000",
        defaults={
            "listen": "2048",
            "keepalive_s": "2",
            "workers": "1",
            "threads": "1",
            "greenlets": "1000",
            "app_s": "30",
        },
        fixed_listen=_fixed_listen,
        none_with=("workers", "greenlets"),
        late_patch=_late_patch,
        is_mine=lambda text: bool(_OWN_FILE.search(text)),
        on_port="exec gunicorn --config {file} --bind 0.0.0.0:$PORT",
        # Its file takes no variable into an address; what the command says counts.
        port="8000",
        unit={
            # It tells systemd when it listens. SIGTERM goes to the master, which lets its workers end their requests.
            "Type": "notify",
            "NotifyAccess": "main",
            "ExecReload": "/bin/kill -HUP $MAINPID",
            "KillMode": "mixed",
            "KillSignal": "SIGTERM",
        },
        reload="With preload_app a reload (SIGHUP) does not read new code: restart it. Without, a reload stops the old "
        "workers before the new ones have imported the site.",
        unlimited="timeout ends no request of these workers, it finds workers that stand still; what takes too long "
        "ends at nginx, and goes on in the worker",
    ),
    journals_lives=True,
    rank=2,
)

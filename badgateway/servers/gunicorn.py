"""Gunicorn: all that is true of it alone."""

import re

from badgateway.model.configuration import Configuration, WorkerModel
from badgateway.model.evidence import LogKind
from badgateway.model.knob import Knob
from badgateway.servers.server import Place, Server, Start

_CLASS = re.compile(r"^\s*worker_class\s*=([^#\n]*)", re.MULTILINE)
_MODELS = {
    "gevent": WorkerModel.GREENLETS,
    "gthread": WorkerModel.THREADS,
    "sync": WorkerModel.ONE_REQUEST,
    "asgi": WorkerModel.EVENT_LOOP,
    "uvicorn": WorkerModel.EVENT_LOOP,
}
"""By a word of the worker class."""


def _start(_configuration: Configuration, place: Place) -> Start:
    # Its configuration is the journal, which takes the settings of the server file and adds hooks. The master ends when
    # its first workers cannot import the application.
    return Start(
        argv=(place.program("gunicorn"), "--config", str(place.journal)),
        bind=f"unix:{place.address}" if place.port is None else place.address,
        environment={"JOURNAL_GUNICORN": str(place.server_file)},
    )


def _worker_model(text: str) -> WorkerModel:
    # What is set last counts; without a class it is sync, and gthread as soon as there are threads.
    named = _CLASS.findall(text)[-1:]
    return (_model_of(named[0]) if named else None) or WorkerModel.THREADS


def _model_of(worker_class: str) -> WorkerModel | None:
    return next((model for word, model in _MODELS.items() if word in worker_class.lower()), None)


SERVER = Server(
    name="gunicorn",
    label="Gunicorn",
    distributions=("gunicorn", "gevent", "greenlet"),
    files=("*.py",),
    start=_start,
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
        "reload_mercy_s": "graceful_timeout",
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
        # Of these workers it is the limit of a worker that gives no sign of life, not of a request.
        WorkerModel.THREADS: {Knob.TIME_LIMIT: ""},
        WorkerModel.GREENLETS: {Knob.TIME_LIMIT: ""},
        WorkerModel.EVENT_LOOP: {Knob.TIME_LIMIT: "", Knob.ACCEPT_QUEUE: "backlog (worker class asgi: always 100)"},
    },
    log=LogKind.GUNICORN,
    model_told=_model_of,
    rank=2,
)

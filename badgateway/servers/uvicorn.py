"""uvicorn: all that is true of it alone."""

from badgateway.model.configuration import Configuration, WorkerModel
from badgateway.model.knob import Knob
from badgateway.servers.environment_file import bind_variables, fitting
from badgateway.servers.server import Place, Server, Start


def _start(configuration: Configuration, place: Place) -> Start:
    most, delta = configuration.max_requests, configuration.max_requests_delta
    own: dict[str, str | None] = {
        **bind_variables("UVICORN", place),
        "UVICORN_WORKERS": str(configuration.workers),
        "UVICORN_BACKLOG": str(configuration.listen),
        "UVICORN_TIMEOUT_KEEP_ALIVE": str(configuration.keepalive_s),
        "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": str(configuration.reload_mercy_s),
        # 0 would be a limit of no request.
        "UVICORN_LIMIT_MAX_REQUESTS": str(most) if most else None,
        "UVICORN_LIMIT_MAX_REQUESTS_JITTER": str(delta) if most else None,
    }
    return Start(
        argv=(place.program("uvicorn"), place.target),
        bind=place.address,
        environment=fitting(place.server_text, own),
    )


def _worker_model(_text: str) -> WorkerModel:
    return WorkerModel.EVENT_LOOP


SERVER = Server(
    name="uvicorn",
    label="uvicorn",
    distributions=("uvicorn", "httptools", "uvloop"),
    files=("uvicorn*.env",),
    start=_start,
    worker_model=_worker_model,
    settings={
        "workers": "UVICORN_WORKERS",
        "listen": "UVICORN_BACKLOG",
        "keepalive_s": "UVICORN_TIMEOUT_KEEP_ALIVE",
        "max_requests": "UVICORN_LIMIT_MAX_REQUESTS",
        "max_requests_delta": "UVICORN_LIMIT_MAX_REQUESTS_JITTER",
        "reload_mercy_s": "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN",
    },
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
        Knob.LOG: "UVICORN_LOG_CONFIG, with the time and the process in each line",
        Knob.MEMORY_LIMIT: "UVICORN_LIMIT_MAX_REQUESTS = 1000, UVICORN_LIMIT_MAX_REQUESTS_JITTER = 500",
        Knob.REQUEST_LIMIT: "UVICORN_LIMIT_CONCURRENCY",
    },
)

"""Gunicorn's time limits: the same WORKER TIMEOUT is a 500, a 502 or a cut body."""

from badgateway.causes.conditions import BODY_CUT, CONNECTION_CLOSED, ENDED_EARLY
from badgateway.causes.deaths import Death
from badgateway.causes.rule import Rule, died_as, near
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob, WorkerModel

FAMILY = "worker time limits"

_RAISE = Remedy(
    text="Set it above the slowest request you allow and below the proxy's read timeout (default 30 s).",
    knobs=(Knob.HEARTBEAT_LIMIT,),
)
_FASTER = Remedy(text="Make the request faster, or move it into a background job.")
_THREADS = Remedy(
    text="With threads or greenlets the limit is on the worker, not on each request.",
    knobs=(Knob.THREADS,),
    worker_models=(WorkerModel.ONE_REQUEST, WorkerModel.GREENLETS),
)

TIMEOUT_500 = Cause(
    id="gunicorn-timeout-500",
    title="Gunicorn's timeout interrupted the request, which became a 500",
    family=FAMILY,
    servers=("gunicorn",),
    statuses=(500,),
    explanation="The sync worker took longer than --timeout. It was in Python, so SystemExit was raised in the view, "
    "and Gunicorn 22 and later answer that with 500.",
    evidence="Gunicorn: `[CRITICAL] WORKER TIMEOUT (pid:N)` within a second of a 500 that came from upstream and "
    "took a second and more.",
    remedies=(_FASTER, _RAISE, _THREADS),
    confused_with="Looks like a bug in the view: the traceback ends wherever it just was. With more than one bind "
    "address the worker may be stopped after half of the timeout.",
)

BLOCKED_IN_C = Cause(
    id="gunicorn-timeout-blocked-in-c",
    title="Gunicorn's timeout had to kill the worker, which was blocked in C",
    family=FAMILY,
    servers=("gunicorn",),
    statuses=(502,),
    explanation="The worker gave no sign of life for --timeout and could not handle the signal that asked it to "
    "stop: it was inside a C library, mostly the database driver, or a long computation. A second later the arbiter "
    "killed it, with all it served.",
    evidence="Gunicorn: `[CRITICAL] WORKER TIMEOUT (pid:N)`, then `Worker (pid:N) was sent SIGKILL! Perhaps out of "
    "memory?` for the same pid, without a traceback or `Worker exiting` of it between them, at the time of nginx's "
    "`upstream prematurely closed connection`.",
    remedies=(
        Remedy(
            text="Give the driver a time limit of its own, below Gunicorn's.",
            settings={"Django": "OPTIONS read_timeout, connect_timeout", "MariaDB": "max_statement_time"},
            worker_models=(WorkerModel.ONE_REQUEST, WorkerModel.THREADS, WorkerModel.GREENLETS),
        ),
        Remedy(
            text="Keep what computes for long out of the event loop: while it runs, the worker gives no sign of life, "
            "and nobody else of it is served. A pool of processes, or a background job.",
            settings={"asyncio": "loop.run_in_executor(ProcessPoolExecutor(), ...)"},
            worker_models=(WorkerModel.EVENT_LOOP,),
        ),
        Remedy(
            text="Under gevent use a driver in pure Python: one in C stops the worker's heartbeat for everyone.",
            settings={"Django": "pymysql.install_as_MySQLdb()"},
            worker_models=(WorkerModel.GREENLETS,),
        ),
        _RAISE,
    ),
    confused_with="Not out of memory, whatever the line says: it was the arbiter's own SIGKILL. A real OOM has no "
    "WORKER TIMEOUT before it and a line in the kernel's log.",
)

TIMEOUT_502 = Cause(
    id="gunicorn-timeout-502",
    title="Gunicorn's timeout ended the worker, and the connection was closed",
    family=FAMILY,
    servers=("gunicorn",),
    statuses=(502,),
    explanation="The worker gave no sign of life for --timeout and went when it was asked to. Under gevent that is a "
    "loop in pure Python; the sync worker up to Gunicorn 21 closed the connection instead of answering 500.",
    evidence="Gunicorn: `[CRITICAL] WORKER TIMEOUT (pid:N)` without a SIGKILL of that pid, or with one behind a "
    "traceback that ends in `SystemExit: 1` or `Worker exiting (pid: N)`, which only Python can write; at the time of "
    "nginx's `upstream prematurely closed connection`.",
    remedies=(_FASTER, _RAISE, _THREADS),
    confused_with="Requests that only shared the worker fail with it; the URL alone does not convict.",
)

CUT_BODY = Cause(
    id="timeout-cut-the-body",
    title="Gunicorn's timeout cut the answer in its middle",
    family=FAMILY,
    servers=("gunicorn",),
    statuses=(200,),
    explanation="The sync worker was stopped by --timeout while it was streaming. Headers had gone out, so the "
    "client has a 200 and half a file, and so has nginx's access log.",
    evidence="nginx: `upstream prematurely closed connection while reading upstream` (only with HTTP/1.1 or a "
    "Content-Length), or a body the client found cut, at the time of Gunicorn's `WORKER TIMEOUT`.",
    remedies=(
        Remedy(text="Stream from a worker without a limit per request.", knobs=(Knob.THREADS,)),
        _RAISE,
        Remedy(text="Make cuts visible to clients.", settings={"nginx": "proxy_http_version 1.1"}),
    ),
    confused_with="The access log counts it as a success.",
)

GRACEFUL_CUT = Cause(
    id="graceful-timeout-cut",
    title="A worker that was leaving was cut off before it had finished",
    family=FAMILY,
    servers=("gunicorn",),
    statuses=(502, 200),
    explanation="On a reload, a stop or max_requests a worker finishes what it has, for graceful_timeout at most. This "
    "request took longer.",
    evidence="Gunicorn: `Worker graceful timeout (pid:N)`; with threads `Worker exiting (pid: N)` and only then "
    "`WORKER TIMEOUT (pid:N)`, at the time the connection was closed.",
    remedies=(
        Remedy(text="Set it above the slowest request (default 30 s).", knobs=(Knob.GRACEFUL_STOP,)),
        Remedy(
            text="Give the supervisor as much patience.",
            settings={"systemd": "TimeoutStopSec", "Docker": "stop_grace_period"},
        ),
        _FASTER,
    ),
    confused_with="The WORKER TIMEOUT of a thread worker that was leaving is no hang.",
)

ANSWERED_RULES = (
    Rule(
        cause=TIMEOUT_500,
        where="c.app_answered AND c.status = 500 AND coalesce(c.duration_s, 1) >= 1",
        proof=near(ServerEvent.WORKER_TIMEOUT),
    ),
)


DEATH_RULES = (
    Rule(cause=CUT_BODY, where=BODY_CUT, proof=died_as(Death.TIMEOUT, Death.BLOCKED_IN_C)),
    Rule(cause=GRACEFUL_CUT, where=ENDED_EARLY, proof=died_as(Death.GRACEFUL)),
    Rule(cause=BLOCKED_IN_C, where=CONNECTION_CLOSED, proof=died_as(Death.BLOCKED_IN_C)),
    Rule(cause=TIMEOUT_502, where=CONNECTION_CLOSED, proof=died_as(Death.TIMEOUT)),
)
CAUSES = (TIMEOUT_500, BLOCKED_IN_C, TIMEOUT_502, CUT_BODY, GRACEFUL_CUT)

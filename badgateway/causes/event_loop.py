"""The event loop: stopped by one request for all, or with no place left."""

from dataclasses import replace

from badgateway.causes.conditions import because
from badgateway.causes.rule import Proof, Rule, during
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob, WorkerModel

FAMILY = "event loop"

_REMEDIES = (
    Remedy(
        text="Use a driver in pure Python.",
        settings={"Django": "pymysql.install_as_MySQLdb() instead of mysqlclient"},
        worker_models=(WorkerModel.GREENLETS,),
    ),
    Remedy(
        text="Have what blocks run in a thread.",
        settings={"Django": "sync_to_async(..., thread_sensitive=False)"},
        worker_models=(WorkerModel.EVENT_LOOP,),
    ),
    Remedy(
        text="Or use threads, where any driver will do.",
        knobs=(Knob.THREADS,),
    ),
    Remedy(text="Move computation (Excel exports) into a background job."),
)

EVENT_LOOP_BLOCKED = Cause(
    id="event-loop-blocked",
    title="Another request stopped the worker's event loop",
    family=FAMILY,
    statuses=(504,),
    explanation="Under gevent all requests of a worker share one thread. One that waits in C (mysqlclient) or computes "
    "stops all others, so fast pages time out too.",
    evidence="nginx: a read timeout, while the loop's own probe was late for at least half of the request's duration. "
    "The request journal tells which line of the application did it, and in which request (blocks-the-event-loop); "
    "without it gevent shows the line: GEVENT_MONITOR_THREAD_ENABLE=1 GEVENT_MAX_BLOCKING_TIME=0.5.",
    remedies=_REMEDIES,
    confused_with="The URL that failed is not to blame: look for what else ran in that worker.",
)

BLOCKS_EVENT_LOOP = Cause(
    id="blocks-the-event-loop",
    title="This request stopped its worker's event loop, and was too slow itself",
    family=FAMILY,
    statuses=(504,),
    explanation="Under gevent all requests of a worker share one thread, and this one kept it: it waited in C "
    "(mysqlclient) or computed, longer than the proxy waits. All others of the worker waited with it "
    "(event-loop-blocked).",
    evidence="nginx: a read timeout; in the request journal the loop's probe was late for at least half of the "
    "request's duration, and this request was the first of its process to end meanwhile: while the loop stands still, "
    "only the one that stopped it runs.",
    remedies=_REMEDIES,
    confused_with="The other failures of that time are its victims. More workers only share the damage out.",
)

CORES_EXHAUSTED = Cause(
    id="async-cores-exhausted",
    title="All of uWSGI's async cores were taken",
    family=FAMILY,
    servers=("uwsgi",),
    statuses=(504,),
    explanation="Each request in flight takes one of the N cores of gevent = N. Beyond that uWSGI takes no more, and "
    "burns a whole CPU while it waits.",
    evidence="uWSGI: `[DANGER] async queue is full !!!` while the request waited, then nginx's read timeout.",
    remedies=(
        Remedy(text="Allow more requests at a time: 100 and up, if the database agrees.", knobs=(Knob.GREENLETS,)),
        Remedy(
            text="Limit the database's connections by a pool, not by cores.", settings={"POOL_OPTIONS": "POOL_SIZE"}
        ),
        Remedy(text="More processes.", knobs=(Knob.WORKERS,)),
    ),
    confused_with="100 % CPU here is no sign of work: it is uWSGI asking for a free core.",
)

_BLOCKED_MOST_OF_IT = Proof(
    joins="JOIN blocked p USING (failure_id)",
    condition="p.blocked_s >= 0.5 * (c.time_s - c.start_s)",
    event="p.event_id",
    kinds=frozenset({ServerEvent.LOOP_BLOCKED}),
)

_READING = f"{because(Reason.READ_TIMEOUT)} AND c.time_s > c.start_s"

READ_RULES = (
    Rule(
        cause=BLOCKS_EVENT_LOOP,
        where=f"{_READING} AND c.in_app",
        proof=replace(_BLOCKED_MOST_OF_IT, condition=f"{_BLOCKED_MOST_OF_IT.condition} AND p.own"),
    ),
    Rule(cause=EVENT_LOOP_BLOCKED, where=_READING, proof=_BLOCKED_MOST_OF_IT),
    Rule(
        cause=CORES_EXHAUSTED,
        where=f"{because(Reason.READ_TIMEOUT)} AND c.queued",
        proof=during(ServerEvent.ASYNC_QUEUE_FULL),
    ),
)

CAUSES = (EVENT_LOOP_BLOCKED, BLOCKS_EVENT_LOOP, CORES_EXHAUSTED)

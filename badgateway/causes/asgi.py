"""Servers that put no limit on requests: on their number, on their time, and on how early the header goes out."""

from badgateway.causes import accept_queue, application, database
from badgateway.causes.conditions import BODY_CUT, GRANIAN, OF_ITS_SERVER, UVICORN, because
from badgateway.causes.rule import Proof, Rule, near
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob

CONNECTIONS_RAN_OUT = Cause(
    id="asgi-connections-exhausted",
    title="Under ASGI each request had a thread of its own, and the database connections ran out",
    family=database.FAMILY,
    statuses=(500,),
    explanation="An ASGI server takes any number of requests at a time, and Django runs each view that is no coroutine "
    "in a thread of its own. Each thread opens a database connection: nothing but the database limits them.",
    evidence="Django: `(1040, 'Too many connections')` or `FATAL: sorry, too many clients already`, and the server is "
    "uvicorn, or Gunicorn with `Using worker: asgi` or uvicorn's worker class.",
    remedies=(
        Remedy(
            text="Share connections within a process: a pool is the limit that is missing (Django 5.1 and later with "
            "psycopg, dj_db_conn_pool with MariaDB).",
            settings={"Django": "OPTIONS pool max_size, or POOL_OPTIONS POOL_SIZE"},
        ),
        Remedy(text="Refuse what is too much with a 503 of the server's own.", knobs=(Knob.REQUEST_LIMIT,)),
        Remedy(
            text="Keep no connections: each request has a new thread, so none is used twice.",
            settings={"Django": "CONN_MAX_AGE = 0"},
        ),
        Remedy(
            text="Or run views that are no coroutines on threads, of which there is a number.", knobs=(Knob.THREADS,)
        ),
    ),
    confused_with="The same error under WSGI is db-connections-exhausted: there workers x threads is the limit.",
)

HEADER_SENT = Cause(
    id="header-before-the-exception",
    title="The status 200 had been sent when the application raised an exception",
    family=application.FAMILY,
    statuses=(200,),
    explanation="Granian and uvicorn send the header as soon as the application gives it, before the first piece of "
    "the body. An exception in the generator of a streaming response then cuts the answer; under Gunicorn's threads "
    "the same exception before the first piece is a 500.",
    evidence="nginx: `upstream prematurely closed connection while reading upstream`, or a body the client found cut, "
    "and within a second Granian's `Application callable raised an exception` or uvicorn's `Exception in ASGI "
    "application`.",
    remedies=(
        Remedy(text="Read the traceback below that line."),
        Remedy(text="Ask the database for the first rows before the response is made, so that its errors are a 500."),
        Remedy(text="Make cuts visible to clients.", settings={"nginx": "proxy_http_version 1.1"}),
    ),
    confused_with="The access log counts it as a success, and no worker died.",
)

WORK_FOR_NOBODY = Cause(
    id="work-for-nobody",
    title="The workers were busy with requests whose clients had gone",
    family=accept_queue.FAMILY,
    statuses=(504,),
    explanation="The server has no limit on a request's time, and does not stop a view when its client or the proxy "
    "gives up. The requests that failed before this one ran on to their end, while this one waited for their threads.",
    evidence="A read timeout of a request that had not begun, or late; the request journal shows requests that ended "
    "as 499 or 504 and ran on for at least half of its wait; and the server is one without a limit: Granian or "
    "uvicorn.",
    remedies=(
        Remedy(
            text="End in the application what nobody waits for: limits in the database and in HTTP clients, below the "
            "proxy's.",
            settings={"Django": "OPTIONS read_timeout, connect_timeout", "MariaDB": "max_statement_time"},
        ),
        Remedy(text="Serve more requests at a time.", knobs=(Knob.AT_A_TIME,)),
        Remedy(text="Run long work in a background job."),
    ),
    confused_with="The URL that failed is not to blame, and a longer queue or timeout makes it worse.",
)

REFUSED = Cause(
    id="concurrency-limit-exceeded",
    title="The server had as many requests as it may have, and refused this one",
    family=accept_queue.FAMILY,
    servers=("uvicorn",),
    statuses=(503,),
    explanation="uvicorn answers 503 itself when a worker has reached --limit-concurrency. The limit is of connections "
    "and running requests: N lets N - 1 in.",
    evidence="uvicorn: `Exceeded concurrency limit.` within a second of a 503 that came from upstream.",
    remedies=(
        Remedy(text="Serve more requests at a time.", knobs=(Knob.AT_A_TIME,)),
        Remedy(text="Raise the limit, if database and memory agree.", knobs=(Knob.REQUEST_LIMIT,)),
    ),
    confused_with="Not the application's 503, and no fault of the proxy.",
)


def _near(event: ServerEvent, condition: str) -> Proof:
    """Prove as `near` does, by an event `e` for which the condition holds."""
    proof = near(event)
    return Proof(
        joins=f"{proof.joins} JOIN events e ON e.event_id = {proof.event}",
        condition=condition,
        event="e.event_id",
        nearness=proof.nearness,
        kinds=proof.kinds,
    )


_OF_ASGI = (
    f"e.server = '{UVICORN}' OR e.instance IN (SELECT instance FROM events "  # noqa: S608 # words of the evidence
    f"WHERE kind = '{ServerEvent.SEVERAL_AT_ONCE}' AND regexp_matches(path, '^asgi$|uvicorn'))"
)
_ITS_SERVER = f"server IN ('{GRANIAN}', '{UVICORN}')"
_WITHOUT_LIMIT = f"SELECT instance, min(event_id) AS event_id FROM events WHERE {_ITS_SERVER} GROUP BY instance"  # noqa: S608 # words of the evidence

ANSWERED_RULES = (
    Rule(
        cause=CONNECTIONS_RAN_OUT,
        where="c.app_answered",
        proof=_near(ServerEvent.DB_TOO_MANY_CONNECTIONS, _OF_ASGI),
    ),
    Rule(
        cause=REFUSED,
        where="c.status = 503 AND NOT c.lb_made AND (c.app_answered OR NOT c.has_upstream_times)",
        proof=near(ServerEvent.REQUEST_REFUSED),
    ),
)
CUT_RULES = (
    Rule(
        cause=HEADER_SENT,
        where=f"{BODY_CUT} AND NOT c.died_in_app",
        proof=_near(ServerEvent.APPLICATION_EXCEPTION, f"e.{_ITS_SERVER}"),
    ),
)
READ_RULES = (
    Rule(
        cause=WORK_FOR_NOBODY,
        where=f"{because(Reason.READ_TIMEOUT)} AND c.queued AND (c.in_app OR $journal)",
        proof=Proof(
            joins=f"{OF_ITS_SERVER} JOIN ({_WITHOUT_LIMIT}) e ON e.instance = s.instance "
            "JOIN abandoned p USING (failure_id)",
            condition="p.abandoned_s >= 0.5 * (c.time_s - c.start_s)",
            event="e.event_id",
        ),
    ),
)

CAUSES = (CONNECTIONS_RAN_OUT, HEADER_SENT, WORK_FOR_NOBODY, REFUSED)

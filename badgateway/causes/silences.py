"""Times in which requests came, and none of them succeeded: what hangs is found in the workers, not in the queue."""

import duckdb

from badgateway.causes.conditions import because
from badgateway.causes.rule import Proof, Rule
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason
from badgateway.model.knob import Knob
from badgateway.model.raw_words import OWN_TRIAL

NO_ANSWERS = Cause(
    id="no-request-answered",
    title="From then on no request was answered: the workers hang",
    family="accept queue",
    statuses=(502, 504),
    explanation="Requests were answered before, and at that time not one. All workers wait for something that does not "
    "come: a lock that was held when they were forked, a database, another service. The queue behind them fills up, "
    "and is only the echo. They may also have been kept by a few requests that are very slow.",
    evidence="Five failures and more, of several paths, that found a full queue or no answer in time, in minutes in "
    "which the access log has no request that succeeded, after minutes in which it has some.",
    remedies=(
        Remedy(
            text="See what the workers wait for while it happens: the stack of each shows it.",
            settings={"command": "py-spy dump --pid"},
        ),
        Remedy(
            text="Let no worker hang for ever: a limit above the slowest request you allow.",
            knobs=(Knob.TIME_LIMIT, Knob.HEARTBEAT_LIMIT),
        ),
        Remedy(
            text="If it began with a reload or a start: let workers import the application after the fork, so that no "
            "lock of a thread (of a logger, of a monitoring agent) is copied in its locked state.",
            knobs=(Knob.FORK_HOOKS, Knob.LAZY),
        ),
        Remedy(
            text="Give what the workers wait for a time limit: database, HTTP clients, locks.",
            settings={"Django": "OPTIONS read_timeout, connect_timeout"},
        ),
    ),
    confused_with="No queue is too short: a longer one makes everybody wait longer for the same workers.",
)

_LEAST_FAILURES = 5
_LEAST_PATHS = 2

_STUCK = because(Reason.QUEUE_FULL, Reason.CONNECT_TIMEOUT, Reason.READ_TIMEOUT)

# A minute is silent when requests failed in it and none succeeded, after one in which some did.
_SILENT = f"""
CREATE OR REPLACE TEMP TABLE silent AS
WITH answered AS (SELECT DISTINCT minute_s FROM volume WHERE status < 499 AND source <> '{OWN_TRIAL}'),
stuck AS (
    SELECT c.failure_id, c.path, floor(c.time_s / 60)::BIGINT * 60 AS minute_s, c.start_s
    FROM prepared_failures c WHERE c.time_s >= (SELECT min(minute_s) FROM answered) AND {_STUCK}),
after AS (
    SELECT s.*, a.minute_s AS last_answered_s FROM stuck s ASOF JOIN answered a ON s.minute_s >= a.minute_s),
together AS (
    SELECT last_answered_s FROM after WHERE last_answered_s < minute_s
    GROUP BY last_answered_s HAVING count(*) >= {_LEAST_FAILURES} AND count(DISTINCT path) >= {_LEAST_PATHS})
SELECT failure_id FROM after SEMI JOIN together USING (last_answered_s)
WHERE last_answered_s < minute_s AND last_answered_s + 60 <= start_s
"""  # noqa: S608 # constants of this module

_MAY_BE = f"SELECT count(*) >= {_LEAST_FAILURES} FROM prepared_failures c WHERE {_STUCK}"  # noqa: S608 # as above
_NONE_SILENT = "CREATE OR REPLACE TEMP TABLE silent (failure_id BIGINT)"

_IN_A_SILENCE = Proof(joins="SEMI JOIN silent p USING (failure_id)", condition="true", event="CAST(NULL AS BIGINT)")


def _rules(*reasons: Reason) -> tuple[Rule, ...]:
    # Where starts are kept they tell who waited for a worker, and who had one.
    where = f"{because(*reasons)} AND NOT c.in_app AND NOT $journal"
    return (Rule(cause=NO_ANSWERS, where=where, proof=_IN_A_SILENCE, certainty=Certainty.FAMILY),)


QUEUE_RULES = _rules(Reason.QUEUE_FULL, Reason.CONNECT_TIMEOUT)
"""Before what only names the full queue."""
READ_RULES = _rules(Reason.READ_TIMEOUT)

CAUSES = (NO_ANSWERS,)


def prepare_silences(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table silent: the failures of times in which no request succeeded any more."""
    ((may_be,),) = connection.execute(_MAY_BE).fetchall()
    connection.execute(_SILENT if may_be else _NONE_SILENT)

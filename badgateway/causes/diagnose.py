"""Finds the cause of each failure in tables of evidence."""

import duckdb

from badgateway.causes.answer import causes_found, unattributed_lines
from badgateway.causes.cases import prepare_cases
from badgateway.causes.catalogue import RULES
from badgateway.causes.complaints import prepare_complaints
from badgateway.causes.deaths import prepare_deaths
from badgateway.causes.decide import decide
from badgateway.causes.hints import hints
from badgateway.causes.marks import prepare_marks, prepare_serving
from badgateway.causes.silences import prepare_silences
from badgateway.causes.spans import prepare_spans
from badgateway.model.diagnosis import Diagnosis


def diagnose(
    connection: duckdb.DuckDBPyConnection,
    *,
    requests: int,
    journal: bool | None = None,
    given: frozenset[str] = frozenset(),
) -> Diagnosis:
    """Attribute each failure to one cause, to a family of causes, or to none.

    The evidence is only read. What is made of it stays in temporary tables of the connection: `cases` (a row per
    failure) and `attributions` (failure_id, cause_id, certainty, mark_id) are the two that others may use.

    Args:
        connection: With the tables of `badgateway.model.evidence`; failure_id is unique.
        requests: All requests of the access logs, failed or not.
        journal: Whether the starts of requests in the application were kept (app_pid, app_started_s). Without them a
            request that never reached the application cannot be told from one that did. None: when any failure has one.
        given: The kinds of the logs that were read, with SERVER_LOG for any server's: nobody is told to give those.
    """
    if journal is None:
        journal = _first(connection, "SELECT count(app_pid) FROM failures") > 0
    prepare_marks(connection)
    prepare_complaints(connection)
    prepare_cases(connection)
    prepare_serving(connection)
    prepare_deaths(connection)
    prepare_spans(connection)
    prepare_silences(connection)
    decide(connection, RULES, journal=journal)
    causes = causes_found(connection)
    failures = _first(connection, "SELECT count(*) FROM cases")
    return Diagnosis(
        requests=requests,
        failures=failures,
        causes=causes,
        unattributed=failures - sum(found.count for found in causes),
        unattributed_lines=unattributed_lines(connection),
        hints=hints(connection, journal=journal, given=given),
    )


def _first(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    # All of it: a result that is not read to its end would keep the connection busy.
    ((number,),) = connection.execute(query).fetchall()
    return int(number)

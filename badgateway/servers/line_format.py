"""What has to be known of a kind of log that has one request per line, to read its requests in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from badgateway.model.log_kind import Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormat:
    """SQL expressions over the column `line`; status and time_s are evaluated for every line, so they must be cheap.

    Attributes:
        pieces: Columns over `line` (with names of their own), then columns over those, and so on; status and time_s
            may use them.
        status: INTEGER, NULL where the line is not a request of this kind.
        time_s: DOUBLE, seconds since the epoch, when the request ended; NULL as above.
        has_local_times: Whether the times have no zone, so that time_s takes them for UTC.
        was_retried: BOOLEAN, a reason to keep the row of a request that did not fail.
        tells: BOOLEAN, a reason to keep the line of a request that did not fail for what it tells of others.
        claims_to_be_a_request: BOOLEAN, whether a line without status or time is malformed; None: every line but a
            blank one. A server's log has other lines too.
        proxy: Whose log it is, where its kind does not tell; None: nothing tells.
        columns: Expressions for columns of model.evidence.FAILURES, evaluated for kept lines only.
    """

    kind: str
    status: str
    time_s: str
    pieces: tuple[str, ...] = ()
    has_local_times: bool = False
    was_retried: str = "FALSE"
    tells: str = "FALSE"
    claims_to_be_a_request: str | None = None
    proxy: Proxy | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def text_literal(text: str) -> str:
    """SQL for a text."""
    return "'" + text.replace("'", "''") + "'"


def before(text: str, mark: str) -> str:
    """SQL for what stands before the first such mark of a text, all of it where there is none.

    `split_part` takes the whole text apart for it.
    """
    at = f"strpos({text}, {text_literal(mark)})"
    return f"CASE WHEN {at} > 0 THEN left({text}, {at} - 1) ELSE {text} END"


def extracted(pattern: str, text: str = "line", *, group: int = 1) -> str:
    """SQL for a group of the pattern, NULL without a match."""
    return f"nullif(regexp_extract({text}, {text_literal(pattern)}, {group}), '')"


def number(pattern: str, sql_type: str, text: str = "line", *, group: int = 1) -> str:
    """SQL for a group of the pattern as a number, NULL without one."""
    return f"TRY_CAST({extracted(pattern, text, group=group)} AS {sql_type})"


def finite(text: str) -> str:
    """SQL for a text as a DOUBLE, NULL if it is no number, 'nan' or 'inf'."""
    cast = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN isfinite({cast}) THEN {cast} END"


def status_code(text: str) -> str:
    """SQL for a text as an HTTP status, NULL if it is none."""
    return f"CASE WHEN regexp_full_match({text}, '[1-9][0-9][0-9]') THEN CAST({text} AS INTEGER) END"


def epoch_s(text: str, time_format: str) -> str:
    """SQL for seconds since the epoch of a text in DuckDB's strptime format, NULL if it is no such time."""
    return f"epoch(try_strptime({text}, '{time_format}'))"


def request_columns(request: str) -> dict[str, str]:
    """Columns method and uri out of SQL for a request line such as 'GET /x HTTP/1.1'."""
    return {
        "method": extracted(r"^([A-Z]+) ", request),
        "uri": extracted(r"^[A-Z]+ (.*?)(?: HTTP/[\d.]+)?$", request),
    }

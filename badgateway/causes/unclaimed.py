"""Finds what a proxy's error log tells of requests that no access log has as failed: tried again, or of another log."""

from dataclasses import dataclass

import duckdb

from badgateway import numbers
from badgateway.causes.conditions import listed
from badgateway.model.evidence import Reason
from badgateway.model.log_kind import Proxy

_NOT_SURE = (Reason.CLIENT_GONE, Reason.LIMITED, Reason.OTHER)
"""The client left or was sent away, or what it got is not known."""

# A request that was tried several times has a line for each, and one of them is its failure's. Where requests failed,
# the error log of other times than the access log's says nothing about those.
_UNCLAIMED = f"""
WITH claimed AS (
    SELECT right_id AS id FROM failure_lines UNION
    SELECT proxy_line_id FROM prepared_failures WHERE proxy_line_id IS NOT NULL),
tried AS (SELECT DISTINCT connection, request FROM proxy_lines SEMI JOIN claimed USING (id)),
failed AS (
    SELECT DISTINCT path, second + unnest([-1, 0, 1]) AS second FROM prepared_failures WHERE second IS NOT NULL),
untold AS (
    SELECT id, connection, request, second, split_part(split_part(request, ' ', 2), '?', 1) AS path, row
    FROM proxy_lines ANTI JOIN claimed USING (id)
    WHERE proxy = '{Proxy.NGINX}' AND request IS NOT NULL AND status >= 500 AND reason NOT IN {listed(_NOT_SURE)}
        AND (NOT EXISTS (FROM failures) OR second // 60 * 60 IN (SELECT minute_s FROM volume)))
SELECT count(DISTINCT (connection, request)), any_value(file ORDER BY file, line_number), min(line_number),
    any_value(request ORDER BY file, line_number)
FROM (FROM untold ANTI JOIN tried USING (connection, request) ANTI JOIN failed USING (path, second)) u
JOIN (SELECT rowid AS row, file, line_number FROM proxy_errors) USING (row)
"""  # noqa: S608 # words of the evidence

_MAY_BE = """
SELECT EXISTS (FROM volume)
    AND EXISTS (FROM proxy_lines ANTI JOIN (SELECT right_id AS id FROM failure_lines) USING (id))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """Requests that failed at the proxy, and of which the access logs have no failure."""

    requests: int
    file: str
    """Of the first line."""
    line_number: int
    request: str

    @property
    def sentence(self) -> str:
        """What to say of them."""
        told = numbers.plural(self.requests, "request")
        return (
            f"In nginx's error log {told} got no answer, and the access log has no such failure (first "
            f"{self.file}:{self.line_number}, {self.request}): tried again, answered otherwise, or of another site or "
            "time. $upstream_status would tell."
        )


def unclaimed(connection: duckdb.DuckDBPyConnection) -> Unclaimed | None:
    """Return them, after a diagnosis; None where there are none, or no access log was given."""
    # To look for them takes long, and without an access log, or a line that no failure has, there are none.
    if connection.execute(_MAY_BE).fetchall() != [(True,)]:
        return None
    ((requests, file, line_number, request),) = connection.execute(_UNCLAIMED).fetchall()
    if not requests:
        return None
    return Unclaimed(requests=requests, file=file, line_number=line_number, request=request)

"""Whether the books of client, proxy and application agree on every single request."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from badgateway.model.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What the books hold; numbers of requests."""

    client: int
    """Rows the client wrote."""
    proxy: int
    """Lines the proxy wrote, readiness probes left out."""
    never_reached: int
    """In the client's book only, and rightly so: it got no answer."""
    unmatched_client: int
    """In the client's book only, although it got an answer."""
    unmatched_proxy: int
    """In the proxy's book only."""
    contradictory: int
    """In both books, with different statuses."""
    duplicates_client: int
    """Rows with a request id that another row has already."""
    duplicates_proxy: int
    app: int | None = None
    """Requests the application started, readiness probes left out; None when the trial has no such book."""
    app_unfinished: int = 0
    """Started and never ended, because their worker died; information, not a fault."""
    app_unknown_to_proxy: int = 0
    """In the application's book, not in the proxy's."""
    unknown_to_app: int = 0
    """Answered well by the application according to the proxy, but not in the application's book."""
    has_to_close: bool = True
    """Whether what is in one book only is a fault; not where the proxy's is what a site's own logs happen to have."""

    def problem(self) -> str | None:
        """Say in one sentence why the books cannot be believed; None when they balance."""
        if self.client == 0:
            return f"the client's book is empty (the proxy's has {self.proxy:,}): no load was sent"
        faults = self._faults()
        if not self.has_to_close and not self.duplicates_client:
            return None
        if not faults and self.client == self.proxy + self.never_reached:
            return None
        return (
            f"the books do not balance: the client sent {self.client:,}, the proxy logged {self.proxy:,} "
            f"and {self.never_reached:,} never reached it" + "".join(f"; {fault}" for fault in faults)
        )

    def _faults(self) -> tuple[str, ...]:
        counted = (
            (self.unmatched_client, "answered according to the client, unknown to the proxy"),
            (self.unmatched_proxy, "logged by the proxy, unknown to the client"),
            (self.contradictory, "with one status at the client and another at the proxy"),
            (self.duplicates_client, "with a request id used before, at the client"),
            (self.duplicates_proxy, "with a request id used before, at the proxy"),
            (self.app_unknown_to_proxy, "started by the application, unknown to the proxy"),
            (self.unknown_to_app, "answered by the application according to the proxy, unknown to the application"),
        )
        return tuple(f"{count:,} {fault}" for count, fault in counted if count)


_BOOKS = """
SELECT * FROM
    (SELECT count(*) AS client, count(*) - count(DISTINCT request_id) AS duplicates_client FROM client),
    (SELECT count(*) AS proxy, count(*) - count(DISTINCT request_id) AS duplicates_proxy FROM proxy),
    (SELECT CASE WHEN $has_app THEN count(*) END AS app, count(*) FILTER (app_ended_s IS NULL) AS app_unfinished,
        count(*) - count(DISTINCT request_id) AS app_twice FROM app),
    (SELECT count(*) AS app_unknown_to_proxy FROM app ANTI JOIN proxy USING (request_id))
"""
_LEDGER = f"""
SELECT
    count(*) FILTER (name IS NOT NULL AND proxy_status IS NULL AND outcome <> '{Outcome.UNMATCHED}') AS never_reached,
    count(*) FILTER (name IS NOT NULL AND proxy_status IS NULL AND outcome = '{Outcome.UNMATCHED}') AS unmatched_client,
    count(*) FILTER (name IS NULL AND proxy_status IS NOT NULL) AS unmatched_proxy,
    count(*) FILTER (name IS NOT NULL AND proxy_status IS NOT NULL AND outcome = '{Outcome.UNMATCHED}')
        AS contradictory,
    -- A 4xx or 5xx may be the server's own, but only the application has good news.
    count(*) FILTER ($has_app AND upstream_status BETWEEN 200 AND 399 AND app_pid IS NULL) AS unknown_to_app
FROM {{joined}}
"""  # noqa: S608 # constants of the kit


def count_books(connection: duckdb.DuckDBPyConnection, *, has_app: bool) -> dict[str, int | None]:
    """Count what each of the tables `client`, `proxy` and `app` holds for itself; has_app: there is an app's book.

    Besides fields of Balance it has app_twice: how many requests the application started again.
    """
    return _only_row(connection, _BOOKS, has_app=has_app)


def count(
    connection: duckdb.DuckDBPyConnection,
    joined: str,
    books: Mapping[str, int | None],
    *,
    has_app: bool,
    has_to_close: bool = True,
) -> Balance:
    """Count how the books agree.

    Args:
        connection: Where the table is.
        joined: The table of the joined books, with outcome.
        books: What `count_books` has counted.
        has_app: Whether the trial has an app's book.
        has_to_close: Whether each request has to be in the proxy's.
    """
    found = _only_row(connection, _LEDGER.format(joined=joined), has_app=has_app)
    return Balance(**books, **found, has_to_close=has_to_close)  # type: ignore[arg-type] # only app may be None


def _only_row(connection: duckdb.DuckDBPyConnection, query: str, *, has_app: bool) -> dict[str, int | None]:
    found = connection.execute(query, {"has_app": has_app})
    names = [name for name, *_ in found.description or ()]
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))

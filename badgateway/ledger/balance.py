"""Whether the books of client and proxy agree on every single request."""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What the two books hold; numbers of requests."""

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

    def problem(self) -> str | None:
        """Say in one sentence why the books cannot be believed; None when they balance."""
        if self.client == 0:
            return f"the client's book is empty (the proxy's has {self.proxy:,}): no load was sent"
        faults = self._faults()
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
        )
        return tuple(f"{count:,} {fault}" for count, fault in counted if count)


_COUNTS = """
SELECT
    (SELECT count(*) FROM client) AS client,
    (SELECT count(*) FROM proxy) AS proxy,
    count(*) FILTER (name IS NOT NULL AND proxy_status IS NULL AND outcome <> 'UNMATCHED') AS never_reached,
    count(*) FILTER (name IS NOT NULL AND proxy_status IS NULL AND outcome = 'UNMATCHED') AS unmatched_client,
    count(*) FILTER (name IS NULL) AS unmatched_proxy,
    count(*) FILTER (name IS NOT NULL AND proxy_status IS NOT NULL AND outcome = 'UNMATCHED') AS contradictory,
    (SELECT count(*) - count(DISTINCT request_id) FROM client) AS duplicates_client,
    (SELECT count(*) - count(DISTINCT request_id) FROM proxy) AS duplicates_proxy
FROM ledger
"""


def count(connection: duckdb.DuckDBPyConnection) -> Balance:
    """Count the connection's tables `client`, `proxy` and `ledger`."""
    counts = connection.sql(_COUNTS)
    (row,) = counts.fetchall()
    return Balance(**dict(zip(counts.columns, row, strict=True)))

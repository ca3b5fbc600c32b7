"""What the judge is given of one trial."""

from dataclasses import dataclass

import duckdb

from badgateway.model.diagnosis import Diagnosis
from badgateway.model.samples import ContainerUse, DatabaseConnections, DatabaseWork, Pressure, WorkerGaps
from badgateway.model.site_log import SiteAccount
from badgateway.model.summary import ProcessUse, ProxyMessage
from badgateway.model.trial import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialEvidence:
    """One trial as it was recorded; nothing in it is judged yet."""

    record: TrialRecord
    relation: duckdb.DuckDBPyRelation | None
    """One row per request with at least the columns that `measure` reads; None when unreadable."""
    problem: str | None
    """Why the rows cannot be believed, one sentence; None when they can."""
    proxy_messages: tuple[ProxyMessage, ...]
    """Most frequent first."""
    uses: tuple[ProcessUse, ...]
    diagnosis: Diagnosis | None = None
    """Why its requests failed; None when nobody looked."""
    connections: DatabaseConnections | None = None
    """None when nobody sampled them."""
    database_work: DatabaseWork | None = None
    """None when nobody counted it."""
    worker_gaps: WorkerGaps | None = None
    """None when nothing tells when workers came and went."""
    pressure: Pressure | None = None
    """None when nobody sampled the accept queue."""
    container: ContainerUse | None = None
    """None where the server's container has no size."""
    site: SiteAccount | None = None
    """How far the logs of a site that already runs tell of it; None where the servers are the run's own."""

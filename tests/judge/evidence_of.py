"""Makes evidence, measurements and summaries out of plain counts, without any file."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from badgateway.judge import TrialEvidence, summarise
from badgateway.judge.measure import measure
from badgateway.model.experiment import Experiment
from badgateway.model.outcome import Outcome
from badgateway.model.samples import DatabaseConnections, DatabaseWork
from badgateway.model.study import MachineLimits
from badgateway.model.summary import ConfigurationSummary, Measurement, ProcessUse, ProxyMessage
from badgateway.model.trial import MachineCheck, Trial, TrialRecord, TrialStatus, Window
from tests.declared import declared

QUIET = MachineCheck(steal_share=0.0, outside_share=0.0, clock_step_s=0.0, allowed=MachineLimits())
"""A machine that nobody else used."""
WINDOW = Window(start_s=1000, end_s=1010, drained_s=1012)

Counts = Mapping[Outcome, int]
OK, BAD_GATEWAY = Outcome.OK, Outcome.BAD_GATEWAY


def rows(
    counts: Counts, *, latencies_ms: Sequence[float] = (100.0,), phase: str = "window", name: str | None = "GET /"
) -> duckdb.DuckDBPyRelation:
    """Return a ledger's columns that the judge reads; OK requests take the latencies in turn, others 1 ms.

    Requests start in each of ten seconds in turn, those of each outcome by themselves.
    """
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE ledger (name VARCHAR, outcome VARCHAR, phase VARCHAR, start_s DOUBLE, latency_ms DOUBLE, "
        "first_byte_ms DOUBLE)"
    )
    for outcome, number in counts.items():
        turns = list(latencies_ms) if outcome is OK else [1.0]
        connection.execute(
            "INSERT INTO ledger SELECT $name, $outcome, $phase, 1000 + i % 10, $turns[1 + i % len($turns)], "
            "$turns[1 + i % len($turns)] / 2 FROM range($number) AS numbers(i)",
            {"name": name, "outcome": str(outcome), "phase": phase, "turns": turns, "number": number},
        )
    return connection.table("ledger")


def measurement(counts: Counts, *, latencies_ms: Sequence[float] = (100.0,), limit_ms: float = 1000) -> Measurement:
    found = measure([rows(counts, latencies_ms=latencies_ms)], window_s=10, p95_limit_ms=limit_ms)
    assert found is not None
    return found


def record(configuration: str = "first", users: int = 50, *, block: int = 1, **given: Any) -> TrialRecord:
    fields: dict[str, Any] = {
        "status": TrialStatus.COMPLETED,
        "reason": "",
        "window": WINDOW,
        "started_s": 990.0,
        "ended_s": 1015.5,
        "load_s": 22.0,
        "generator_cpu_share": 0.2,
        "machine": QUIET,
    }
    trial = Trial(block=block, position=block, configuration=configuration, users=users, seed=1)
    return TrialRecord(trial=trial, **(fields | given))


def evidence(
    counts: Counts | None,
    trial: TrialRecord | None = None,
    *,
    latencies_ms: Sequence[float] = (100.0,),
    problem: str | None = None,
    proxy_messages: tuple[ProxyMessage, ...] = (),
    uses: tuple[ProcessUse, ...] = (),
    database_work: DatabaseWork | None = None,
    connections: DatabaseConnections | None = None,
) -> TrialEvidence:
    return TrialEvidence(
        record=trial or record(),
        relation=None if counts is None else rows(counts, latencies_ms=latencies_ms),
        problem=problem,
        proxy_messages=proxy_messages,
        uses=uses,
        database_work=database_work,
        connections=connections,
    )


def experiment(*names: str, users: Sequence[int] = (50,), max_failure_share: float = 0.01) -> Experiment:
    configuration = {"server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2}
    return Experiment.model_validate(
        declared(
            configurations=[{"name": name, **configuration} for name in names],
            load={"locustfile": "experiments/load.py", "users": list(users)},
            objective={"max_failure_share": max_failure_share, "p95_ms": 1000},
        )
    )


def summarised(
    given: Experiment, found: Mapping[str, TrialEvidence | Sequence[TrialEvidence]]
) -> tuple[ConfigurationSummary, ...]:
    trials = [
        entry for entries in found.values() for entry in ([entries] if isinstance(entries, TrialEvidence) else entries)
    ]
    return summarise(given, trials)

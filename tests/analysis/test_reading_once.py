"""What reading takes, a report takes: each raw file of a trial is parsed once, however much is asked of it."""

from collections import Counter
from pathlib import Path

import duckdb
import pytest

from badgateway import logs
from badgateway.analysis import diagnosis
from badgateway.analysis.trials import read_evidence
from badgateway.model.raw import (
    ACCESS_LOG,
    CLIENT_ROWS,
    ERROR_LOG,
    JOURNAL,
    PROCESSES,
    SAMPLES,
    SERVER_LOG,
    STATEMENT_COLUMNS,
    STATEMENTS,
)
from tests.analysis.test_run import MANIFEST, record, recorded

PARSED = (CLIENT_ROWS, ACCESS_LOG, ERROR_LOG, JOURNAL, PROCESSES, SAMPLES, SERVER_LOG, STATEMENTS)
"""The others are a few lines of JSON, or for whoever looks by hand."""


@pytest.fixture
def parsed(monkeypatch) -> Counter[str]:
    """Count which files DuckDB reads, and which the readers of logs are given."""
    counted = Counter[str]()
    execute = duckdb.DuckDBPyConnection.execute

    def counting(connection, query, parameters=None):
        if isinstance(parameters, dict) and "file" in parameters:
            counted[Path(parameters["file"]).name] += 1
        return execute(connection, query, parameters) if parameters is not None else execute(connection, query)

    def counting_logs(sources, **given):
        counted.update(source.name for source in sources)
        return logs.read_logs(sources, **given)

    monkeypatch.setattr(duckdb.DuckDBPyConnection, "execute", counting)
    monkeypatch.setattr(diagnosis, "read_logs", counting_logs)
    return counted


def test_each_raw_file_of_a_trial_with_failures_is_parsed_once(tmp_path, parsed):
    trial = next(trial for trial in MANIFEST.trials if trial.configuration == "full-backlog")
    raw = tmp_path / "raw"
    window = recorded(trial.configuration, raw)
    (raw / SERVER_LOG).write_text("[2026-11-21 20:30:00 +0000] [1] [INFO] Starting gunicorn 25.0.0\n")
    (raw / STATEMENTS).write_text(",".join(STATEMENT_COLUMNS) + "\n")

    evidence = read_evidence(raw, record(trial, window))

    assert evidence.problem is None
    assert evidence.diagnosis is not None
    assert evidence.diagnosis.failures
    assert parsed == Counter(PARSED)

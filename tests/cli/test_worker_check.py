"""The command worker-check; the proofs themselves are tested with real servers in tests/live/test_probes.py."""

import json

import pytest
from click.testing import CliRunner

from badgateway.cli import worker_check as module
from badgateway.model.worker_checks import ConnectCost, WorkerCheck, WorkerCheckReport, WorkerVerdict

REPORT = WorkerCheckReport(
    experiment="concurrency",
    proofs=(
        WorkerCheck(
            server="servers/uwsgi.ini",
            driver="pymysql",
            threads=1,
            greenlets=64,
            requests=8,
            wait_ms=200,
            verdict=WorkerVerdict.BLOCKING,
            wall_ms=1622.0,
            statuses=((200, 16),),
            reason="",
        ),
    ),
    connect_costs=(ConnectCost(client="mysqlclient", connects=20, median_ms=0.2, cpu_ms=0.1, problem=""),),
)


@pytest.fixture
def proven(monkeypatch):
    monkeypatch.setattr(module, "prove", lambda *_: REPORT)


@pytest.mark.usefixtures("proven")
def test_the_table_names_server_driver_and_verdict():
    answer = CliRunner().invoke(module.worker_check, ["experiments/concurrency.toml"])

    assert answer.exit_code == 0
    assert "servers/uwsgi.ini" in answer.output
    assert "BLOCKING" in answer.output


@pytest.mark.usefixtures("proven")
def test_json_has_the_same_proofs():
    answer = CliRunner().invoke(module.worker_check, ["experiments/concurrency.toml", "--json"])

    (proof,) = json.loads(answer.stdout)["proofs"]
    assert (proof["verdict"], proof["wall_ms"]) == ("BLOCKING", 1622.0)

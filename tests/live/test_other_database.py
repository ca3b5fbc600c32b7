"""A database and a server of somebody else's packages, in a folder: a whole run on them, and no module touched."""

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgateway.model import raw
from tests.databases.dummy import installed_database, write_site
from tests.live.faults.kit import make_project, read_report, run
from tests.servers.dummy import installed_server

pytestmark = pytest.mark.live

EXPERIMENT = """
name = "dummies"
question = "Does a run need to know its parts?"

[database]
system = "dummy"
max_connections = 40

[load]
locustfile = "experiments/tiny.py"
users = [4]
warm_up_s = 0
window_s = 1

[machine]
max_steal_share = 1
max_outside_share = 1

[objective]
max_failure_share = 0.5
p95_ms = 4000

[application]
directory = "site"
database_variables = ["DB_HOST"]
wsgi = "on_dummy:application"
prepare = ["python", "-c", "pass"]
restore = ["python", "-c", "pass"]

[[configurations]]
name = "theirs"
server = "servers/one.dummy"
transport = "tcp"
driver = "dummy"
workers = 1
"""


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    # The servers' account has to reach the programs in it.
    with tempfile.TemporaryDirectory(prefix="badgateway-packages-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with installed_database(folder), installed_server(folder):
            monkeypatch.setenv("PYTHONPATH", name, prepend=":")
            yield folder


@pytest.mark.usefixtures("packages")
def test_a_run_on_a_database_and_a_server_of_other_packages_measures_both(tmp_path: Path):
    project = make_project(tmp_path / "project")
    write_site(project)
    (project / "servers" / "one.dummy").write_text("")
    (project / "experiments" / "dummies.toml").write_text(EXPERIMENT)

    kit, status = run(project, "run", "experiments/dummies.toml")

    assert status in {0, 1, 3}, kit.errors
    folder = (project / "results" / "dummies" / "latest").resolve()
    assert read_report(folder)["experiment"]["database"]["system"] == "dummy"
    (trial,) = (folder / "trials").iterdir()
    told = json.loads((trial / raw.TRIAL).read_text())
    assert (told["status"], told["reason"]) == ("COMPLETED", "")
    held = [row for row in rows(trial / raw.SAMPLES) if row["series"] == "db_connections" and row["value"]]
    assert {(row["value"], row["limit_value"]) for row in held} >= {("1", "39")}
    assert {row["part"] for row in rows(trial / raw.PROCESSES)} >= {"database", "server"}

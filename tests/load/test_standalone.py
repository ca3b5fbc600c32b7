"""A Locust file that writes rows where there is no kit: real Locust, which is told nothing of badgateway."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from badgateway.emit.load_files import SentLoad
from badgateway.errors import ConfigurationError
from badgateway.ledger.gathered import gather
from badgateway.load.locust_file import standalone_parts
from badgateway.model.raw import CLIENT_COLUMNS
from tests.declared import experiment
from tests.load.server import FaultyServer

STANDALONE = Path(__file__).parents[2] / "badgateway" / "load" / "standalone.py"
VISITOR = """
from locust import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def all(self):
        self.client.get("/ok", name="ok")
        self.client.get("/502")
        self.client.get("/reset")
        self.client.get("/404/12")
        self.client.get("/cut")
"""


def run(server: FaultyServer, folder: Path, *words: str) -> str:
    sent = SentLoad(
        name="x",
        locust_file=VISITOR,
        recorder=STANDALONE.read_text(),
        host=server.url,
        users=2,
        spawn_rate=2,
        run_s=1,
        workers=1,
        image="",
    )
    (folder / "locustfile.py").write_text(sent.whole_file)
    # -P: the folder that it is started in, and the kit's, are not to be imported from.
    command = (sys.executable, "-P", "-m", "locust", "-f", "locustfile.py", *sent.options.split(), "--only-summary")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **dict(word.split("=") for word in words)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_request_has_a_row_under_the_id_that_the_site_got(server, tmp_path):
    run(server, tmp_path)
    found = gather(tmp_path.glob("client-*.csv"))
    asked = {request_id: target for _, target, request_id in server.requests}

    assert len(found.by_process) == 1
    assert not found.missing
    assert len(found.rows) > 8
    # One that found its connection closed has never come.
    came = [row for row in found.rows if row[7] != "0"]
    assert all(re.sub(r"\d+", "<id>", asked[row[0]]) == row[1].removeprefix("GET ") for row in came)
    # At the end of the load some are still under way.
    endings = {row[1]: (row[7], row[10]) for row in found.rows if row[10] != "aborted"}
    assert endings["GET /ok"] == ("200", "")
    # A number in a path is an id, whatever it means.
    assert endings["GET /<id>"] == ("502", "")
    assert endings["GET /<id>/<id>"] == ("404", "")
    assert endings["GET /reset"] == ("0", "disconnected")
    assert endings["GET /cut"] == ("200", "truncated")


def test_in_a_pod_rows_are_lines_of_the_output(server, tmp_path):
    (tmp_path / "rows.log").write_text(run(server, tmp_path, "BADGATEWAY_ROWS=-"))

    assert not list(tmp_path.glob("client-*.csv"))
    assert len(gather([tmp_path / "rows.log"]).rows) > 8


def test_its_columns_are_those_of_the_kit():
    text = STANDALONE.read_text()

    assert [text.index(f'"{name}"') for name in CLIENT_COLUMNS] == sorted(
        text.index(f'"{name}"') for name in CLIENT_COLUMNS
    )


def test_users_that_are_recorded_by_the_kit_are_refused_where_there_is_none(tmp_path):
    of_kit = experiment(load={"locustfile": "tests/load/locustfiles/plain.py", "users": [5]})
    with pytest.raises(ConfigurationError, match="the requests of HttpUser alone are recorded"):
        standalone_parts(of_kit, root=STANDALONE.parents[2], folder=tmp_path)

"""A gate of two checkouts on real servers: what brings failures back fails it with its cause, and nothing else does."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import _reachable_folder
from tests.live.faults.kit import Kit

PROOF = [pytest.mark.proof, pytest.mark.alone]
pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
FILE = "experiments/school.toml"
EXPERIMENT = """
name = "school"
question = "Is it as it was?"
[load]
locustfile = "experiments/concurrency.py"
users = [180]
warm_up_s = 1.5
window_s = 3
[objective]
max_failure_share = 0.01
p95_ms = 6000
[timeouts]
app_s = 7
proxy_connect_s = 3
proxy_read_s = 8
client_s = 12
[machine]
max_steal_share = 1
max_outside_share = 1
[[configurations]]
name = "uwsgi"
server = "servers/uwsgi.ini"
driver = "mysqlclient"
workers = 2
listen = 1024
"""
"""More users than an accept queue of 100 and two workers hold, and time enough for each in one of 1,024."""
GREENLETS = (
    EXPERIMENT.replace("[180]", "[40]")
    .replace("app_s = 7", "app_s = 3")
    .replace("proxy_read_s = 8", "proxy_read_s = 4")
    .replace("uwsgi.ini", "gunicorn_gevent.py")
    .replace('driver = "mysqlclient"', 'driver = "pymysql"\nenvironment = { APP_SLOW_MS = "1500" }')
)
"""Where queries of 1.5 s wait side by side, or one after the other if each stops its worker's event loop."""
STAFF = '{ APP_EXPORT_ROWS = "2000", APP_EXPORT_STAFF = "6", APP_EXPORT_PAUSE_S = "1" }'
EXPORT = (
    EXPERIMENT.replace("concurrency.py", "export.py")
    .replace("[180]", "[12]")
    .replace("warm_up_s = 1.5", "warm_up_s = 0")
    .replace("window_s = 3", "window_s = 4")
    .replace("app_s = 7", "app_s = 2")
    .replace("proxy_read_s = 8", "proxy_read_s = 3")
    .replace("uwsgi.ini", "gunicorn_gthread.py")
    .replace("workers = 2", f"workers = 2\nthreads = 8\nenvironment = {STAFF}")
    + "database_distances_ms = [1]\n"
)
"""Six of twelve want a file of 2,000 members, from a database that is 1 ms away."""


def times(count: int, *, in_every_run: int = 0) -> pytest.MarkDecorator:
    """Repeat a test; the first few in every run, and the others where all is proven."""
    numbers = range(1, count + 1)
    return pytest.mark.parametrize(
        "repeat", [pytest.param(one, marks=() if one <= in_every_run else PROOF) for one in numbers]
    )


@pytest.fixture
def checkouts() -> Iterator[tuple[Path, Path]]:
    """Two checkouts of this project: what is gated, and what it is held to."""
    with _reachable_folder(None) as folder:
        folder.chmod(0o711)
        both = folder / "now", folder / "main"
        for checkout in both:
            for name in ("app", "servers", "experiments"):
                shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        yield both


def gated(now: Path, budget: str) -> tuple[int, dict[str, Any], Kit]:
    """Return the exit status of a gate, its document, and what it printed."""
    kit = Kit(now, "gate", FILE, "--against", "../main", "--beside", "--budget", budget)
    status = kit.end(300)
    file = now / "results" / "school-gate" / "latest" / "gate.json"
    assert file.exists(), kit.errors
    return status, json.loads(file.read_text()), kit


def write(checkouts: tuple[Path, Path], now: str, before: str) -> None:
    for checkout, text in zip(checkouts, (now, before), strict=True):
        (checkout / FILE).write_text(text)


def change(checkouts: tuple[Path, ...], name: str, before: str, after: str) -> None:
    for checkout in checkouts:
        text = (checkout / name).read_text()
        assert text.count(before) == 1, (name, before)
        (checkout / name).write_text(text.replace(before, after))


def causes(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["cases"][0]["causes"]]


@times(3, in_every_run=1)
def test_an_accept_queue_that_is_set_back_fails_with_its_cause(checkouts: tuple[Path, Path], repeat: int):
    write(checkouts, EXPERIMENT.replace("listen = 1024", "listen = 100"), EXPERIMENT)
    status, found, kit = gated(checkouts[0], "40s")
    first, *rest = kit.output.splitlines()

    assert status == 1, kit.errors
    assert first.startswith("BROKEN for school: uwsgi, 180 users: The accept queue of the unix socket was full")
    assert any("not as in the baseline: listen was 1024 and is 100" in line for line in rest)
    assert causes(found) == ["listen-queue-full"]
    # What it was held to is this project as it is: its site keeps its objective, and nothing fails.
    report = json.loads((checkouts[0] / "results" / "school-gate" / "latest" / "report.json").read_text())
    before = next(one for one in report["configurations"] if one["name"] == "uwsgi-before")
    assert [level["failures"]["count"] for level in before["levels"]] == [0], kit.output


@times(3)
def test_a_driver_that_waits_in_c_under_greenlets_fails_with_its_cause(checkouts: tuple[Path, Path], repeat: int):
    write(checkouts, GREENLETS.replace("pymysql", "mysqlclient"), GREENLETS)
    # Of the slow ones every second, and a server that lets a worker stand still: else it is ended for that, a 502.
    change(checkouts, "experiments/concurrency.py", "SLOW_ONE_IN = 50", "SLOW_ONE_IN = 2")
    change(
        checkouts, "servers/gunicorn_gevent.py", 'timeout = int(os.environ.get("WEB_TIMEOUT_S", "30"))', "timeout = 60"
    )
    status, found, kit = gated(checkouts[0], "60s")

    assert status == 1, (kit.output, kit.errors)
    assert "not as in the baseline: driver was pymysql and is mysqlclient" in kit.output
    assert "event-loop-blocked" in causes(found), kit.output


@times(3)
def test_a_query_for_each_row_of_an_export_fails_with_its_cause(checkouts: tuple[Path, Path], repeat: int):
    write(checkouts, EXPORT, EXPORT)
    export, request = "app/school/exports/annotated.py", "from school.exports.request"
    once, each = "rows = read_member_rows(wanted.rows)", "rows = list(ask_for_each(1, wanted.rows or 0))"
    change(checkouts[:1], export, once, each)
    change(checkouts[:1], export, request, f"from school.exports.naive_rows import ask_for_each\n{request}")
    status, found, kit = gated(checkouts[0], "60s")

    assert status == 1, (kit.output, kit.errors)
    assert causes(found)[:1] == ["slow-request"], kit.output
    assert "/members/export.xlsx" in kit.output


@times(10)
def test_a_change_that_changes_nothing_is_not_broken(checkouts: tuple[Path, Path], repeat: int):
    write(checkouts, EXPERIMENT, EXPERIMENT)
    now, _ = checkouts
    (now / "app" / "notes.txt").write_text("nothing\n")
    # Once with pairs enough for p95 and throughput; else for failures and causes alone.
    status, found, kit = gated(now, "180s" if repeat == 1 else "40s")

    assert (status, found["verdict"] in {"KEPT", "INCONCLUSIVE"}) == (0, True), (kit.output, kit.errors)
    assert (now / "results" / "school-gate" / "latest" / "gate.junit.xml").exists()

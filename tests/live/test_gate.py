"""A gate of two checkouts on real servers: what brings 502s back fails it with its cause, and nothing else does."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import _reachable_folder
from tests.live.faults.kit import Kit

pytestmark = [pytest.mark.live, pytest.mark.proof, pytest.mark.alone, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
# More users than an accept queue of 100 and two workers hold, and time enough for each in one of 1,024.
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
FILE = "experiments/school.toml"


@pytest.fixture
def checkouts() -> Iterator[tuple[Path, Path]]:
    """Two checkouts of the school site: what is gated, and what it is held to."""
    with _reachable_folder(None) as folder:
        folder.chmod(0o711)
        both = folder / "now", folder / "main"
        for checkout in both:
            for name in ("app", "servers", "experiments"):
                shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
            (checkout / FILE).write_text(EXPERIMENT)
        yield both


def gated(now: Path, *words: str) -> tuple[Kit, int]:
    kit = Kit(now, "gate", FILE, "--against", "../main", "--beside", *words)
    return kit, kit.end(300)


def test_an_accept_queue_that_is_set_back_fails_with_its_cause(checkouts: tuple[Path, Path]):
    now, _ = checkouts
    (now / FILE).write_text(EXPERIMENT.replace("listen = 1024", "listen = 100"))
    kit, status = gated(now, "--budget", "60s")
    first, *rest = kit.output.splitlines()

    assert status == 1, kit.errors
    assert first.startswith("BROKEN for school: uwsgi, 180 users: The accept queue of the unix socket was full")
    assert any("not as in the baseline: listen was 1024 and is 100" in line for line in rest)
    assert any("a cause that the baseline did not have" in line or "the objective is missed" in line for line in rest)


def test_a_query_for_each_row_is_found_by_what_it_costs(checkouts: tuple[Path, Path]):
    now, _ = checkouts
    view = now / "app" / "school" / "views" / "members.py"
    one = '"level": member.level,'
    more = f'{one} "courses": [score.course.code for score in member.scores.all()],'
    assert view.read_text().count(one) == 1
    view.write_text(view.read_text().replace(one, more))
    kit, status = gated(now, "--budget", "180s")

    assert status == 1, (kit.output, kit.errors)
    assert any("before: " in line and "times at least" in line for line in kit.output.splitlines()), kit.output


def test_a_driver_that_waits_in_c_under_greenlets_is_found(checkouts: tuple[Path, Path]):
    for checkout, driver in zip(checkouts, ("mysqlclient", "pymysql"), strict=True):
        own = EXPERIMENT.replace("uwsgi.ini", "gunicorn_gevent.py").replace("mysqlclient", driver)
        (checkout / FILE).write_text(own)
    kit, status = gated(checkouts[0], "--budget", "180s")

    assert status == 1, (kit.output, kit.errors)
    assert "not as in the baseline: driver was pymysql and is mysqlclient" in kit.output


def test_a_change_that_changes_nothing_is_not_broken(checkouts: tuple[Path, Path]):
    now, _ = checkouts
    (now / "app" / "notes.txt").write_text("nothing\n")
    kit, status = gated(now, "--budget", "150s")

    assert status == 0, (kit.output, kit.errors)
    assert (now / "results" / "school-gate" / "latest" / "gate.junit.xml").exists()

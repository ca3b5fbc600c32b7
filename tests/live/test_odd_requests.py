"""Bytes that are no UTF-8 and URLs of 100 kB, through the real proxy: each is a row like any other, counted once."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from badgateway.ledger.join import read
from badgateway.model import raw
from tests.live.faults.kit import REPORTS, Kit, make_project, read_report, run, trials

pytestmark = pytest.mark.live

OF_RAW_BYTES = {"uwsgi": 200, "gthread": 400}
"""uWSGI hands them to the site; Gunicorn refuses a request line with them."""
OK = 30


def expected(configuration: str) -> Counter[tuple[str, int]]:
    """Return how many requests of which name have which status."""
    odd = {
        ("GET /café", OF_RAW_BYTES[configuration]): 1,
        ("GET /sleepé?s=éÿ", OF_RAW_BYTES[configuration]): 1,
        ("GET /xxxxxxxxxxxxxxxxxxx", 414): 1,
        ("GET /?%e9%e9%e9%e9%e9%e9", 414): 1,
        # nginx refuses a control character.
        ("GET /caf%e9?a,b=\"'|<scri", 400): 1,
    }
    return Counter(odd | {("GET /ok", 200): OK})


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> tuple[Kit, int, Path]:
    """The command, its status and the run's folder."""
    project = make_project(tmp_path_factory.mktemp("project"))
    kit, status = run(project, "run", "experiments/odd.toml", "--no-worker-checks")
    return kit, status, (project / "results" / "odd" / "latest").resolve()


def trial_folder(run_folder: Path, configuration: str) -> Path:
    (found,) = (run_folder / "trials").glob(f"*-{configuration}-*")
    return found


def test_the_run_ends_with_an_answer_and_without_a_trace(odd):
    kit, status, folder = odd

    assert status in {0, 1, 3}, kit.errors
    assert {one["status"] for one in trials(read_report(folder)).values()}.isdisjoint({"INVALID"}), kit.errors
    logs = [log.read_text(errors="replace") for log in folder.rglob("*.log")]
    reports = [(folder / name).read_text() for name in REPORTS]
    assert not any("Traceback" in text for text in (kit.output, kit.errors, *logs))
    assert not any("\x1b" in text for text in (kit.output, kit.errors, *reports))


@pytest.mark.parametrize("configuration", OF_RAW_BYTES)
def test_each_request_is_counted_once_with_its_status(configuration, odd):
    folder = trial_folder(odd[2], configuration)
    with (folder / raw.CLIENT_ROWS).open(newline="", encoding="utf-8") as file:
        sent = list(csv.DictReader(file))
    counted = Counter(read(folder / raw.LEDGER).project("name, status").fetchall())
    ids = [one[0] for one in read(folder / raw.LEDGER).project("request_id").fetchall()]

    assert counted == expected(configuration)
    assert len(ids) == len(set(ids)) == len(sent)
    assert {row["request_id"] for row in sent} == set(ids)


@pytest.mark.parametrize("configuration", OF_RAW_BYTES)
def test_both_books_agree_on_each_of_them(configuration, odd):
    rows = read(trial_folder(odd[2], configuration) / raw.LEDGER).project("status, proxy_status").fetchall()

    assert all(status == proxy_status for status, proxy_status in rows)

import csv
import json
import os
import re
import signal
import time
import urllib.error
import urllib.request

import pytest

from badgateway.load.command import Target, onlooker_command, web_command
from badgateway.load.events import read_events
from badgateway.load.rows import ClientRow, RowFile
from badgateway.model.live_page import PAGE, RUN, RunPage
from badgateway.model.raw import CLIENT_EVENTS, CLIENT_ROWS
from badgateway.model.raw_words import ClientError
from badgateway.process.account import service_account
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, http_probe
from badgateway.process.running import running
from badgateway.store.plain_file import replacing
from tests.live.faults.kit import Kit, make_project
from tests.load.conftest import ROOT, load_of
from tests.load.server import faulty_server

pytestmark = pytest.mark.live
TOKEN = "known-to-the-owner"
CAUSE_WITHIN_S = [10.0, pytest.param(3.0, marks=[pytest.mark.proof, pytest.mark.alone])]
"""From the end of the first failed request until its cause is on the page: where other tests run, and alone."""


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as response:
        body: bytes = response.read()
        return body


def post(url: str, data: bytes) -> bytes:
    with urllib.request.urlopen(url, data=data, timeout=5) as response:
        body: bytes = response.read()
        return body


def test_the_web_ui_starts_the_load_and_shows_it(raw_folder):
    load, _ = load_of("visitors", users=3)
    with faulty_server() as server:
        port = free_port()
        target = Target(url=server.url, load=load, users=3, client_timeout_s=1, project_root=ROOT)
        url = f"http://127.0.0.1:{port}"
        with running(web_command(target, port=port, token=TOKEN, raw=raw_folder)) as child:
            await_ready(child, http_probe(f"{url}/?token={TOKEN}"), what="Locust's web UI", deadline_s=20)
            asked = b"user_count=3&spawn_rate=3"
            assert refused(f"{url}/swarm", asked)
            assert refused(f"{url}/swarm?token={TOKEN}", asked + b"&host=http://127.0.0.1:1")
            assert refused(f"{url}/stats/requests")
            post(f"{url}/swarm?token={TOKEN}", asked)
            stats = f"{url}/stats/requests?token={TOKEN}"
            await_ready(child, shown(stats), what="requests in the web UI", deadline_s=10)
            names = {one["name"] for one in json.loads(get(stats))["stats"]}

        assert not {name for name in names if name.startswith("GET ")}, "the method has a column of its own"
        assert "BADGATEWAY" not in child.output()
        assert len((raw_folder / CLIENT_ROWS).read_text().splitlines()) > 5
        assert read_events(raw_folder / CLIENT_EVENTS).test_start_s


def test_a_browser_starts_the_load_from_the_printed_address_and_no_other_page_can(raw_folder, page, heard):
    load, _ = load_of("visitors", users=3)
    errors: list[str] = []
    with faulty_server() as server:
        port = free_port()
        target = Target(url=server.url, load=load, users=3, client_timeout_s=1, project_root=ROOT)
        printed = f"http://127.0.0.1:{port}/?token={TOKEN}"
        with running(web_command(target, port=port, token=TOKEN, raw=raw_folder)) as child:
            await_ready(child, http_probe(printed), what="Locust's web UI", deadline_s=20)
            heard("pageerror", lambda error: errors.append(str(error)))
            assert page.goto(f"http://127.0.0.1:{port}/").status == 403
            assert page.goto(printed).status == 200
            page.get_by_role("button", name="Start", exact=False).first.click()
            await_ready(child, shown(f"http://127.0.0.1:{port}/stats/requests?token={TOKEN}"), what="it", deadline_s=10)
            assert page.locator("table").first.is_visible()
            # The same browser, by another name of this machine: as a page whose name leads here would be.
            assert page.goto(f"http://localhost:{port}/").status == 403

    assert errors == []


def refused(url: str, data: bytes | None = None) -> bool:
    try:
        with urllib.request.urlopen(url, data=data, timeout=5):
            return False
    except urllib.error.HTTPError as error:
        with error:
            return error.code == 403


def shown(url: str):
    def ask() -> str | None:
        stats = json.loads(get(url))
        return None if stats["user_count"] == 3 and stats["stats"][-1]["num_requests"] > 5 else "no requests yet"

    return ask


@pytest.mark.parametrize("within_s", CAUSE_WITHIN_S)
def test_a_queue_that_fills_is_seen_with_its_cause_and_kept_at_the_end(tmp_path, page, heard, within_s):
    project = make_project(tmp_path)
    asked = ("ui", "--beside", "experiments/crowd.toml", "two-workers", "--port", str(free_port()))
    with Kit(project, *asked) as kit:
        seen_s = watched(kit, page, heard)
        os.killpg(kit.pid, signal.SIGINT)
        assert kit.end() == 0, kit.errors

    assert "By hand: " in kit.output
    (report,) = (project / "results" / "by-hand").glob("*-crowd-two-workers/report.html")
    assert f"Report: {report.as_uri()}\n" in kit.output
    assert "no measurement" in report.read_text()
    failed_s = min(end_s for status, end_s in sent(report.parent) if status == "502")
    assert seen_s - failed_s < within_s


def watched(kit, page, heard):
    """Start the load in the browser and look through the tabs; return when the cause was on the page."""
    log = next(kit.project.glob("stdout-*.txt"))
    kit.await_that(lambda: "token=" in log.read_text(), "address of the web UI")
    errors: list[str] = []
    heard("pageerror", lambda error: errors.append(str(error)))
    (printed,) = re.findall(r"http://127.0.0.1:\d+/\?token=\S+", log.read_text().replace(",", ""))

    page.goto(printed)
    (locust,) = [one for one in kit.look() if one.cmdline()[1:3] == ["-m", "badgateway.load.plain"]]
    account = service_account()
    assert set(locust.uids()) == {account.uid if account else os.getuid()}
    page.get_by_role("button", name="Start", exact=False).first.click()
    page.get_by_role("tab", name="Causes").click()
    page.get_by_text("accept queue", exact=False).first.wait_for(timeout=20_000)
    seen_s = time.time()
    page.get_by_role("tab", name="Server now").click()
    page.get_by_text("Accept queue of the server").wait_for(timeout=5_000)
    page.get_by_role("tab", name="Outcomes").click()
    page.get_by_text("502 bad gateway").wait_for(timeout=5_000)
    assert errors == []
    return seen_s


def sent(folder):
    """Yield the status of each request that was sent, and when it ended."""
    with (folder / CLIENT_ROWS).open(newline="") as rows:
        for one in csv.DictReader(rows):
            yield one["status"], float(one["end_s"])


def row(name: str, end_s: float, status: int) -> ClientRow:
    return ClientRow(
        request_id=name,
        name="GET /members/",
        method="GET",
        intended_start_s=end_s - 0.1,
        start_s=end_s - 0.1,
        first_byte_s=end_s,
        end_s=end_s,
        status=status,
        body_bytes=10,
        expected_bytes=10,
        error=ClientError.NONE,
        detail="",
    )


def begin_trial(folder, raw, *statuses):
    raw.mkdir()
    RowFile.create(raw / CLIENT_ROWS)
    rows = RowFile(raw / CLIENT_ROWS)
    for number, status in enumerate(statuses):
        rows.append(row(f"{raw.name}-{number}", time.time(), status))
    rows.close()
    page = RunPage(rows=[dict.fromkeys(RUN.columns, "") | {"what": f"{raw.name}, now"}], raw=str(raw), users=7)
    with replacing(folder / RunPage.FILE) as beside:
        beside.write_text(page.to_json())


def test_a_run_is_shown_trial_after_trial_at_one_address_and_takes_no_orders(tmp_path, page, heard):
    port, errors = free_port(), []
    begin_trial(tmp_path, tmp_path / "trial-1", 200, 502)
    url = f"http://127.0.0.1:{port}"
    with running(onlooker_command(tmp_path, "crowd", port=port, token=TOKEN)) as child:
        await_ready(child, http_probe(f"{url}/?token={TOKEN}"), what="Locust's web UI", deadline_s=20)
        assert refused(f"{url}/stats/requests")
        assert refused(f"{url}/stop?token={TOKEN}", b"")
        heard("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url}/?token={TOKEN}")
        page.get_by_text("/members/").first.wait_for(timeout=5_000)
        assert not page.get_by_role("button", name="Stop", exact=False).is_visible()
        page.get_by_role("tab", name="Run", exact=True).click()
        page.get_by_text("trial-1, now").wait_for(timeout=5_000)
        begin_trial(tmp_path, tmp_path / "trial-2", 200, 200, 504)
        page.get_by_text("trial-2, now").wait_for(timeout=5_000)
        page.get_by_role("tab", name="Failures").click()
        page.get_by_text("504 gateway timeout").wait_for(timeout=5_000)
        assert page.get_by_text("502 bad gateway").count() == 0, "of the trial before"

    assert errors == []


@pytest.mark.proof
def test_a_whole_run_shows_its_ranking_and_the_cause_and_leaves_the_same_files(tmp_path, page):
    project = make_project(tmp_path)
    asked = ("run", "--ui", "--no-worker-checks", "experiments/crowd.toml", "--only", "two-workers")
    with Kit(project, *asked) as kit:
        log = next(project.glob("stderr-*.txt"))
        kit.await_that(lambda: "token=" in log.read_text(), "address of the web UI")
        (printed,) = re.findall(r"http://127.0.0.1:\d+/\?token=\S+", log.read_text())

        page.goto(printed)
        page.get_by_role("tab", name="Run", exact=True).click()
        page.get_by_text("two-workers, now").first.wait_for(timeout=60_000)
        page.get_by_role("tab", name="Server now").click()
        page.get_by_text("Accept queue of the server").wait_for(timeout=60_000)
        page.get_by_role("tab", name="Causes").click()
        page.get_by_text("accept queue", exact=False).first.wait_for(timeout=60_000)
        kit.end()

    (latest,) = (project / "results").glob("crowd-*/latest")
    trials = list((latest / "trials").iterdir())
    assert trials
    assert not [file for trial in trials for file in trial.iterdir() if file.name in {PAGE, RunPage.FILE}]

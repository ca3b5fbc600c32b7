"""A site that already runs is measured from outside: its ledger closes by ids, its clock is found, its lines prove."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from badgateway.model import raw
from tests.live.faults.kit import Kit, read_report, trials
from tests.live.staging import AHEAD_S, Staging, staging

pytestmark = pytest.mark.live


def run(site: Staging, *arguments: str) -> tuple[Kit, dict[str, Any]]:
    kit = Kit(site.folder, "run", *arguments)
    status = kit.end(60)
    assert status in (0, 1, 3), kit.errors
    return kit, read_report(site.folder / "results" / "staging" / "latest")


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """The report of one run on a site with one worker and a queue of two, and the folder of its trial."""
    with staging(tmp_path_factory.mktemp("staging"), backlog=2) as site:
        site.write()
        _, report = run(site)
        (folder,) = (site.folder / "results" / "staging" / "latest").glob("trials/*")
        return report, folder


def test_every_answer_is_in_the_sites_logs_by_its_id(crowded):
    trial = trials(crowded[0])["as-it-is"]

    assert trial["site"]["answered"] > 50
    assert trial["site"]["by_id"] == trial["site"]["answered"]
    assert trial["site"]["problems"] == []


def test_the_clock_of_the_site_is_found_within_two_milliseconds(crowded):
    low_s, high_s = trials(crowded[0])["as-it-is"]["site"]["clock_ahead_s"]

    assert low_s <= AHEAD_S <= high_s
    assert high_s - low_s <= 0.006
    assert abs((low_s + high_s) / 2 - AHEAD_S) <= 0.002


def test_the_cause_is_proven_by_lines_of_the_sites_own_logs(crowded):
    trial = trials(crowded[0])["as-it-is"]
    (cause, *_) = trial["causes"]

    assert trial["outcomes"]["BAD_GATEWAY"] > 0
    assert cause["id"] == "listen-queue-full"
    assert {line["file"] for line in cause["evidence"]} <= {"site-log-1-timed.jsonl", "site-log-2-error.log"}


def test_nothing_is_said_of_servers_that_nobody_looked_at(crowded):
    report, folder = crowded
    trial = trials(report)["as-it-is"]

    assert {one["part"] for one in trial["processes"]} == {"locust"}
    assert (trial["database_connections"], trial["container"]) == (None, None)
    assert not {raw.ACCESS_LOG, raw.JOURNAL, raw.SERVER_LOG} & {file.name for file in folder.iterdir()}


@pytest.mark.proof
def test_what_was_switched_between_two_runs_is_compared_in_one_report(tmp_path):
    for label, workers in (("one-worker", 1), ("four-workers", 4), ("one-worker", 1), ("four-workers", 4)):
        with staging(tmp_path, workers=workers, backlog=2 * workers**2) as site:
            site.write(logs='["access.log", "error.log"]')
            _, report = run(site, "--label", label)
    by_name = {one["name"]: [trial["block"] for trial in one["trials"]] for one in report["configurations"]}
    assert by_name == {"one-worker": [1, 2], "four-workers": [1, 2]}
    verdicts = {one["name"]: one["verdict"] for one in report["configurations"]}
    assert verdicts["one-worker"] == "FAIL"
    assert verdicts["four-workers"] != "FAIL"


@pytest.mark.proof
def test_a_site_that_fails_is_left_alone_after_a_few_requests(tmp_path):
    with staging(tmp_path, backlog=1) as site:
        site.write(stop_at=0.2, window_s=20, users=20)
        _, report = run(site)
    trial = trials(report)["as-it-is"]

    assert "of the last" in trial["site"]["cut_short"]
    assert trial["requests"] < 400
    assert trial["status"] == "FAIL"


@pytest.mark.proof
def test_what_would_write_is_not_sent(tmp_path):
    with staging(tmp_path) as site:
        site.write()
        (tmp_path / "load.py").write_text(
            (tmp_path / "load.py").read_text().replace('client.get("/")', 'client.post("/")')
        )
        kit = Kit(tmp_path, "run")
        assert kit.end(60) == 4
        assert "POST" not in (tmp_path / "access.log").read_text()
    assert 'spell out [target] i_may_write = "' in kit.errors


@pytest.mark.proof
def test_a_certificate_that_is_not_trusted_ends_the_run_before_it_begins(tmp_path):
    with staging(tmp_path) as site:
        site.write()
        toml = (tmp_path / "badgateway.toml").read_text().replace('ca_file = "site.pem"\n', "")
        (tmp_path / "badgateway.toml").write_text(toml)
        kit = Kit(tmp_path, "run")
        assert kit.end(60) == 4
        assert (tmp_path / "access.log").read_text() == ""
    assert 'name the one that signed it: target.ca_file = "ca.pem"' in kit.errors


@contextmanager
def network(name: str) -> Iterator[tuple[str, ...]]:
    """Have a network namespace that is reached at 10.91.7.2; gives the prefix of commands that run in it."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("namespaces with a way between them need root, and ip")
    made = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("this machine gives nobody a network of its own")
    try:
        for command in (
            f"ip link add {name} type veth peer name there netns {name}",
            f"ip addr add 10.91.7.1/24 dev {name}",
            f"ip link set {name} up",
            f"ip -n {name} addr add 10.91.7.2/24 dev there",
            f"ip -n {name} link set there up",
            f"ip -n {name} link set lo up",
        ):
            subprocess.run(command.split(), check=True, capture_output=True)
        yield ("ip", "netns", "exec", name)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@pytest.mark.proof
def test_a_site_in_another_network_is_measured_like_one_on_this_machine(tmp_path):
    with network(f"bg{os.getpid()}") as prefix, staging(tmp_path, address="10.91.7.2", prefix=prefix) as site:
        site.write(users=3)
        _, report = run(site)
    told = trials(report)["as-it-is"]["site"]

    assert told["by_id"] == told["answered"] > 50
    assert abs(sum(told["clock_ahead_s"]) / 2 - AHEAD_S) <= 0.002


@pytest.mark.proof
def test_the_report_is_made_again_from_the_files_alone_and_runs_no_command(tmp_path):
    with staging(tmp_path) as site:
        site.write()
        _, before = run(site)
    (tmp_path / "shift.py").write_text("raise SystemExit('a report runs no command')")
    kit = Kit(tmp_path, "report", "results/staging/latest")
    assert kit.end(60) in (0, 1, 3), kit.errors
    assert json.dumps(read_report(tmp_path / "results/staging/latest")) == json.dumps(before)

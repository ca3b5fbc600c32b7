"""Driving real Locust: what is promised of a load that goes well, and what is said of one that does not."""

import json
import subprocess
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil
import pytest

from badgateway.errors import LoadError
from badgateway.load.command import Target, headless_command
from badgateway.load.events import ClientEvents
from badgateway.load.locust import _judged, drive
from badgateway.model import raw
from badgateway.process import child
from tests.load.conftest import ROOT, Driven, load_of, read_rows, run_locust
from tests.load.plain_server import plain_server
from tests.load.server import FaultyServer

IN_WAVES = {"APP_WAVE_S": "0.25"}


@pytest.fixture(scope="module")
def twice(server, tmp_path_factory):
    """The same load, two times, at the same time."""
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(run_locust, "visitors", server.url, tmp_path_factory.mktemp("visitors"), users=3, warm_up_s=0.2)
            for _ in range(2)
        ]
        return [run.result() for run in runs]


def choices(driven: Driven, server: FaultyServer) -> dict[str, list[tuple[str, str]]]:
    """Map each user to what it asked for, in order."""
    asked = {request_id: path for _, path, request_id in server.requests}
    by_user = defaultdict(list)
    for row in sorted(driven.rows, key=lambda row: float(row["start_s"])):
        kind, user = row["name"].split()
        by_user[user].append((kind, asked[row["request_id"]]))
    return by_user


def test_the_same_seed_makes_each_user_choose_the_same(twice, server):
    first, second = (choices(driven, server) for driven in twice)

    assert set(first) == {"1", "2", "3"}
    for user in first:
        common = min(len(first[user]), len(second[user]))
        assert common >= 5
        assert first[user][:common] == second[user][:common]
    assert first["1"][:5] != first["2"][:5]


@pytest.mark.proof
def test_visitors_in_waves_click_once_a_second_and_all_in_the_first_part_of_it(tmp_path):
    with plain_server() as server:
        driven = run_locust(
            "experiments/concurrency", server.url, tmp_path, users=30, warm_up_s=1.5, window_s=3, environment=IN_WAVES
        )
    window = driven.drive.window
    # Who sleeps to the next second may wake a moment before it.
    started = [float(row["start_s"]) + 0.02 for row in driven.rows]
    within = [start_s for start_s in started if window.start_s <= start_s < window.end_s]

    # The clicks of a second are sent one after the other: the last of them a little later than was meant.
    assert max(start_s % 1 for start_s in within) < 0.25 + 0.12
    assert max(Counter(map(int, within)).values()) == 30


def test_two_processes_never_give_the_same_request_id(twice):
    first, second = ({row["request_id"] for row in driven.rows} for driven in twice)

    assert not first & second


def test_the_window_opens_after_the_warm_up_and_is_covered(twice):
    driven = twice[0]
    window, events = driven.drive.window, driven.events

    assert window.start_s == pytest.approx(events["test_start_s"] + 0.2)
    assert window.length_s == pytest.approx(1)
    assert events["test_stopping_s"] >= window.end_s
    assert window.drained_s == events["drained_s"]
    assert events["users"] == 3


def test_progress_never_says_more_than_the_rows(twice):
    driven = twice[0]

    assert driven.progress[-1].requests <= len(driven.rows)
    assert (driven.progress[-1].failures, driven.progress[-1].users) == (0, 3)


def test_three_calm_users_do_not_keep_the_generator_busy(twice):
    assert 0 < twice[0].drive.generator_cpu_share < 0.9


def test_requests_in_flight_at_the_end_are_waited_for_and_none_is_started(server, tmp_path):
    driven = run_locust("slow", server.url, tmp_path, users=5, window_s=0.5)
    stop_s = driven.events["test_stopping_s"]
    after = [row for row in driven.rows if float(row["end_s"]) > stop_s]

    assert len(after) == 5
    assert all(row["error"] == "" for row in driven.rows)
    assert all(float(row["start_s"]) <= stop_s for row in driven.rows)
    assert driven.events["drained_s"] >= max(float(row["end_s"]) for row in driven.rows)


def test_a_request_that_locust_kills_has_its_row(server, tmp_path):
    load, _ = load_of("slow", users=5, window_s=0.4)  # in the middle of each second request
    target = Target(url=server.url, load=load, users=5, client_timeout_s=1, project_root=ROOT)
    command = headless_command(target, tmp_path)
    argv = [*command.argv, "--stop-timeout", "0"]
    subprocess.run(argv, env=command.environment, cwd=tmp_path, check=True, capture_output=True)
    aborted = [row for row in read_rows(tmp_path) if row["error"] == "aborted"]

    assert [row["status"] for row in aborted] == ["200"] * 5
    assert json.loads((tmp_path / raw.CLIENT_EVENTS).read_text())["drained_s"]


def test_a_locust_file_works_by_hand_and_says_that_it_writes_no_rows(server, tmp_path):
    argv = ["--headless", "--json", "-u", "2", "-r", "2", "-t", "3s", "--host", server.url, "-f"]
    load, _ = load_of("slow", users=2)
    target = Target(url=server.url, load=load, users=2, client_timeout_s=1, project_root=ROOT)
    command = headless_command(target, tmp_path)
    plain = {name: value for name, value in command.environment.items() if not name.startswith("BADGATEWAY_")}
    done = subprocess.run(
        [*command.argv[:3], *argv, ROOT / load.locustfile],
        env=plain,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )

    shown = {statistic["name"]: statistic for statistic in json.loads(done.stdout)}

    assert done.stderr.count("no rows are written") == 1
    assert list(tmp_path.iterdir()) == []
    # Locust's own figures are of whole answers: the header of this one comes 0.3 s before its last byte.
    assert shown["first"]["min_response_time"] >= 290
    assert shown["first"]["total_content_length"] == 4 * shown["first"]["num_requests"]


def test_progress_follows_the_rows_and_a_kill_leaves_them_but_no_valid_load(server, tmp_path):
    load, trial = load_of("visitors", users=2, window_s=60)
    pids: list[int] = []

    def kill_after_ten_requests(progress):
        if progress.requests > 10:
            psutil.Process(pids[0]).kill()

    with pytest.raises(LoadError, match="Locust was ended by SIGKILL"):
        drive(
            load,
            trial,
            url=server.url,
            project_root=ROOT,
            client_timeout_s=1,
            raw=tmp_path,
            on_start=pids.append,
            on_progress=kill_after_ten_requests,
            check=lambda: None,
        )

    assert len(read_rows(tmp_path)) > 10


def test_an_exception_in_a_task_is_no_valid_load(server, tmp_path):
    with pytest.raises(LoadError, match=r"mistaken\.py raised \d+ exceptions; correct it"):
        run_locust("mistaken", server.url, tmp_path, users=1, window_s=0.5)


def test_a_missing_locust_file_is_named_with_the_log(server, tmp_path):
    with pytest.raises(LoadError, match=r"(?s)Locust ended with status 1; last lines of .*locust\.log.*absent\.py"):
        run_locust("absent", server.url, tmp_path, users=1)


def test_a_folder_with_rows_is_never_written_over(server, tmp_path):
    (tmp_path / raw.CLIENT_ROWS).write_text("evidence")
    with pytest.raises(LoadError, match=r"(?s)Locust ended with status 1.*FileExistsError"):
        run_locust("visitors", server.url, tmp_path, users=1)

    assert (tmp_path / raw.CLIENT_ROWS).read_text() == "evidence"


@pytest.mark.parametrize("reason", [KeyboardInterrupt, LoadError])
def test_what_check_raises_stops_locust_and_is_passed_on(server, tmp_path, reason):
    load, trial = load_of("visitors", users=1, window_s=60)
    pids: list[int] = []

    def check():
        raise reason

    began = time.monotonic()
    with pytest.raises(reason):
        drive(
            load,
            trial,
            url=server.url,
            project_root=ROOT,
            client_timeout_s=1,
            raw=tmp_path,
            on_start=pids.append,
            on_progress=lambda _: None,
            check=check,
        )

    assert not psutil.pid_exists(pids[0])
    assert time.monotonic() - began < 10


GOOD = ClientEvents(
    test_start_s=100,
    spawned_s=101,
    test_stopping_s=113,
    drained_s=114,
    users=5,
    processes=1,
    generator_cpu_share=0.2,
    user_errors=0,
)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"drained_s": None}, "did not get through start, spawning, stop and drain"),
        ({"spawned_s": None}, "did not get through"),
        ({"users": 4}, "ran 4 users where 5 were ordered"),
        ({"processes": 0}, "0 of Locust's 1 processes gave account"),
        ({"spawned_s": 103.2}, "started its last user 0.20 s after the window opened; raise load.warm_up_s"),
        ({"test_stopping_s": 112.9}, "stopped 0.10 s before the window's end"),
        ({"user_errors": 3}, "raised 3 exceptions"),
    ],
)
def test_a_load_that_is_not_what_was_ordered_is_refused(tmp_path, change, complaint):
    with pytest.raises(LoadError, match=complaint):
        _judged(replace(GOOD, **change), target_of(), tmp_path)


def target_of() -> Target:
    load, _ = load_of("visitors", users=5, warm_up_s=3, window_s=10)
    return Target(url="http://127.0.0.1:1", load=load, users=5, client_timeout_s=1, project_root=ROOT)


def test_a_load_that_is_what_was_ordered_gives_its_times(tmp_path):
    result = _judged(GOOD, target_of(), tmp_path)

    assert (result.window.start_s, result.window.end_s, result.window.drained_s) == (103, 113, 114)
    assert result.load_s == 14


def test_users_that_print_without_end_are_stopped_before_they_fill_the_disk(server, tmp_path, monkeypatch):
    monkeypatch.setattr(child, "MOST_PRINTED_BYTES", 1 << 20)
    with pytest.raises(LoadError, match=r"Locust printed more than 1 MiB; let it print less"):
        run_locust("chatty", server.url, tmp_path, users=1, window_s=20)

"""A load that several processes share, and workers that joined: what is left of it when one of them is killed."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest

from badgateway.errors import GeneratorKilledError, LoadError
from badgateway.load.command import Meeting
from badgateway.load.locust import Drive, drive
from badgateway.load.worker_line import KEY
from badgateway.load.workers import Workers
from badgateway.model import raw
from tests.load.conftest import ROOT, load_of
from tests.load.meetings import free_meeting
from tests.load.server import faulty_server

pytestmark = pytest.mark.live

RATE = 100
IN_FLIGHT = 20
"""More of one process are never unanswered at that rate, of a server that answers at once."""


def await_rows_of_two(folder: Path) -> None:
    """Return when both processes have sent something, however long Locust takes to start beside other tests."""
    deadline = time.monotonic() + 30
    while not (folder / raw.CLIENT_ROWS).exists() or len(by_process(written_ids(folder))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def end_one_worker(locust: int, killed: list[int], how: int, folder: Path) -> None:
    await_rows_of_two(folder)
    # Into the window: it has sent for a second.
    time.sleep(1)
    workers = psutil.Process(locust).children()
    killed.append(workers[0].pid)
    workers[0].send_signal(how)


@contextmanager
def started(meeting: Meeting, number: int, within: tuple[str, ...] = ()) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start so many workers of this machine, or of the namespace that a command leads into."""
    command = (*within, sys.executable, "-m", "badgateway", "worker", "--master", str(meeting))
    workers = [subprocess.Popen(command, env={**os.environ, KEY: "k"}, cwd=ROOT) for _ in range(number)]
    try:
        yield workers
    finally:
        for one in workers:
            one.terminate()
            one.wait(20)


def driven_by(workers: Workers, url: str, folder: Path, **more: Any) -> Drive:
    folder.mkdir()
    load, trial = load_of("plain", rate_per_s=RATE, processes=workers.meeting.expected, **{"warm_up_s": 1, **more})
    return drive(
        load,
        trial,
        url=url,
        project_root=ROOT,
        client_timeout_s=1,
        raw=folder,
        on_start=lambda _: None,
        on_progress=lambda _: None,
        check=lambda: None,
        workers=workers,
    )


def written_ids(folder: Path) -> list[str]:
    with (folder / raw.CLIENT_ROWS).open(newline="") as file:
        return [row["request_id"] for row in csv.DictReader(file)]


def by_process(ids: list[str]) -> Counter[str]:
    return Counter(one.partition("-")[0] for one in ids)


# One that is told to end says goodbye, and Locust gives its part to those that are left.
@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.proof)])
def test_a_process_that_ends_ends_the_load_and_no_row_of_an_ended_request_is_lost(tmp_path: Path, how: int):
    load, trial = load_of("plain", rate_per_s=RATE, processes=2, warm_up_s=1, window_s=30)
    killed: list[int] = []
    began_s = time.monotonic()
    with faulty_server() as server:
        with pytest.raises(LoadError, match=r"1 of Locust's 2 processes was lost in the middle of the load"):
            drive(
                load,
                trial,
                url=server.url,
                project_root=ROOT,
                client_timeout_s=1,
                raw=tmp_path,
                on_start=lambda pid: Thread(target=end_one_worker, args=(pid, killed, how, tmp_path)).start(),
                on_progress=lambda _: None,
                check=lambda: None,
            )
        asked = [request_id for _, _, request_id in server.requests]
    written = written_ids(tmp_path)

    assert len(killed) == 1
    assert time.monotonic() - began_s < 20, "it did not go on for the rest of the window"
    assert len(written) == len(set(written))
    lost = by_process([one for one in asked if one not in set(written)])
    assert len(lost) <= 1, "only the killed process may have been cut off"
    assert sum(lost.values()) <= IN_FLIGHT
    assert len(by_process(written)) == 2


def kill_one_locust(workers: list[subprocess.Popen[bytes]], folder: Path) -> None:
    await_rows_of_two(folder)
    of_first = psutil.Process(workers[0].pid).children(recursive=True)
    # Its guardian has the same words further behind.
    (locust,) = [one for one in of_first if one.cmdline()[1:3] == ["-m", "badgateway.load.plain"]]
    locust.kill()


def test_workers_that_joined_send_one_schedule_and_a_lost_one_is_no_silent_half(tmp_path: Path):
    meeting = free_meeting(2)
    with faulty_server() as server, Workers(meeting, "k") as joined, started(meeting, 2) as workers:
        joined.wait(30)
        whole = driven_by(joined, server.url, tmp_path / "whole")
        Thread(target=kill_one_locust, args=(workers, tmp_path / "cut")).start()
        with pytest.raises(GeneratorKilledError, match="which was ended by SIGKILL; the rows it had sent are kept"):
            driven_by(joined, server.url, tmp_path / "cut", window_s=30)
        asked = [request_id for _, _, request_id in server.requests]

    assert whole.open_loop is not None
    assert whole.open_loop.missed_arrivals == 0
    of_whole, of_cut = written_ids(tmp_path / "whole"), written_ids(tmp_path / "cut")
    assert len(by_process(of_whole)) == len(by_process(of_cut)) == 2
    assert len(set(of_whole + of_cut)) == len(of_whole + of_cut)
    lost = by_process([one for one in asked if one not in {*of_whole, *of_cut}])
    assert len(lost) <= 1, "only the killed process may have been cut off"
    assert sum(lost.values()) <= IN_FLIGHT

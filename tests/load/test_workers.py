"""Workers that have joined a run, played by threads: their rows, their ends, and who comes in their place."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from badgateway.errors import ConfigurationError, GeneratorKilledError, LoadError
from badgateway.load import worker
from badgateway.load import workers as joined
from badgateway.load.command import Meeting, Target, headless_command
from badgateway.load.settings import CLOCK_AHEAD, ROWS
from badgateway.load.worker import work
from badgateway.load.worker_line import Line, introduce
from badgateway.load.worker_order import Order
from badgateway.load.workers import Workers
from badgateway.model.raw import CLIENT_ROWS
from badgateway.process.child import Command
from badgateway.process.ports import free_port
from tests.load.conftest import ROOT, load_of

KEY = "k"
AHEAD_S = 2.5
Part = Callable[[Line, dict[str, Any]], None]


def rows_then(exit_code: int) -> Part:
    def part(line: Line, order: dict[str, Any]) -> None:
        line.send(rows={CLIENT_ROWS: "ab-1,first\n", "no-book.txt": "x"})
        line.send(rows={CLIENT_ROWS: "ab-2,second\n"})
        line.send(ended=exit_code, tail="its last words")

    return part


def hangs_up(line: Line, _order: dict[str, Any]) -> None:
    line.send(rows={CLIENT_ROWS: "cd-1,first\n"})
    line.close()


def until_stopped(line: Line, _order: dict[str, Any]) -> None:
    assert line.receive(5) == {"stop": True}
    line.send(rows={CLIENT_ROWS: "ef-1,late\n"})
    line.send(ended=-15, tail="")


class Played:
    """A worker of this process: answers what time it is, and does its part of each load."""

    def __init__(self, meeting: Meeting, part: Part) -> None:
        self.orders: list[dict[str, Any]] = []
        self.is_over = False
        self._line = Line.to(meeting.address, meeting.port)
        self._part = part
        introduce(self._line, KEY, "web-2")
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        try:
            while not self.is_over:
                message = self._line.receive(5) or {}
                if "clock" in message:
                    self._line.send(clock=time.time() + AHEAD_S)
                elif "load" in message:
                    self.orders.append(message["load"])
                    self._part(self._line, message["load"])
                self.is_over = "over" in message
        except LoadError:
            return
        finally:
            self._line.close()


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(Meeting(address="127.0.0.1", port=free_port(), expected=1), KEY) as meeting:
        yield meeting


def load(workers: Workers, raw: Path, during: Callable[[Callable[[], None]], None] = lambda _: None) -> None:
    given, _ = load_of("visitors", users=5)
    target = Target(
        url="http://127.0.0.1:1",
        load=given,
        users=5,
        client_timeout_s=1,
        project_root=ROOT,
        environment={"APP_MEMBERS": "9"},
        meeting=workers.meeting,
    )
    with workers.loading(target, headless_command(target, raw), raw, lambda: {"load.py": "x = 1"}) as demand:
        during(demand)


def test_rows_of_a_worker_are_in_the_trials_file_when_the_load_is_over(workers, tmp_path):
    played = Played(workers.meeting, rows_then(0))
    load(workers, tmp_path)

    assert (tmp_path / CLIENT_ROWS).read_text() == "ab-1,first\nab-2,second\n"
    assert [path.name for path in tmp_path.iterdir()] == [CLIENT_ROWS]
    (order,) = played.orders
    assert order["files"] == {"load.py": "x = 1"}
    assert order["locust_port"] == workers.meeting.port + 1
    assert order["environment"]["APP_MEMBERS"] == "9"
    assert not {ROWS, "PATH", "HOME", "PYTHONPATH"} & set(order["environment"])
    assert float(order["environment"][CLOCK_AHEAD]) == pytest.approx(AHEAD_S, abs=0.05)


@pytest.mark.parametrize(
    ("part", "how"),
    [
        (rows_then(-9), "lost its worker web-2, which was ended by SIGKILL"),
        (rows_then(1), "lost its worker web-2, which ended with status 1"),
        (hangs_up, "lost its worker web-2, which is gone"),
    ],
)
def test_a_lost_worker_is_told_and_what_it_had_sent_is_kept(workers, tmp_path, part, how):
    Played(workers.meeting, part)
    with pytest.raises(GeneratorKilledError, match="the rows it had sent are kept") as told:
        load(workers, tmp_path)

    assert told.value.how == how
    assert "first" in (tmp_path / CLIENT_ROWS).read_text()


@pytest.mark.parametrize("is_full", [True, False])
def test_rows_that_cannot_be_kept_are_a_lost_worker_and_not_a_trial_with_less(workers, tmp_path, is_full):
    def says_nonsense(line: Line, _order: dict[str, Any]) -> None:
        line.send(rows=["no table"])
        line.send(ended=0, tail="")

    if is_full:
        (tmp_path / CLIENT_ROWS).mkdir()
    Played(workers.meeting, rows_then(0) if is_full else says_nonsense)
    with pytest.raises(GeneratorKilledError) as told:
        load(workers, tmp_path)

    assert told.value.how is not None
    assert told.value.how.startswith("lost its worker web-2, which sent rows that could not be kept: ")


def test_when_the_trial_ends_by_itself_workers_are_stopped_and_their_last_rows_are_kept(workers, tmp_path):
    def fail(_demand: Callable[[], None]) -> None:
        raise LoadError("the server ended")

    Played(workers.meeting, until_stopped)
    with pytest.raises(LoadError, match="the server ended"):
        load(workers, tmp_path, fail)

    assert (tmp_path / CLIENT_ROWS).read_text() == "ef-1,late\n"


@pytest.mark.timeout(30)
def test_workers_that_say_nothing_at_the_end_are_waited_for_together(tmp_path, monkeypatch):
    monkeypatch.setattr(joined, "END_S", 0.5)
    told: list[float] = []
    with Workers(Meeting(address="127.0.0.1", port=free_port(), expected=4), KEY) as four:
        for _ in range(4):
            Played(four.meeting, lambda _line, _order: time.sleep(5))
        with pytest.raises(GeneratorKilledError, match="which is gone"):
            load(four, tmp_path, lambda _demand: told.append(time.monotonic()))

    assert time.monotonic() - told[0] < 1.5


def test_another_worker_may_come_in_the_place_of_one_that_is_gone(workers, tmp_path):
    Played(workers.meeting, hangs_up)
    with pytest.raises(GeneratorKilledError):
        load(workers, tmp_path)
    Played(workers.meeting, rows_then(0))
    load(workers, tmp_path)

    assert (tmp_path / CLIENT_ROWS).read_text().endswith("ab-2,second\n")


def test_a_run_without_its_workers_says_how_many_have_come_and_how_to_start_others(workers):
    with pytest.raises(LoadError, match=rf"0 of 1 workers .* worker --master 127\.0\.0\.1:{workers.meeting.port}"):
        workers.wait(0)


def test_a_port_that_is_taken_is_refused_with_what_to_do(workers):
    with pytest.raises(ConfigurationError, match=r"--bind 127\.0\.0\.1:\d+: .*; name an address of this machine"):
        Workers(workers.meeting, KEY)


def test_a_worker_does_what_it_is_told_until_the_run_is_over(workers, tmp_path, monkeypatch):
    def command(_order: Order, folder: Path, _master: str) -> Command:
        script = "echo gh-1,first > client.csv; printf torn >> client.csv; echo its last words; kill -9 $$"
        return Command(
            name="Locust",
            argv=("/bin/sh", "-c", script),
            environment={},
            directory=folder,
            log=folder / "locust.log",
        )

    monkeypatch.setattr(Order, "command", command)
    told: list[str] = []
    place = workers.meeting.address, workers.meeting.port
    working = threading.Thread(target=work, args=(*place, KEY, told.append), daemon=True)
    working.start()
    with pytest.raises(GeneratorKilledError, match=r"(?s)was ended by SIGKILL.*its last words"):
        load(workers, tmp_path)
    workers.__exit__()
    working.join(5)

    assert not working.is_alive()
    assert (tmp_path / CLIENT_ROWS).read_text() == "gh-1,first\n"
    assert told[0].startswith("joined the run at")
    assert told[1:] == ["sends the load of a trial", "the run is over"]


def test_a_worker_that_finds_no_run_says_what_to_start(monkeypatch):
    monkeypatch.setattr(worker, "JOIN_S", 0)
    with pytest.raises(LoadError, match=r"no run expects workers at 127\.0\.0\.1:.*--workers-expected N"):
        work("127.0.0.1", free_port(), KEY, lambda _: None)

import psutil
import pytest

from badgateway.errors import DeploymentError
from badgateway.process import shutdown
from badgateway.process.shutdown import shut_down


class FakeProcess:
    def __init__(self, pid, story, leaves_on) -> None:
        self.pid = pid
        self.story = story
        self.leaves_on = leaves_on
        self.alive = True

    def name(self):
        return f"program-{self.pid}"

    def is_running(self):
        return self.alive

    def status(self):
        return psutil.STATUS_SLEEPING

    def terminate(self):
        self.receive("TERM")

    def kill(self):
        self.receive("KILL")

    def receive(self, signal) -> None:
        if not self.alive:
            raise psutil.NoSuchProcess(self.pid)
        self.story.append((self.pid, signal))
        self.alive = signal not in self.leaves_on


def play(leader, *others, grace_s=0.05, workers_first=False) -> tuple[str, ...]:
    everybody = tuple(process for process in (leader, *others) if process is not None)
    everybody = everybody[::-1] if workers_first else everybody
    return shut_down(
        "server",
        leader,
        lambda: tuple(process for process in everybody if process.alive),
        grace_s=grace_s,
    )


def test_the_leader_is_asked_before_its_workers_and_only_survivors_are_killed():
    story: list[tuple[int, str]] = []
    leader = FakeProcess(1, story, {"TERM"})
    willing, deaf = FakeProcess(2, story, {"TERM"}), FakeProcess(3, story, {"KILL"})

    assert play(leader, willing, deaf) == ("program-3",)
    assert story == [(1, "TERM"), (2, "TERM"), (3, "TERM"), (3, "KILL")]


def test_a_dead_leader_leaves_only_its_workers_to_be_ended():
    story: list[tuple[int, str]] = []

    assert play(None, FakeProcess(2, story, {"TERM"})) == ()
    assert story == [(2, "TERM")]


def test_a_process_that_outlives_kill_stops_the_show(monkeypatch):
    monkeypatch.setattr(shutdown, "KILL_DEADLINE_S", 0.05)

    with pytest.raises(DeploymentError, match=r"server: program-1 \(pid 1\) survived SIGKILL"):
        play(FakeProcess(1, [], ()))


def test_the_leader_is_killed_before_workers_whose_end_it_would_tell_of():
    story: list[tuple[int, str]] = []
    leader, worker = FakeProcess(1, story, {"KILL"}), FakeProcess(2, story, {"KILL"})

    play(leader, worker, workers_first=True)

    assert [pid for pid, signal in story if signal == "KILL"] == [1, 2]

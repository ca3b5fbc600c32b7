import signal

import psutil
import pytest

from badgateway.errors import DeploymentError
from badgateway.process import child as child_room
from badgateway.process import running as room
from badgateway.process.child import Child
from badgateway.process.interruption import unwinding_on_signals
from badgateway.process.running import run_to_end, running
from tests.process.conftest import MakeCommand

SLEEP = "import time; time.sleep(60)"


def test_the_child_is_stopped_when_the_block_raises(python: MakeCommand):
    def fail(pid) -> None:
        assert psutil.pid_exists(pid)
        raise LookupError

    with pytest.raises(LookupError), running(python(SLEEP)) as child:
        fail(child.pid)

    assert child.ending is not None
    assert child.ending.exit_code == -signal.SIGTERM
    assert not psutil.pid_exists(child.pid)


def test_a_signal_during_the_start_leaves_no_child(python: MakeCommand, monkeypatch):
    started = []
    start = Child.start

    def interrupted(command):
        started.append(start(command))
        signal.raise_signal(signal.SIGTERM)
        return started[0]

    monkeypatch.setattr(Child, "start", interrupted)
    with pytest.raises(KeyboardInterrupt), unwinding_on_signals(), running(python(SLEEP)):
        pytest.fail("the block must not begin")

    assert not psutil.pid_exists(started[0].pid)


def test_a_command_that_succeeds_gives_its_own_output(python: MakeCommand):
    command = python("print('loaded')")
    command.log.write_text("of an earlier one\n")

    assert run_to_end(command, deadline_s=10) == "loaded\n"


def test_a_command_that_fails_is_told_with_status_and_last_words(python: MakeCommand):
    with pytest.raises(DeploymentError) as caught:
        run_to_end(python("import sys; sys.exit('table is missing')"), deadline_s=10)

    assert str(caught.value) == "piece ended with status 1; last log lines of piece.log:\ntable is missing"


def test_a_command_that_prints_without_end_is_ended_before_it_fills_the_disk(python: MakeCommand, monkeypatch):
    monkeypatch.setattr(child_room, "MOST_PRINTED_BYTES", 1 << 20)
    monkeypatch.setattr(room, "LOOK_S", 0.05)
    with pytest.raises(DeploymentError, match=r"piece printed more than 1 MiB; let it print less"):
        run_to_end(python("while True: print('x' * 4096)"), deadline_s=30)


def test_a_command_that_hangs_is_ended_at_the_deadline(python: MakeCommand):
    with pytest.raises(DeploymentError, match=r"piece did not end within 0\.3 s"):
        run_to_end(python(SLEEP), deadline_s=0.3)

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from badgateway.process.interruption import ENDING, held, unwinding_on_signals


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in ENDING]


@pytest.mark.parametrize("number", ENDING)
def test_an_ending_signal_unwinds_as_ctrl_c_does(number):
    with pytest.raises(KeyboardInterrupt), unwinding_on_signals() as interruption:
        signal.raise_signal(number)

    assert interruption.received is number


def test_a_second_signal_does_not_cut_the_teardown_short():
    steps = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGHUP)
            steps.append("torn down")

    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), unwinding_on_signals() as interruption:
        work()

    assert steps == ["torn down"]
    assert interruption.received is signal.SIGTERM


def test_the_handlers_of_before_are_back_afterwards():
    before = handlers()
    with unwinding_on_signals(), held():
        assert handlers() != before

    assert handlers() == before


def test_what_nohup_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with unwinding_on_signals() as interruption, held():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert interruption.received is None


def test_held_signals_are_delivered_when_the_block_is_through():
    steps = []

    def work() -> None:
        signal.raise_signal(signal.SIGTERM)
        steps.append("finished")

    with pytest.raises(KeyboardInterrupt), unwinding_on_signals(), held():
        work()

    assert steps == ["finished"]


def test_held_blocks_nest():
    steps = []

    def work() -> None:
        with held():
            signal.raise_signal(signal.SIGINT)
            steps.append("inner")
        steps.append("outer")

    with pytest.raises(KeyboardInterrupt), unwinding_on_signals(), held():
        work()

    assert steps == ["inner", "outer"]


def test_outside_the_main_thread_nothing_changes():
    before = handlers()
    seen = []

    def look():
        with unwinding_on_signals(), held():
            seen.append(handlers())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert seen == [before]


KIT = """
import sys, time
from pathlib import Path
from badgateway.process.child import Command
from badgateway.process.interruption import unwinding_on_signals
from badgateway.process.running import running
folder = Path(sys.argv[1])
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
command = Command(name="deaf", argv=(sys.executable, "-c", deaf), environment={}, directory=folder, log=folder / "log")
with unwinding_on_signals(), running(command, grace_s=0.5) as child:
    while not child.output():
        time.sleep(0.01)
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_two_impatient_signals_still_stop_a_deaf_server(tmp_path):
    kit = subprocess.Popen(
        [sys.executable, "-c", KIT, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert kit.stdout is not None
    with kit.stdout as pipe:
        server = int(pipe.readline())
    os.kill(kit.pid, signal.SIGTERM)
    time.sleep(0.1)
    os.kill(kit.pid, signal.SIGINT)

    assert kit.wait(10) != 0
    assert not psutil.pid_exists(server)


QUERY = """
from badgateway.process.interruption import unwinding_on_signals
from badgateway.model.in_memory import connect
with connect() as connection, unwinding_on_signals():
    print("begins", flush=True)
    connection.execute("SELECT count(*) FROM range(20000000000) AS one(number) WHERE number % 7 = 3")
"""


@pytest.mark.proof
def test_a_signal_amid_a_query_is_an_interruption():
    kit = subprocess.Popen([sys.executable, "-c", QUERY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert kit.stdout is not None
    kit.stdout.readline()
    time.sleep(0.5)
    kit.send_signal(signal.SIGINT)
    try:
        _, said = kit.communicate(timeout=60)
    finally:
        kit.kill()

    assert said.splitlines()[-1] == "KeyboardInterrupt: SIGINT"


def a_query_ends_after_a_signal() -> None:
    with unwinding_on_signals() as interruption:
        interruption.received = signal.SIGINT
        raise RuntimeError("Query interrupted")


def test_an_error_of_a_query_that_a_signal_interrupted_is_an_interruption():
    with pytest.raises(KeyboardInterrupt, match="SIGINT"):
        a_query_ends_after_a_signal()


def test_an_error_of_a_query_that_nobody_interrupted_stays_what_it_is():
    with pytest.raises(RuntimeError, match="Query interrupted"), unwinding_on_signals():
        raise RuntimeError("Query interrupted")

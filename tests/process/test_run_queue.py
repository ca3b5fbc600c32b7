"""What tells a thread that waited for a CPU from one that stood still."""

import os
import time

import pytest

from badgateway.process.run_queue import RunQueue, unexplained_s


@pytest.mark.parametrize(
    ("length_s", "cpu_s", "waited_s", "left_s"), [(1.0, 0.25, 0.5, 0.25), (1.0, 0.0, 0.0, 1.0), (1.0, 0.9, 0.2, 0.0)]
)
def test_what_is_neither_work_nor_waiting_for_a_cpu_is_unexplained(length_s, cpu_s, waited_s, left_s):
    assert unexplained_s(length_s, cpu_s, waited_s) == pytest.approx(left_s)


def test_sleeping_is_no_waiting_for_a_cpu():
    queue = RunQueue.of_this_thread()
    before_s = queue.waited_s()
    if before_s is None:
        pytest.skip("this kernel does not count it")
    began_s, began_cpu_s = time.monotonic(), time.thread_time()
    time.sleep(0.3)
    waited_s = (queue.waited_s() or 0) - before_s
    queue.close()

    length_s, cpu_s = time.monotonic() - began_s, time.thread_time() - began_cpu_s
    assert unexplained_s(length_s, cpu_s, waited_s) >= 0.29


def test_where_the_kernel_does_not_count_there_is_nothing_to_read(monkeypatch):
    def refuse(*_given):
        raise FileNotFoundError

    monkeypatch.setattr(os, "open", refuse)

    assert RunQueue.of_this_thread().waited_s() is None

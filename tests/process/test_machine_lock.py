"""The lock of the machine: one at a time, gone with its process, and the kernel tells who has it."""

import os
import subprocess
import sys
import time
import uuid

import pytest

from badgateway.process.machine_lock import Holder, holder, machine_lock

HOLD = """
import sys, time
from badgateway.process.machine_lock import machine_lock
with machine_lock(sys.argv[1]) as taken:
    print(taken, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def name() -> str:
    return f"badgateway-test-{uuid.uuid4()}"


def test_whoever_comes_first_has_it_and_the_second_is_told(name):
    with machine_lock(name) as first, machine_lock(name) as second:
        assert (first, second) == (True, False)


def test_it_is_free_again_when_the_block_ends_however_that_ends(name):
    with pytest.raises(ZeroDivisionError), machine_lock(name):
        raise ZeroDivisionError

    with machine_lock(name) as is_ours:
        assert is_ours


def test_who_has_it_is_told_by_the_kernel(name):
    before_s = time.time()
    with machine_lock(name):
        found = holder(name)

    assert found is not None
    assert (found.pid, found.uid) == (os.getpid(), os.getuid())
    assert found.since_s is not None
    assert found.since_s < before_s
    assert str(found).startswith(f"pid {os.getpid()} of ")
    assert ", since 20" in str(found)


def test_asking_a_thousand_times_who_has_it_is_answered_each_time(name):
    with machine_lock(name):
        assert all(holder(name) for _ in range(1000))


def test_nobody_has_a_lock_that_was_given_back(name):
    with machine_lock(name):
        pass

    assert holder(name) is None


def test_it_goes_with_a_process_that_is_killed(name):
    other = subprocess.Popen([sys.executable, "-c", HOLD, name], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    with other.stdout:
        assert other.stdout.readline() == "True\n"
        with machine_lock(name) as is_ours:
            found = holder(name)
            assert (is_ours, found and found.pid) == (False, other.pid)
        other.kill()
        other.wait()

    with machine_lock(name) as is_ours:
        assert is_ours


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_cannot_have_it_at_the_same_time_either(name):
    take = f"from badgateway.process.machine_lock import machine_lock, holder\nwith machine_lock({name!r}) as taken:\n"
    with machine_lock(name):
        asked = subprocess.run(
            [sys.executable, "-c", f"{take}    print(taken, holder({name!r}).uid)"],
            user=65534,
            capture_output=True,
            text=True,
            check=True,
        )

    assert asked.stdout == "False 0\n"


def test_a_process_of_another_container_is_called_that():
    assert str(Holder(pid=0, uid=2**31, since_s=None)) == f"a container of user {2**31}"

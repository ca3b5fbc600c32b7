import os
import subprocess
import sys
import time

import psutil

from badgateway.process.cores import cores_of, on_cores, usable

PARENT = "import subprocess, sys; print(flush=True); subprocess.run([sys.executable, '-c', 'input()'])"


def test_the_cpus_of_the_kit_are_those_that_can_be_given():
    assert set(usable()) == os.sched_getaffinity(0)


def test_without_a_number_a_program_is_started_as_it_is():
    assert on_cores(0, ("uwsgi", "--ini", "x")) == ("uwsgi", "--ini", "x")


def test_a_program_and_what_it_starts_run_on_as_many_cpus_as_it_was_given():
    command = on_cores(1, (sys.executable, "-c", PARENT))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        while not psutil.Process(started.pid).children():
            time.sleep(0.01)
        found = cores_of((started.pid,))
        started.communicate(b"\n")

    assert found == 1


def test_programs_on_several_cpus_are_counted_together_and_one_that_ended_not_at_all():
    assert cores_of((os.getpid(), 2**22 + 1)) == len(usable())

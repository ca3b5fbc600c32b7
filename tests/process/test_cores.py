import os
import subprocess
import sys
import time

import psutil

from badgateway.process.cores import PROGRAM, cores_of, faults, on_cores, usable

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


def test_more_cores_than_there_are_is_refused_with_both_numbers():
    assert list(faults({"one.cores": 1})) == []
    (fault,) = faults({"one.cores": 1, "many.cores": 900})

    assert fault == f"many.cores: 900 is more than the {len(usable())} CPUs here; declare fewer"


def test_what_binds_to_cores_has_to_be_there_only_where_something_is_bound(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _name: None)

    assert list(faults({})) == []
    (fault,) = faults({"one.cores": 1})
    assert fault.startswith(f"{PROGRAM} is not installed")


def test_programs_on_several_cpus_are_counted_together_and_one_that_ended_not_at_all():
    assert cores_of((os.getpid(), 2**22 + 1)) == len(usable())


def test_a_process_that_gives_way_is_run_where_no_other_wants_to():
    code = "import os; from badgateway.process.cores import give_way; give_way(); print(os.sched_getscheduler(0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == os.SCHED_IDLE

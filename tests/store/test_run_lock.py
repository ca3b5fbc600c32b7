"""The lock of a run: one process at a time, and nothing is written through what somebody planted there."""

import os
import subprocess
import sys

import pytest

from badgateway.errors import ResultsError, TakenError
from badgateway.store.run_lock import LOCK, locked

HOLD = """
import pathlib, sys, time
from badgateway.store.run_lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("mine", flush=True)
    time.sleep(60)
"""


def test_the_second_one_is_told_who_has_it_and_since_when(tmp_path):
    with locked(tmp_path), pytest.raises(TakenError) as told, locked(tmp_path):
        pass

    assert f"{tmp_path}: is being run by pid {os.getpid()}, since 20" in str(told.value)
    assert " UTC; wait for its end, or end it" in str(told.value)


def test_nothing_is_left_of_it_when_the_block_ends_however_that_ends(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_can_open_it(tmp_path):
    with locked(tmp_path):
        assert (tmp_path / LOCK).stat().st_mode & 0o777 == 0o600


def test_a_process_that_was_killed_has_it_no_more(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    with other.stdout:
        assert other.stdout.readline() == "mine\n"
        with pytest.raises(TakenError, match=f"pid {other.pid}, since "), locked(tmp_path):
            pass
        other.kill()
        other.wait()
    assert (tmp_path / LOCK).exists()

    with locked(tmp_path):
        assert f"pid {os.getpid()}, " in (tmp_path / LOCK).read_text()


def test_a_run_that_was_taken_away_meanwhile_can_be_locked_once_more(tmp_path):
    with locked(tmp_path):
        (tmp_path / LOCK).unlink()

    with locked(tmp_path):
        pass


def plant_link(lock, victim):
    lock.symlink_to(victim)


def plant_second_name(lock, victim):
    lock.hardlink_to(victim)


def plant_pipe(lock, victim):
    os.mkfifo(lock)


def plant_long_file(lock, victim):
    lock.write_text("precious" * 100)


@pytest.mark.parametrize("plant", [plant_link, plant_second_name, plant_pipe, plant_long_file])
def test_what_somebody_planted_in_its_place_is_refused_and_left_as_it_was(plant, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "run").mkdir()
    plant(tmp_path / "run" / LOCK, victim)

    with pytest.raises(ResultsError, match=r"cannot be written|no lock that badgateway made"), locked(tmp_path / "run"):
        pass

    assert victim.read_text() == "precious"
    assert (tmp_path / "run" / LOCK).exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ResultsError, match="cannot be written: No such file"), locked(tmp_path / "nope"):
        pass

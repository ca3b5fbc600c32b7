"""The folder of a run is gone when the run is, at the latest when the next one starts."""

import fcntl
import os
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from badgateway.store.temporary_folder import (
    LOCK,
    PREFIX,
    SCRATCH_PREFIX,
    OwnFolder,
    remove_all_left_behind,
    remove_left_behind,
    scratch_space,
    temporary_folder,
)

# Its server outlives it for a moment, and must not keep the folder in use.
LIVE_IN_ONE = """
import subprocess, sys, time
from pathlib import Path
from badgateway.store.temporary_folder import temporary_folder
with temporary_folder(Path(sys.argv[1])) as folder:
    (folder / "database").mkdir()
    (folder / "database" / "file").touch()
    server = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
    print(server.pid, folder, flush=True)
    time.sleep(60)
"""


@contextmanager
def another_kit(place):
    """Give a kit that lives in a folder of its own, with a server, and the folder."""
    kit = subprocess.Popen([sys.executable, "-c", LIVE_IN_ONE, place], stdout=subprocess.PIPE, text=True)
    assert kit.stdout is not None
    server, folder = kit.stdout.readline().split()
    try:
        yield kit, place / folder
    finally:
        kit.kill()
        kit.wait()
        kit.stdout.close()
        os.kill(int(server), 9)


def test_a_folder_is_closed_to_everybody_else_and_gone_at_the_end(tmp_path):
    with temporary_folder(tmp_path) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "sub").mkdir()
        (folder / "sub" / "file").touch()
        (folder / "file").touch()
        (folder / "link").symlink_to(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_killed_kit_goes_when_the_next_one_starts_and_that_of_a_living_one_stays(tmp_path):
    with another_kit(tmp_path) as (kit, folder):
        with temporary_folder(tmp_path):
            assert (folder / "database" / "file").exists()
        kit.kill()
        kit.wait()
        assert folder.exists()

        with temporary_folder(tmp_path) as own:
            assert list(tmp_path.iterdir()) == [own]


@pytest.mark.parametrize("moment", ["_taken", "fcntl.flock"])
def test_the_folder_of_a_kit_that_was_killed_in_its_first_moment_goes_when_the_next_one_starts(tmp_path, moment):
    code = f"""
import os
from pathlib import Path
from badgateway.store import temporary_folder as room
first = room.fcntl.flock
def die(*given):
    # The first lock is the turn.
    die.calls += 1
    if die.calls > ("flock" in "{moment}"):
        os.kill(os.getpid(), 9)
    first(*given)
die.calls = 0
room.{moment} = die
room.temporary_folder(Path("{tmp_path}")).__enter__()
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(PREFIX)

    with temporary_folder(tmp_path) as own:
        assert list(tmp_path.iterdir()) == [own]


def test_a_folder_that_has_something_in_it_and_no_lock_is_not_the_kits(tmp_path):
    for name in (f"{PREFIX}notes", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere" / LOCK).touch()
    (tmp_path / f"{PREFIX}notes" / "mine").touch()
    remove_left_behind(tmp_path)

    assert len(list(tmp_path.iterdir())) == 2


def test_who_keeps_the_turn_for_ever_keeps_nobody_from_working(tmp_path, monkeypatch):
    monkeypatch.setattr("badgateway.store.temporary_folder.TURN_DEADLINE_S", 0.05)
    left = tmp_path / f"{PREFIX}left"
    left.mkdir()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with temporary_folder(tmp_path) as folder:
            assert sorted(tmp_path.iterdir()) == sorted([folder, left])
    finally:
        os.close(descriptor)


def left_behind(place):
    folder = place / f"{PREFIX}left"
    folder.mkdir()
    (folder / LOCK).touch()
    return folder


def test_what_is_left_can_be_removed_without_making_a_folder(tmp_path):
    left_behind(tmp_path)
    remove_all_left_behind(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_another_user_stays(tmp_path, monkeypatch):
    folder = left_behind(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: folder.stat().st_uid + 1)
    remove_left_behind(tmp_path)

    assert folder.exists()


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "place").mkdir()
    folder = left_behind(tmp_path)
    (tmp_path / "place" / f"{PREFIX}link").symlink_to(folder)
    remove_left_behind(tmp_path / "place")

    assert (folder / LOCK).exists()


@pytest.mark.parametrize("content", ["nothing", "a link for a lock"])
def test_a_link_in_place_of_a_folder_or_its_lock_is_not_followed(tmp_path, content):
    (tmp_path / "place").mkdir()
    secret = tmp_path / "secret"
    secret.write_text("kept")
    folder = tmp_path / "place" / f"{PREFIX}planted"
    folder.mkdir()
    if content != "nothing":
        (folder / LOCK).symlink_to(secret)
    remove_left_behind(tmp_path / "place")

    assert secret.read_text() == "kept"
    assert folder.exists() is (content != "nothing")


def test_what_cannot_be_removed_yet_goes_the_next_time(tmp_path):
    folder = left_behind(tmp_path)
    (folder / "database").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        remove_left_behind(tmp_path)
    assert (folder / LOCK).exists()
    remove_left_behind(tmp_path)

    assert not folder.exists()


EXPLAIN = (sys.executable, "-m", "badgateway", "explain", "-")


def test_what_a_killed_command_has_left_goes_with_the_next_one(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(EXPLAIN, stdin=subprocess.PIPE, env=environment) as kit:
        while not list(tmp_path.glob(f"{SCRATCH_PREFIX}*/{LOCK}")):
            assert kit.poll() is None
        (folder,) = tmp_path.iterdir()
        (folder / "badgateway-logs-x").mkdir()
        (folder / "badgateway-logs-x" / "copy-1").touch()
        kit.kill()
    assert folder.exists()
    subprocess.run(EXPLAIN, input=b"", env=environment, capture_output=True, check=False)

    assert list(tmp_path.iterdir()) == []


def test_temporary_files_are_made_in_one_folder_until_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch_space():
        (folder,) = tmp_path.iterdir()
        assert tempfile.gettempdir() == str(folder)
        with tempfile.NamedTemporaryFile() as file:
            assert Path(file.name).parent == folder

    assert tempfile.gettempdir() == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_no_folder_can_be_made_the_command_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with scratch_space():
        assert tempfile.gettempdir() == str(tmp_path / "nowhere")


def test_a_folder_that_nobody_touches_is_as_it_was_whatever_is_made_in_it(tmp_path):
    own = OwnFolder.at(tmp_path)
    (tmp_path / "trial-1").mkdir()

    assert own.change() is None


@pytest.mark.fault("damage", always=True)
@pytest.mark.parametrize("what", ["closed", "removed", "replaced"])
def test_what_somebody_does_to_a_folder_of_the_kits_is_told_by_its_name(what, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir(mode=0o710)
    own = OwnFolder.at(folder)
    if what == "closed":
        folder.chmod(0)
    else:
        folder.rename(tmp_path / "aside")
    if what == "replaced":
        folder.mkdir(mode=0o710)

    assert own.change() == {
        "closed": f"the mode of {folder} was changed from 0710 to 0000",
        "removed": f"{folder} was removed",
        "replaced": f"{folder} was put in place of another one",
    }.get(what)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_a_folder_that_was_given_away_is_told(tmp_path):
    own = OwnFolder.at(tmp_path)
    os.chown(tmp_path, -1, 12345)

    assert own.change() == f"{tmp_path} was given to another user or group"

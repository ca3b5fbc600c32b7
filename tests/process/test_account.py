import os
import pwd
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.process import account as room
from badgateway.process.account import (
    Account,
    changeable_by,
    hand_over,
    hand_over_all,
    make_passage,
    open_passage,
    remedy_of_closed,
    service_account,
    unreachable_parent,
    with_own_group,
    write_for,
)

STRANGER = Account(name="stranger", uid=54321, gid=54322)


@pytest.fixture
def way(tmp_path):
    """Make two nested folders whose rights the test can change."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    return folder


def opened(monkeypatch, tmp_path) -> None:
    """Judge only what is below tmp_path: pytest makes it for its own account alone."""
    real = room._may_enter
    monkeypatch.setattr(
        room, "_may_enter", lambda folder, account: folder in {tmp_path, *tmp_path.parents} or real(folder, account)
    )


def test_there_is_no_service_account_without_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert service_account() is None


def test_root_gets_the_first_account_that_exists(monkeypatch):
    entries = [pwd.struct_passwd((name, "x", uid, uid, "", "/", "/")) for name, uid in (("nobody", 9), ("nginx", 7))]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwall", lambda: entries)

    assert service_account() == Account(name="nginx", uid=7, gid=7)


def test_root_without_any_known_account_is_an_error_and_never_runs_daemons_as_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwall", list)

    with pytest.raises(DeploymentError, match="www-data, nginx, http, nobody"):
        service_account()


def test_hand_over_makes_the_account_the_owner(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    hand_over(tmp_path, STRANGER)

    assert (tmp_path.stat().st_uid, tmp_path.stat().st_gid) == (STRANGER.uid, STRANGER.gid)


def test_hand_over_to_nobody_in_particular_changes_nothing(tmp_path):
    before = tmp_path.stat().st_uid
    hand_over(tmp_path, None)

    assert tmp_path.stat().st_uid == before


def test_the_first_closed_directory_is_found(way, tmp_path, monkeypatch):
    opened(monkeypatch, tmp_path)
    way.chmod(0o700)

    assert unreachable_parent(way / "file", STRANGER) == way
    way.parent.chmod(0o700)
    assert unreachable_parent(way / "file", STRANGER) == way.parent


def test_open_directories_bar_nobody(way, tmp_path, monkeypatch):
    opened(monkeypatch, tmp_path)
    way.chmod(0o711)
    way.parent.chmod(0o711)

    assert unreachable_parent(way / "file", STRANGER) is None


def test_a_closed_directory_behind_a_link_is_found(way, tmp_path, monkeypatch):
    opened(monkeypatch, tmp_path)
    way.parent.chmod(0o700)
    (tmp_path / "link").symlink_to(way)

    assert unreachable_parent(tmp_path / "link" / "file", STRANGER) == way.parent


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [
        (0o100, "own", "other", True),
        (0o077, "own", "own", False),
        (0o010, "other", "own", True),
        (0o707, "other", "own", False),
        (0o001, "other", "other", True),
        (0o770, "other", "other", False),
    ],
)
def test_one_class_of_rights_decides(mode, uid, gid, may, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(folder, 7001, 7002)
    folder.chmod(mode)
    account = Account(name="who", uid=7001 if uid == "own" else 8001, gid=7002 if gid == "own" else 8002)

    assert room._may_enter(folder, account) is may


def test_without_an_account_nothing_is_unreachable(tmp_path):
    assert unreachable_parent(tmp_path / "file", None) is None


ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def test_the_group_of_a_run_is_nobody_elses_and_the_accounts_own_stays_a_supplementary_one():
    one, other = with_own_group(STRANGER), with_own_group(STRANGER)

    assert one is not None
    assert other is not None
    assert one.gid != other.gid
    assert (one.uid, one.groups) == (STRANGER.uid, (STRANGER.gid,))
    assert with_own_group(None) is None


@pytest.mark.parametrize(
    ("mapped", "drawn_from"), [("0 0 4294967295", room.RARE_GROUPS), ("0 1000 1\n1 100000 65536", room.FEW_GROUPS)]
)
def test_in_a_container_with_few_groups_one_of_those_is_drawn(mapped, drawn_from, tmp_path, monkeypatch):
    (tmp_path / "gid_map").write_text(f"{mapped}\n")
    monkeypatch.setattr(room, "MAPPED_GROUPS", tmp_path / "gid_map")
    account = with_own_group(STRANGER)

    assert account is not None
    assert account.gid in drawn_from


@ROOT_ONLY
@pytest.mark.parametrize(
    ("owner", "group", "mode", "may"),
    [
        (STRANGER.uid, 0, 0o500, True),
        (0, STRANGER.gid, 0o775, True),
        (0, STRANGER.gid, 0o755, False),
        (0, 0, 0o777, True),
        (0, 0, 0o1777, False),
        (7001, 0, 0o700, False),
    ],
)
def test_a_folder_that_the_account_could_change_is_found(owner, group, mode, may, way):
    os.chown(way.parent, owner, group)
    way.parent.chmod(mode)

    assert changeable_by(STRANGER, way / "load.py") == (way.parent if may else None)
    assert changeable_by(None, way / "load.py") is None


@ROOT_ONLY
def test_a_file_behind_a_link_that_the_account_could_change_is_found(way, tmp_path):
    (way / "load.py").touch()
    os.chown(way / "load.py", STRANGER.uid, 0)
    (tmp_path / "link.py").symlink_to(way / "load.py")

    assert changeable_by(STRANGER, tmp_path / "link.py") in {way / "load.py", tmp_path / "link.py"}


@ROOT_ONLY
def test_links_are_handed_over_themselves_and_not_what_they_lead_to(tmp_path):
    secret, folder = tmp_path / "secret", tmp_path / "folder"
    secret.touch()
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").touch()
    (folder / "inner" / "link").symlink_to(secret)
    hand_over_all(folder, STRANGER)
    hand_over(folder / "inner" / "link", STRANGER)

    assert secret.stat().st_uid == 0
    assert {path.lstat().st_uid for path in (folder, *folder.rglob("*"))} == {STRANGER.uid}


@ROOT_ONLY
def test_what_is_written_for_the_account_it_can_read_and_not_change(tmp_path):
    write_for(STRANGER, tmp_path / "nginx.conf", "text")
    status = (tmp_path / "nginx.conf").stat()

    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, STRANGER.gid, 0o640)


def test_it_is_never_written_through_a_link(tmp_path):
    (tmp_path / "secret").write_text("kept")
    (tmp_path / "nginx.conf").symlink_to(tmp_path / "secret")

    with pytest.raises(FileExistsError):
        write_for(None, tmp_path / "nginx.conf", "text")
    assert (tmp_path / "secret").read_text() == "kept"


@pytest.fixture
def run_of_an_account():
    """Give a folder behind a passage that belongs to an account with a group of its own, and a process in it."""
    account = with_own_group(STRANGER)
    assert account is not None
    passage = Path(f"/tmp/badgateway-test-{os.getpid()}")
    make_passage(passage, account)
    (passage / "own").mkdir(mode=0o700)
    (passage / "own" / "journal").write_text("rows")
    hand_over_all(passage / "own", account)
    inside = subprocess.Popen(
        ["sleep", "60"],
        cwd=passage / "own",
        env={"DB_PASSWORD": "x"},
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )
    try:
        yield account, passage / "own", inside.pid
    finally:
        inside.kill()
        inside.wait()
        subprocess.run(["rm", "-rf", passage], check=True)


REACH = """
import os, sys
for path in sys.argv[1:]:
    try:
        open(path).close()
        print("in")
    except PermissionError:
        print("out")
"""


def reached(account: Account, *paths: object) -> list[str]:
    """Return which files a process of an account gets into."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", REACH, *map(str, paths)],
        capture_output=True, text=True, check=True, cwd="/",
        user=account.uid, group=account.gid, extra_groups=account.groups,
    )  # fmt: skip
    return done.stdout.split()


@ROOT_ONLY
def test_a_process_of_the_account_that_is_not_of_the_run_gets_nowhere_into_it(run_of_an_account):
    account, folder, pid = run_of_an_account
    ways = (folder / "journal", f"/proc/{pid}/cwd/journal", f"/proc/{pid}/environ", f"/proc/{pid}/mem")

    assert reached(account, *ways) == ["in"] * 4
    assert reached(STRANGER, *ways) == ["out"] * 4


_STEPS_DOWN = """
import os, sys
from pathlib import Path
from badgateway.process.account import step_down
folder = Path(sys.argv[1])
step_down(folder)
print(os.getresuid(), os.getresgid(), os.getgroups(), (folder / "page").read_text())
for fault in (lambda: os.setuid(0), lambda: (folder / "own").touch(), lambda: os.listdir(folder)):
    try:
        fault()
    except PermissionError:
        print("refused")
"""


def test_root_steps_down_for_good_and_reads_by_name_what_is_in_the_folder():
    account = with_own_group(service_account())
    if account is None:
        pytest.skip("only root can step down")
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        (folder / "page").write_text("seen")
        open_passage(folder, account)
        command = [sys.executable, "-c", _STEPS_DOWN, name]
        told, *refused = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    own = rf"\({account.uid}, {account.uid}, {account.uid}\) \((\d+), \1, \1\) \[{account.gid}\] seen"
    found = re.fullmatch(own, told)

    assert found, told
    assert int(found[1]) not in {0, account.gid, *account.groups}
    assert refused == ["refused"] * 3


def test_nobody_is_told_to_open_roots_own_folder():
    assert "chmod" not in remedy_of_closed(Path("/root"), "the project")
    assert "chmod o+x /srv/a" in remedy_of_closed(Path("/srv/a"), "the project")

import os
import pwd

import pytest

from badgateway.errors import DeploymentError
from badgateway.process import account as room
from badgateway.process.account import Account, hand_over, service_account, unreachable_parent

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

"""What servers write is taken out by name and as regular files of theirs; what they plant besides leads nowhere."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.model import raw as raw_files
from badgateway.process.account import service_account, with_own_group
from badgateway.stack.written import FOLDER, NAMES, RUN_FOLDER, written_folder, written_text

ACCOUNT = with_own_group(service_account())
SECRET = "root:$6$secret"
PLANTED = ("nginx.conf", "locust.log", "processes.csv", "client-events.part", "client-events.json", "trial.json")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    file.chmod(0o600)
    return file


def write_as_account(file: Path, text: str = "rows\n") -> None:
    file.write_text(text)
    if ACCOUNT is not None:
        os.chown(file, ACCOUNT.uid, ACCOUNT.gid)


def serve(raw: Path, then: Callable[[Path], None]) -> None:
    """Write a journal, as a server would, and do something more."""
    with written_folder(raw, ACCOUNT) as folder:
        write_as_account(folder / raw_files.JOURNAL)
        then(folder)


def test_only_the_account_may_enter_what_the_servers_write_to(raw):
    with written_folder(raw, ACCOUNT) as folder:
        for path in (folder, folder / RUN_FOLDER):
            assert path.stat().st_uid == (ACCOUNT.uid if ACCOUNT else os.geteuid())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_is_known_by_name_is_in_raw_afterwards_as_the_kits_own(raw):
    with written_folder(raw, ACCOUNT) as folder:
        for name in NAMES:
            write_as_account(folder / name, name)
        write_as_account(folder / "another.log")

    assert sorted(path.name for path in raw.iterdir()) == sorted(NAMES)
    umask = os.umask(0)
    os.umask(umask)
    for name in NAMES:
        status = (raw / name).stat()
        assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (os.geteuid(), 0o666 & ~umask)
        assert (raw / name).read_text() == name


@pytest.mark.parametrize("name", PLANTED)
def test_links_under_names_that_the_kit_writes_lead_it_nowhere(name, raw, secret):
    with written_folder(raw, ACCOUNT) as folder:
        (folder / name).symlink_to(secret)

    assert list(raw.iterdir()) == []
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == (SECRET, 0o600)
    assert secret.stat().st_uid == os.geteuid()


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (lambda path, secret: path.symlink_to(secret), "is a symbolic link where a regular file belongs"),
        (lambda path, secret: path.hardlink_to(secret), "is a file of user 0 where one of user"),
        (lambda path, _: os.mkfifo(path), "is a pipe where a regular file belongs"),
        (lambda path, _: path.mkdir(), "is a folder where a regular file belongs"),
    ],
    ids=["link", "hard link", "pipe", "folder"],
)
def test_a_log_that_is_no_file_of_the_servers_is_refused_by_its_name_and_the_others_are_taken(
    plant: Callable[[Path, Path], None], told: str, raw: Path, secret: Path
):
    if ACCOUNT is None and "user" in told:
        pytest.skip("without root, all files have one owner")

    with pytest.raises(DeploymentError, match=told) as refusal:
        serve(raw, lambda folder: plant(folder / raw_files.ACCESS_LOG, secret))

    assert SECRET not in str(refusal.value)
    assert [path.name for path in raw.iterdir()] == [raw_files.JOURNAL]


def test_a_block_that_fails_says_why_itself(raw, secret):
    def die(folder: Path) -> None:
        (folder / raw_files.ACCESS_LOG).symlink_to(secret)
        raise DeploymentError("did not come up")

    with pytest.raises(DeploymentError, match="did not come up"):
        serve(raw, die)

    assert [path.name for path in raw.iterdir()] == [raw_files.JOURNAL]


def test_a_folder_that_the_servers_fill_with_links_is_removed_without_following_them(raw, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    with written_folder(raw, ACCOUNT) as folder:
        (folder / RUN_FOLDER / "inner").symlink_to(tmp_path / "precious")

    assert (tmp_path / "precious" / "file").exists()
    assert not (raw / FOLDER).exists()


def test_the_journal_is_read_as_far_as_it_is_there(raw, secret):
    with written_folder(raw, ACCOUNT) as folder:
        assert written_text(folder / raw_files.JOURNAL, ACCOUNT) == b""
        write_as_account(folder / raw_files.JOURNAL, "start,\n")
        assert written_text(folder / raw_files.JOURNAL, ACCOUNT) == b"start,\n"
        (folder / raw_files.JOURNAL).unlink()
        (folder / raw_files.JOURNAL).symlink_to(secret)
        with pytest.raises(DeploymentError, match=r"app-journal\.csv: is a symbolic link"):
            written_text(folder / raw_files.JOURNAL, ACCOUNT)
        (folder / raw_files.JOURNAL).unlink()

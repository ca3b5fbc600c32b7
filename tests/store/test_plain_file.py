"""What somebody else put into a folder is read as a regular file or not at all, and nothing is written through it."""

import os
import socket
import stat

import pytest

from badgateway.errors import UntrustedFileError
from badgateway.store.plain_file import copy_plain, demand_plain, open_plain, replacing

SECRET = "root:$6$secret"


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET)
    file.chmod(0o600)
    return file


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    return path


def planted(kind, path, secret):
    """Put something that is no regular file to a path."""
    if kind == "link":
        path.symlink_to(secret)
    elif kind == "dangling link":
        path.symlink_to(secret.parent / "nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))


KINDS = {
    "link": "a symbolic link",
    "dangling link": "a symbolic link",
    "pipe": "a pipe",
    "folder": "a folder",
    "socket": "a socket",
}


@pytest.mark.parametrize(("kind", "told"), KINDS.items())
def test_what_is_no_regular_file_is_refused_by_its_name_and_never_read(kind, told, folder, secret, monkeypatch):
    monkeypatch.chdir(folder)  # a unix socket's path must be short
    planted(kind, folder / "client.csv", secret)

    with pytest.raises(UntrustedFileError) as refusal:
        open_plain(folder / "client.csv")

    assert f"{folder / 'client.csv'}: is {told} where a regular file belongs" in str(refusal.value)
    assert "root" not in str(refusal.value).replace(str(folder), "")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_it_is_copied(kind, folder, secret):
    planted(kind, folder / "client.csv", secret)

    with pytest.raises(UntrustedFileError):
        copy_plain(folder / "client.csv", folder / "copy")

    assert not (folder / "copy").exists()


def test_a_file_of_another_owner_is_refused(folder):
    (folder / "file").write_text("text")
    other = os.geteuid() + 1

    with pytest.raises(UntrustedFileError, match=f"is a file of user {os.geteuid()} where one of user {other} belongs"):
        open_plain(folder / "file", owner=other)
    with open_plain(folder / "file", owner=os.geteuid()) as file:
        assert file.read() == b"text"


def test_a_file_that_could_fill_the_disk_is_not_copied(folder):
    (folder / "huge").touch()
    os.truncate(folder / "huge", 1 << 40)

    with pytest.raises(UntrustedFileError, match="has 1,099,511,627,776 bytes, more than the 1,000"):
        copy_plain(folder / "huge", folder / "copy", most_bytes=1000)

    assert not (folder / "copy").exists()


def test_a_copy_belongs_to_who_runs_this_with_the_mode_that_the_umask_gives(folder):
    (folder / "file").write_text("text")
    (folder / "file").chmod(0o600)
    if os.geteuid() == 0:
        os.chown(folder / "file", 7001, 7002)
    before = os.umask(0o027)
    try:
        copy_plain(folder / "file", folder / "copy")
    finally:
        os.umask(before)

    status = (folder / "copy").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (os.geteuid(), 0o640)
    assert (folder / "copy").read_text() == "text"


def test_a_copy_never_goes_through_a_link_that_waits_in_its_place(folder, secret):
    (folder / "file").write_text("text")
    (folder / "copy").symlink_to(secret)

    with pytest.raises(FileExistsError):
        copy_plain(folder / "file", folder / "copy")

    assert secret.read_text() == SECRET


def test_a_link_is_replaced_and_what_it_leads_to_stays(folder, secret):
    (folder / "report.html").symlink_to(secret)
    with replacing(folder / "report.html") as beside:
        beside.write_text("report")

    assert secret.read_text() == SECRET
    assert not (folder / "report.html").is_symlink()
    assert (folder / "report.html").read_text() == "report"
    assert [path.name for path in folder.iterdir()] == ["report.html"]


def test_what_was_there_stays_when_writing_fails(folder):
    (folder / "report.html").write_text("before")
    with pytest.raises(NotADirectoryError), replacing(folder / "report.html") as beside:
        (beside / "half").write_text("cannot be")

    assert (folder / "report.html").read_text() == "before"
    assert [path.name for path in folder.iterdir()] == ["report.html"]


def test_a_folder_of_regular_files_and_folders_is_plain(folder):
    (folder / "file").touch()
    (folder / "inner").mkdir()

    demand_plain(folder)


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "socket"])
def test_a_folder_with_anything_else_is_not(kind, folder, secret):
    planted(kind, folder / "client.csv", secret)

    with pytest.raises(UntrustedFileError, match=rf"client\.csv: is {KINDS[kind]} where a regular file belongs"):
        demand_plain(folder)


def test_a_link_to_a_folder_is_no_folder(folder, tmp_path):
    (tmp_path / "trial").symlink_to(folder)

    with pytest.raises(UntrustedFileError, match="trial: is a symbolic link where a folder belongs"):
        demand_plain(tmp_path / "trial")

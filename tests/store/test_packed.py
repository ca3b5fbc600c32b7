"""What is large is kept compressed, and read as it was written."""

import gzip
import stat

import pytest

from badgateway.errors import RawDataError, UntrustedFileError
from badgateway.model import raw
from badgateway.store import packed
from badgateway.store.packed import LEAST_BYTES, keep_plain, unpacked

ROWS = "a row of a book\n" * (LEAST_BYTES // 16 + 1)


@pytest.fixture
def folder(tmp_path):
    """What is kept of a trial with one large book, one small one, and a large file that is no book."""
    written, kept = tmp_path / "written", tmp_path / "kept"
    written.mkdir()
    kept.mkdir()
    for name, text in ((raw.CLIENT_ROWS, ROWS), (raw.JOURNAL, "start\n"), (raw.NGINX_CONF, ROWS)):
        (written / name).write_text(text)
        keep_plain(written / name, kept)
    return kept


def test_only_large_books_are_compressed_and_the_same_content_gives_the_same_bytes(folder, tmp_path):
    assert {file.name for file in folder.iterdir()} == {f"{raw.CLIENT_ROWS}.gz", raw.JOURNAL, raw.NGINX_CONF}
    assert gzip.decompress((folder / f"{raw.CLIENT_ROWS}.gz").read_bytes()).decode() == ROWS
    assert (folder / f"{raw.CLIENT_ROWS}.gz").stat().st_size < len(ROWS) / 10
    again = tmp_path / "again"
    again.mkdir()
    keep_plain(tmp_path / "written" / raw.CLIENT_ROWS, again)
    assert (again / f"{raw.CLIENT_ROWS}.gz").read_bytes() == (folder / f"{raw.CLIENT_ROWS}.gz").read_bytes()


def test_what_is_kept_of_a_trial_is_its_owners_alone_for_its_logs_keep_their_bytes(folder):
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_who_reads_gets_all_files_as_they_were_written(folder):
    with unpacked(folder) as plain:
        assert (plain / raw.CLIENT_ROWS).read_text() == ROWS
        assert (plain / raw.JOURNAL).read_text() == "start\n"
        assert (plain / raw.NGINX_CONF).read_text() == ROWS
    assert not plain.exists()


def test_a_folder_of_plain_files_is_read_where_it_is(folder):
    (folder / f"{raw.CLIENT_ROWS}.gz").unlink()

    with unpacked(folder) as plain:
        assert plain == folder


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a" * 1000, mtime=0)[:-9]], ids=["other", "cut"])
def test_a_file_that_cannot_be_unpacked_is_named(content, folder):
    (folder / f"{raw.CLIENT_ROWS}.gz").write_bytes(content)

    with pytest.raises(RawDataError, match=r"kept/client\.csv\.gz: cannot be unpacked: "), unpacked(folder):
        pass


def test_a_file_that_is_there_twice_is_named(folder):
    (folder / raw.CLIENT_ROWS).write_text("another row\n")

    with (
        pytest.raises(RawDataError, match=r"client\.csv: is there compressed too, as client\.csv\.gz; remove "),
        unpacked(folder),
    ):
        pass


def test_a_file_that_would_fill_the_disk_is_not_unpacked(folder, monkeypatch):
    monkeypatch.setitem(packed.MOST_BYTES, raw.CLIENT_ROWS, LEAST_BYTES)

    with pytest.raises(RawDataError, match=r"client\.csv\.gz: has more than the 0 MiB that a "), unpacked(folder):
        pass


def test_a_log_of_a_gigabyte_of_zeros_is_read_no_further_than_a_server_may_print(folder):
    zeros = gzip.compress(bytes(1 << 20), mtime=0)
    (folder / f"{raw.SERVER_LOG}.gz").write_bytes(zeros * 1024)

    with (
        pytest.raises(RawDataError, match=r"server\.log\.gz: has more than the 512 MiB .* put the file itself there$"),
        unpacked(folder),
    ):
        pass


def test_a_plain_file_is_no_larger_than_a_compressed_one_may_be(folder):
    with (folder / raw.SERVER_LOG).open("wb") as file:
        file.truncate(1 << 30)

    with pytest.raises(RawDataError, match=r"kept/server\.log: has more than the 512 MiB"), unpacked(folder):
        pass


def test_a_link_is_not_followed(folder):
    (folder / f"{raw.CLIENT_ROWS}.gz").unlink()
    (folder / f"{raw.CLIENT_ROWS}.gz").symlink_to("/etc/hostname")

    with pytest.raises(UntrustedFileError), unpacked(folder):
        pass


def test_what_is_wrong_with_an_unpacked_file_is_said_of_the_folder(folder):
    with pytest.raises(RawDataError, match=r"^.*/kept/client\.csv: damaged$"), unpacked(folder) as plain:
        raise RawDataError(f"{plain / raw.CLIENT_ROWS}: damaged")

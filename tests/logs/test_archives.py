"""Archives of logs, as support bundles and backups are."""

import gzip
import io
import tarfile
import zipfile

import pytest

from badgateway.errors import RawDataError
from badgateway.logs import Source, read_logs
from badgateway.model.log_kind import LogKind

ACCESS = b'203.0.113.9 - - [06/Dec/2024:14:48:56 +0000] "GET /big HTTP/1.1" 502 157 "-" "x"\n'
ERROR = b"2024/12/06 14:48:56 [error] 29#29: *8 connect() failed (111: Connection refused) while connecting\n"


def packed(path, **members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def kinds(path):
    evidence = read_logs([Source(name=path.name, content=path)])
    evidence.connection.close()
    return {file.name: file.kind for file in evidence.files}


def test_each_file_of_an_archive_is_a_log_packed_or_not(tmp_path):
    path = tmp_path / "logs.tar.gz"
    packed(path, web1__access=ACCESS, web1__error=gzip.compress(ERROR), empty=b"")

    assert kinds(path) == {
        "logs.tar.gz/web1/access": LogKind.NGINX_COMBINED,
        "logs.tar.gz/web1/error": LogKind.NGINX_ERROR,
        "logs.tar.gz/empty": None,
    }


def test_the_files_of_a_zip_are_logs_too(tmp_path):
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("web1/access.log", ACCESS)
        archive.writestr("web1/error.log.gz", gzip.compress(ERROR))

    assert set(kinds(path).values()) == {LogKind.NGINX_COMBINED, LogKind.NGINX_ERROR}


def test_a_damaged_archive_is_one_clear_error(tmp_path):
    path = tmp_path / "logs.zip"
    packed(path, access=ACCESS * 1000)
    path.write_bytes(path.read_bytes()[:60])

    with pytest.raises(RawDataError, match=r"logs\.zip"):
        kinds(path)


def test_a_packed_log_is_no_archive(tmp_path):
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(ACCESS))

    assert kinds(path) == {"access.log.gz": LogKind.NGINX_COMBINED}

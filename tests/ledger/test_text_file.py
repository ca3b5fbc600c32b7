"""Raw files are read as UTF-8, whatever bytes are in them."""

import pytest

from badgateway.ledger.text_file import as_utf8


@pytest.mark.parametrize("content", [b"", b"plain\n", "Sch\u00fcler\n".encode()])
def test_what_is_utf8_is_not_copied(tmp_path, content):
    file = tmp_path / "rows.csv"
    file.write_bytes(content)

    with as_utf8(file) as read:
        assert read == file


def test_other_bytes_are_spelled_and_the_copy_is_gone_afterwards(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"caf\xe9 \xff\n" + "\u00fc\n".encode())

    with as_utf8(file) as read:
        assert read.read_text() == "caf\\xe9 \\xff\n\u00fc\n"
    assert not read.exists()
    with as_utf8(file, backslash="\\\\") as read:
        assert read.read_text().startswith("caf\\\\xe9")

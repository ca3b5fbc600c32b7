"""Raw files are read as UTF-8, whatever bytes are in them."""

import pytest

from badgateway.ledger import text_file
from badgateway.ledger.text_file import as_utf8, lines_at


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


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 7])
def test_a_character_may_be_in_two_pieces_of_a_file(piece_bytes, tmp_path, monkeypatch):
    monkeypatch.setattr(text_file, "PIECE_BYTES", piece_bytes)
    file = tmp_path / "rows.csv"
    file.write_bytes("Sch\u00fcler \u20ac\n".encode())
    with as_utf8(file) as read:
        assert read == file

    file.write_bytes("Sch\u00fcler".encode() + b"\xc3\n\xe2\x82")
    with as_utf8(file) as read:
        assert read.read_text() == "Sch\u00fcler\\xc3\n\\xe2\\x82"


def test_only_a_line_feed_ends_a_line(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"one\rmore\r\ntwo\r")
    with as_utf8(file) as read:
        assert read.read_bytes() == b"one\\x0dmore\r\ntwo\\x0d"
    assert list(lines_at(file, frozenset({1, 2}))) == [(1, "one\\x0dmore"), (2, "two\\x0d")]


def test_lines_are_found_by_their_numbers_and_spelled_like_the_rest(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_bytes(b"one\ntwo\r\ncaf\xe9\nfour\n")

    assert list(lines_at(file, frozenset({2, 3, 9}))) == [(2, "two"), (3, "caf\\xe9")]

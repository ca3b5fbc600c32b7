import pytest

from badgateway.load.checks import BodyCheck, StartsWith


def judge(check: BodyCheck, *chunks: bytes) -> str | None:
    check.begin({})
    for chunk in chunks:
        check.feed(chunk)
    return check.verdict()


@pytest.mark.parametrize("chunks", [(b'{"id": 1}',), (b"{", b'"i', b'd": 1}'), (b'{"id"',)])
def test_a_right_start_is_right_however_it_arrives(chunks):
    assert judge(StartsWith(b'{"id"'), *chunks) is None


@pytest.mark.parametrize("chunks", [(b"<html>",), (b'{"i',), ()])
def test_a_wrong_or_short_start_is_told(chunks):
    assert "expected b'{\"id\"'" in (judge(StartsWith(b'{"id"'), *chunks) or "")


def test_a_check_that_asks_nothing_finds_nothing():
    assert judge(BodyCheck(), b"anything") is None

"""Answers that come in pieces of any size, whole ones and broken ones."""

import pytest

from badgateway.load.checks import BodyCheck, Kept
from badgateway.load.reply import BrokenReplyError, Reply
from tests.load.server import CHUNKED, CLOSED, KEPT, answer

PIECES = [1, 7, 100_000]
WHOLE = {path: found() if callable(found) else found for path, found in KEPT.items()}
BROKEN = {path: found for path, found in CLOSED.items() if isinstance(found, bytes) and path != "/until-close"}
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nhello"


def taken(content: bytes, *, piece: int = 7, method: str = "GET", check: BodyCheck | None = None) -> Reply:
    """Return the reply after all of it, and the connection's end where that was not all."""
    reply = Reply(method, 200, check)
    for start in range(0, len(content), piece):
        if reply.is_complete:
            break
        reply.take(content[start : start + piece], float(start))
    if not reply.is_complete:
        reply.take(b"", 0.0)
    return reply


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("path", WHOLE)
def test_a_whole_answer_is_complete_and_its_connection_is_kept(path, piece):
    reply = taken(WHOLE[path], piece=piece)

    assert (reply.is_complete, reply.should_close, reply.first_byte_s) == (True, False, 0.0)
    assert reply.expected_bytes in {reply.body_bytes, None}


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("path", BROKEN)
def test_an_answer_that_breaks_off_is_no_whole_one(path, piece):
    with pytest.raises(BrokenReplyError):
        taken(BROKEN[path], piece=piece)


@pytest.mark.parametrize("piece", PIECES)
def test_a_body_without_a_length_ends_with_its_connection(piece):
    check = Kept()
    reply = taken(UNTIL_CLOSE, piece=piece, check=check)

    assert (reply.body_bytes, reply.expected_bytes, reply.should_close) == (5, None, True)
    assert check.body == b"hello"


def test_what_came_before_the_break_is_told():
    reply = Reply("GET", 200, None)
    reply.take(answer(b"x" * 40, length=100), 3.0)
    with pytest.raises(BrokenReplyError, match="connection closed"):
        reply.take(b"", 4.0)

    assert (reply.status, reply.body_bytes, reply.expected_bytes, reply.first_byte_s) == (200, 40, 100, 3.0)
    assert (reply.is_complete, reply.should_close) == (False, True)


@pytest.mark.parametrize("piece", PIECES)
def test_an_answer_to_head_has_no_body_whatever_length_it_tells_of(piece):
    reply = taken(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", piece=piece, method="HEAD")

    assert (reply.status, reply.body_bytes, reply.expected_bytes, reply.should_close) == (200, 0, None, False)


@pytest.mark.parametrize("more", [b"x", b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", b"\x16\x03"])
def test_what_comes_behind_a_whole_answer_changes_nothing_of_it_and_spoils_the_connection(more):
    reply = taken(WHOLE["/ok"] + more, piece=100_000)

    assert (reply.status, reply.body_bytes, reply.is_complete, reply.should_close) == (200, 12, True, True)


@pytest.mark.parametrize(
    ("content", "is_closed"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_server_says_whether_it_keeps_the_connection(content, is_closed):
    assert taken(content).should_close is is_closed


@pytest.mark.parametrize("piece", PIECES)
def test_a_check_sees_the_header_and_the_body_of_the_expected_status_alone(piece):
    seen, unseen = Kept(), Kept()
    taken(
        CHUNKED.replace(b"OK\r\n", b"OK\r\nX-Rows: 4\r\nX-Empty:\r\nX-Last: z\r\n") + b"5\r\nhello\r\n0\r\n\r\n",
        check=seen,
    )
    taken(WHOLE["/502"], piece=piece, check=unseen)

    assert seen.body == b"hello"
    assert seen.headers == {"transfer-encoding": "chunked", "x-rows": "4", "x-empty": "", "x-last": "z"}
    assert (unseen.body, unseen.headers) == (b"", {})


def test_what_a_check_raises_is_its_own():
    class Faulty(BodyCheck):
        def feed(self, chunk: bytes) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        taken(WHOLE["/ok"], check=Faulty())


def test_headers_of_an_interim_answer_are_not_those_of_the_final_one():
    check = Kept()
    taken(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"yes"), check=check)

    assert check.headers == {"content-length": "3"}

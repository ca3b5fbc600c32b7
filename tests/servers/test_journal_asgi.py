"""What the journal writes of the requests of an ASGI site."""

import asyncio

import pytest

from tests.servers import journals

SCOPE = {"type": "http", "headers": [(b"x-request-id", b"r-1"), (b"host", b"x")]}
START = {"type": "http.response.start", "status": 201, "headers": []}


def served(app, file, scope=SCOPE) -> list[dict[str, object]]:
    """Run one request; return what the server was sent."""
    journal = journals.load()
    sent: list[dict[str, object]] = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    asyncio.run(journal.AsgiJournal(app, journal.Lines(str(file)))(scope, receive, send))
    return sent


async def answering(_scope, _receive, send):
    await send(START)
    await send({"type": "http.response.body", "body": b"abc", "more_body": True})
    await send({"type": "http.response.body", "body": b"de"})


async def stopping(_scope, _receive, send):
    await send(START)
    await send({"type": "http.response.body", "body": b"abc", "more_body": True})


async def raising(_scope, _receive, _send):
    raise asyncio.CancelledError


def test_a_request_has_a_line_when_it_starts_and_one_when_it_ends_and_the_answer_is_the_applications(tmp_path):
    sent = served(answering, tmp_path / "journal.csv")
    start, end = journals.written(tmp_path / "journal.csv", "start", "end")

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body", "http.response.body"]
    assert (start["kind"], start["request_id"]) == ("start", "r-1")
    assert (end["request_id"], end["status"], end["body_bytes"], end["detail"]) == ("r-1", "201", "5", "")


def test_what_is_asked_for_is_told_where_it_is_wanted(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNAL_PATHS", "1")
    served(answering, tmp_path / "journal.csv", {**SCOPE, "method": "GET", "path": "/köln/"})

    (start,) = journals.written(tmp_path / "journal.csv", "start")
    assert start["detail"] == "GET /k%C3%B6ln/"


def test_an_answer_that_was_not_brought_to_its_end_is_told(tmp_path):
    served(stopping, tmp_path / "journal.csv")

    (end,) = journals.written(tmp_path / "journal.csv", "end")
    assert (end["body_bytes"], end["detail"]) == ("3", "closed early")


def test_a_request_that_is_cancelled_is_told_and_stays_cancelled(tmp_path):
    with pytest.raises(asyncio.CancelledError):
        served(raising, tmp_path / "journal.csv")

    (end,) = journals.written(tmp_path / "journal.csv", "end")
    assert (end["status"], end["detail"]) == ("", "raised CancelledError")


def test_what_is_no_request_is_passed_on_without_a_line(tmp_path):
    served(answering, tmp_path / "journal.csv", {"type": "lifespan"})

    assert (tmp_path / "journal.csv").read_text() == ""


@pytest.mark.parametrize(("sent", "told"), [(b"a,b\n", "a%2Cb%0A"), (b"", "-")])
def test_an_id_cannot_break_a_line(sent, told, tmp_path):
    served(answering, tmp_path / "journal.csv", {"type": "http", "headers": [(b"x-request-id", sent)]})

    assert {row["request_id"] for row in journals.written(tmp_path / "journal.csv", "start", "end")} == {told}

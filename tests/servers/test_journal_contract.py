"""The journal is an application to the server and a server to the application: both must not notice it."""

import io
import sys
from pathlib import Path
from wsgiref.handlers import SimpleHandler
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest

from tests.servers.journals import load, written

JOURNAL = load()
HEADERS = [("Content-Type", "text/plain")]


class PlantedError(Exception):
    pass


def served(app, file: Path, method: str = "GET", **environ):
    """Run one request through a server, the validator, the journal, the validator again and the application."""
    given = {"REQUEST_METHOD": method, "HTTP_X_REQUEST_ID": "r1", "QUERY_STRING": "", **environ}
    setup_testing_defaults(given)
    output, errors = io.BytesIO(), io.StringIO()
    handler = SimpleHandler(io.BytesIO(), output, errors, given, multithread=False, multiprocess=True)
    handler.run(validator(JOURNAL.Journal(validator(app), JOURNAL.Lines(str(file)))))
    assert errors.getvalue() == ""
    head, _, body = output.getvalue().partition(b"\r\n\r\n")
    return head.decode(), body


def a_list(_environ, start_response):
    start_response("200 OK", HEADERS)
    return [b"ab", b"cde"]


def a_generator(_environ, start_response):
    start_response("202 Accepted", HEADERS)
    yield b"ab"
    yield b"cde"


def writing(_environ, start_response):
    write = start_response("200 OK", HEADERS)
    write(b"ab")
    return [b"cde"]


def nothing(_environ, start_response):
    start_response("204 No Content", [])
    return []


def second_thoughts(_environ, start_response):
    start_response("200 OK", HEADERS)
    try:
        int("planted")
    except ValueError:
        start_response("500 Internal Server Error", HEADERS, sys.exc_info())
    return [b"sorry"]


@pytest.mark.parametrize(
    ("app", "status", "body"),
    [
        (a_list, "200", b"abcde"),
        (a_generator, "202", b"abcde"),
        (writing, "200", b"abcde"),
        (nothing, "204", b""),
        (second_thoughts, "500", b"sorry"),
    ],
)
def test_an_answer_passes_unchanged_and_is_in_the_journal(app, status, body, tmp_path):
    head, sent = served(app, tmp_path / "j")

    assert sent == body
    assert status in head
    start, end = written(tmp_path / "j")
    assert (start["kind"], start["request_id"], start["status"], start["detail"]) == ("start", "r1", "", "")
    assert (end["kind"], end["status"], end["body_bytes"], end["detail"]) == ("end", status, str(len(body)), "")
    assert [start[name] for name in ("pid", "thread", "number")] == [end[name] for name in ("pid", "thread", "number")]
    assert float(end["duration_s"]) >= 0


def test_a_head_request_is_answered_without_a_body(tmp_path):
    def app(_environ, start_response):
        start_response("200 OK", [*HEADERS, ("Content-Length", "5")])
        return []

    head, sent = served(app, tmp_path / "j", "HEAD")

    assert "Content-Length: 5" in head
    assert sent == b""
    assert [line["detail"] for line in written(tmp_path / "j", "end")] == [""]


def test_the_server_can_still_take_the_length_from_a_body_of_one_chunk(tmp_path):
    def app(_environ, start_response):
        start_response("200 OK", HEADERS)
        return [b"abc"]

    output = io.BytesIO()
    environ: dict[str, str] = {}
    setup_testing_defaults(environ)
    handler = SimpleHandler(io.BytesIO(), output, io.StringIO(), environ)
    handler.run(JOURNAL.Journal(app, JOURNAL.Lines(str(tmp_path / "j"))))

    assert b"Content-Length: 3" in output.getvalue()


def call(app, file: Path, **environ):
    given = {"HTTP_X_REQUEST_ID": "r1", **environ}
    setup_testing_defaults(given)
    return JOURNAL.Journal(app, JOURNAL.Lines(str(file)))(given, lambda *_: lambda data: None)


@pytest.mark.parametrize("kind", [PlantedError, SystemExit, KeyboardInterrupt])
def test_an_exception_of_the_application_passes_through_and_is_named(kind, tmp_path):
    raised = kind("planted")

    def app(_environ, _start_response):
        raise raised

    with pytest.raises(kind) as seen:
        call(app, tmp_path / "j")
    assert seen.value is raised
    assert written(tmp_path / "j", "end")[0]["detail"] == f"raised {kind.__name__}"
    assert written(tmp_path / "j", "end")[0]["status"] == ""


def test_an_exception_in_the_middle_of_a_body_passes_through_and_is_named_when_the_server_closes_it(tmp_path):
    def app(_environ, start_response):
        start_response("200 OK", HEADERS)
        yield b"ab"
        raise PlantedError

    body = call(app, tmp_path / "j")
    with pytest.raises(PlantedError):
        list(body)
    assert not written(tmp_path / "j", "end")
    body.close()
    (end,) = written(tmp_path / "j", "end")
    assert (end["status"], end["body_bytes"], end["detail"]) == ("200", "2", "raised PlantedError")


def test_a_body_that_is_closed_before_its_end_is_told_and_the_applications_own_close_is_called_once(tmp_path):
    closed = []

    class Body:
        def __iter__(self):
            return iter([b"ab", b"cd"])

        def close(self):
            closed.append(self)

    body = call(lambda environ, start: Body(), tmp_path / "j")
    assert next(iter(body)) == b"ab"
    body.close()
    assert len(closed) == 1
    assert [line["detail"] for line in written(tmp_path / "j", "end")] == ["closed early"]


def test_an_exception_in_close_passes_through(tmp_path):
    class Body(list[bytes]):
        def close(self):
            raise PlantedError

    body = call(lambda environ, start: Body(), tmp_path / "j")
    with pytest.raises(PlantedError):
        body.close()
    assert [line["detail"] for line in written(tmp_path / "j", "end")] == ["raised PlantedError"]


def test_a_file_for_a_wrapper_that_is_a_class_stays_an_instance_of_it(tmp_path):
    file = io.BytesIO(b"abc")
    body = call(
        lambda environ, start: environ["wsgi.file_wrapper"](file), tmp_path / "j", **{"wsgi.file_wrapper": FileWrapper}
    )

    assert type(body) is FileWrapper
    assert not written(tmp_path / "j", "end")
    body.close()
    assert file.closed
    assert [(line["body_bytes"], line["detail"]) for line in written(tmp_path / "j", "end")] == [("", "")]


def test_a_file_for_a_wrapper_that_is_a_function_is_returned_as_the_object_the_wrapper_was_given(tmp_path):
    # uWSGI sends the file by itself when the application returns the very object it has wrapped.
    file = (tmp_path / "page").open("w+b")
    wrapped = []

    def wrapper(file, *_block_size):
        wrapped.append(file)
        return file

    body = call(
        lambda environ, start: environ["wsgi.file_wrapper"](file, 8192),
        tmp_path / "j",
        **{"wsgi.file_wrapper": wrapper},
    )

    assert body is wrapped[0]
    assert body.fileno() == file.fileno()
    assert body.read(1) == b""
    body.close()
    assert file.closed
    assert len(written(tmp_path / "j", "end")) == 1


def test_a_wrapped_file_that_is_not_the_answer_does_not_end_the_request(tmp_path):
    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        environ["wsgi.file_wrapper"](io.BytesIO()).close()
        return [b"ab"]

    body = call(app, tmp_path / "j", **{"wsgi.file_wrapper": lambda file: file})

    assert not written(tmp_path / "j", "end")
    list(body)
    body.close()
    assert len(written(tmp_path / "j", "end")) == 1


@pytest.mark.parametrize("answer", [b"text", object()])
def test_what_only_some_servers_know_what_to_do_with_is_passed_on(answer, tmp_path):
    assert call(lambda environ, start: answer, tmp_path / "j") is answer
    assert len(written(tmp_path / "j", "end")) == 1

import pytest

from badgateway.logs.tracebacks import TracebackTracker

START = "Traceback (most recent call last):"
FRAME = '  File "x.py", line 1, in f'
CHAIN = "During handling of the above exception, another exception occurred:"


def taken(*lines: str) -> tuple[TracebackTracker, list[bool]]:
    tracker = TracebackTracker()
    assert tracker.starts(lines[0])
    return tracker, [tracker.takes(number, line) for number, line in enumerate(lines, start=1)]


def test_a_traceback_ends_with_its_exception():
    tracker, took = taken(START, FRAME, "ValueError: no")

    assert (all(took), tracker.has_ended, tracker.line_number) == (True, True, 3)
    assert tracker.finish() == ("ValueError: no",)
    assert not tracker.is_open


def test_chained_exceptions_are_one_traceback():
    tracker, took = taken(START, FRAME, "KeyError: 1", "", CHAIN, "", START, FRAME, "a.b.Error")

    assert all(took)
    assert tracker.finish() == ("KeyError: 1", "a.b.Error")


def test_the_next_traceback_without_a_chain_is_another_one():
    _, took = taken(START, FRAME, "KeyError: 1", START)

    assert took == [True, True, True, False]


def test_a_line_of_another_process_in_between_is_no_exception():
    tracker, took = taken(START, "a line: that somebody printed", FRAME, "ValueError")

    assert all(took)
    assert tracker.finish() == ("ValueError",)


@pytest.mark.parametrize(
    "more",
    [
        ["\tThis probably means the server terminated abnormally", "\tbefore or while processing the request."],
        ["DETAIL:  Key (id)=(1) already exists.", "HINT:  Take another one."],
        ["LINE 1: SELECT x", "               ^"],
    ],
)
def test_a_message_of_several_lines_ends_no_chain(more):
    tracker, took = taken(START, FRAME, "a.Error: lost", *more, "", CHAIN, START, FRAME, "b.Error: lost", *more)

    assert all(took)
    assert tracker.finish() == ("a.Error: lost", "b.Error: lost")


def test_text_after_the_exception_does_not_belong_to_it():
    assert taken(START, FRAME, "ValueError: no", "ready")[1][-1] is False

from types import SimpleNamespace

import pytest

from tests.distribution import (
    EXPLAINING,
    LONGEST_FIRST,
    ROOT,
    WHOLE_RUNS,
    put_longest_first,
    scheduler,
    shares_a_start,
    together,
)

CONFIG = SimpleNamespace(getvalue=lambda _tx: ["2*popen"], option=SimpleNamespace(loadscopereorder=False))


class Process:
    """One of xdist's: remembers the tests that it was given."""

    gateway = SimpleNamespace(id="gw")
    shutting_down = False

    def __init__(self, collection: list[str]) -> None:
        self.collection, self.given = collection, list[str]()

    def send_runtest_some(self, indexes: list[int]) -> None:
        self.given += [self.collection[index] for index in indexes]

    def shutdown(self) -> None:
        self.shutting_down = True


def handed_out(tests: list[str]) -> list[list[str]]:
    """Return what each of two processes was given to begin with."""
    handing = scheduler(CONFIG, None)
    processes = [Process(tests), Process(tests)]
    for one in processes:
        handing.add_node(one)
        handing.add_node_collection(one, tests)
    handing.schedule()
    return [one.given for one in processes]


def test_a_run_that_many_tests_look_at_is_started_in_one_process_only():
    looking = [f"tests/live/test_study.py::test_{number}" for number in range(5)]
    others = [f"tests/live/test_causes.py::test_{number}" for number in range(3)]

    one, other = handed_out([*looking, *others])

    assert one == looking
    assert other == others[: len(other)]


def test_tests_that_share_nothing_are_handed_out_one_by_one_where_each_takes_long():
    assert together("tests/live/test_causes.py::test_harakiri") == "tests/live/test_causes.py::test_harakiri"
    assert together("tests/cli/test_commands.py::test_a") != together("tests/cli/test_commands.py::test_b")
    assert together("tests/words/test_phrases.py::test_a") == together("tests/words/test_phrases.py::test_b")


def test_one_process_opens_all_pages_in_a_browser():
    pages = [f"tests/live/test_{what}_in_browser.py::test_a_page" for what in ("report", "explain")]

    assert together(pages[0]) == together(pages[1])


def test_a_start_that_is_shared_is_seen_however_its_fixture_is_written():
    assert shares_a_start("tests/live/test_app.py")
    assert not shares_a_start("tests/live/test_stack.py")


def test_what_takes_minutes_is_begun_first():
    items = [SimpleNamespace(nodeid=f"{file}::test") for file in ("tests/a.py", LONGEST_FIRST[1], LONGEST_FIRST[0])]

    put_longest_first(items)

    assert [one.nodeid for one in items] == [
        f"{LONGEST_FIRST[0]}::test",
        f"{LONGEST_FIRST[1]}::test",
        "tests/a.py::test",
    ]


def test_whole_runs_are_begun_one_after_the_other_with_tests_that_wait_between_them():
    whole = [SimpleNamespace(nodeid=f"{file}::{test}") for file in WHOLE_RUNS[1::-1] for test in "ab"]
    waiting = [SimpleNamespace(nodeid=f"tests/live/test_causes.py::{number}") for number in range(4)]
    items = [*waiting, *whole]

    put_longest_first(items)

    longest, next_one = whole[2:], whole[:2]
    assert items == [*longest, *waiting[:2], *next_one, *waiting[2:]]


@pytest.mark.parametrize("file", [*LONGEST_FIRST, *WHOLE_RUNS, *EXPLAINING])
def test_what_is_named_is_there(file):
    assert (ROOT / file).is_file()

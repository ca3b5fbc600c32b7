"""What a server said last of a failure, from its log."""

import pytest

from badgateway.analysis.site_check import MOST_LINES, last_traceback, last_words
from badgateway.model.raw import SERVER_LOG

FIRST = """[2026-11-29 10:00:00] [7] [INFO] Booting worker
Traceback (most recent call last):
  File "/srv/a.py", line 1, in view
    x["price"]
KeyError: 'price'
[2026-11-29 10:00:01] [7] [INFO] a line between
"""
SECOND = """Traceback (most recent call last):
  File "/srv/b.py", line 2, in view
ValueError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/b.py", line 4, in view
TypeError: second
"""


@pytest.fixture
def trial(tmp_path):
    def written(text):
        (tmp_path / SERVER_LOG).write_text(text)
        return tmp_path

    return written


def test_the_last_traceback_is_told_whatever_is_said_behind_it():
    assert last_traceback(FIRST)[-1] == "KeyError: 'price'"
    assert last_traceback(FIRST + SECOND + "and on\n")[-1] == "TypeError: second"
    assert last_traceback(SECOND)[0] == "Traceback (most recent call last):"
    assert "ValueError: first" in last_traceback(SECOND)


def test_a_log_without_a_traceback_is_told_by_its_end(trial):
    assert last_words(trial("".join(f"line {number}\n" for number in range(40))))[-1] == "line 39"
    assert len(last_words(trial("".join(f"line {number}\n" for number in range(40))))) == MOST_LINES


def test_without_a_log_nothing_is_told(tmp_path):
    assert last_words(tmp_path / "none") == ()

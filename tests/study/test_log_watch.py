"""What is told of logs while they grow: what may have failed is looked at aside and seldom, and counts once."""

import json
import sys

import pytest

from badgateway.errors import ConfigurationError
from badgateway.study import log_look
from badgateway.study.log_watch import LogWatch, LookAside, Stretch, Told

LINE = '203.0.113.7 - - [21/Nov/2026:21:{:02}:52 +0000] "GET /{} HTTP/1.1" {} 150 "-" "curl"\n'
QUEUE = {"listen-queue-full": "The accept queue was full"}


class Looks:
    """Looks that end when they are asked, and what each was asked to look at."""

    def __init__(self):
        self.asked = []
        self.answers = []
        self.are_over = True

    def begin(self, stretches):
        self.asked.append([(one.begin, one.end) for one in stretches])
        return self

    def told(self, timeout_s):
        return self.answers.pop(0) if self.are_over or timeout_s else None

    def close(self):
        pass


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "access.log"
    file.write_text(LINE.format(18, "before", 502))
    return file


@pytest.fixture
def looks():
    return Looks()


@pytest.fixture
def now_s():
    return [0.0]


@pytest.fixture
def watch(log, looks, now_s):
    watched = LogWatch([log], clock=lambda: now_s[0], look=looks.begin, now=lambda: now_s[0])
    yield watched
    watched.close()


def append(log, text):
    with log.open("a") as file:
        file.write(text)


def counts(watch, now_s, at_s):
    """Return what is told by then: of one look to begin at, and another to take its answer."""
    now_s[0] = at_s
    watch.look()
    return {one.cause: one.count for one in watch.look()}


@pytest.mark.parametrize(
    "line",
    [
        LINE.format(18, "a", 200),
        LINE.format(18, "a", 404),
        '{"time":1,"status":200,"upstream_status":"200"}\n',
        '{"status": "302"}\n',
        "[pid: 1|app: 0|req: 1/1] 1.2.3.4 () {1 vars} [d] GET / => generated 9 bytes in 1 msecs (HTTP/1.1 200)\n",
    ],
)
def test_requests_that_went_well_are_not_looked_at(watch, looks, log, now_s, line):
    append(log, line)

    assert counts(watch, now_s, 60) == {}
    assert looks.asked == []


@pytest.mark.parametrize(
    "line",
    [
        LINE.format(18, "a", 502),
        LINE.format(18, "a", 499),
        LINE.format(18, "HTTP/1.1", 500),
        '{"time":1,"status":504}\n',
        "2026/11/21 21:18:52 [error] 25120#25120: *204 connect() to unix:/a failed (11: Resource temporarily ...\n",
        "a format that nobody knows\n",
    ],
)
def test_whatever_else_comes_is(watch, looks, log, now_s, line):
    before = log.stat().st_size
    append(log, line)
    looks.answers = [Told()]
    counts(watch, now_s, 60)

    assert looks.asked == [[(before, before + len(line))]]


def test_failures_of_a_second_are_told_once_however_often_they_are_looked_at(watch, looks, log, now_s):
    looks.answers = [
        Told(failed=[(50, "", 2)]),
        Told(failed=[(50, "listen-queue-full", 2), (90, "listen-queue-full", 1)], titles=QUEUE),
        Told(failed=[(900, "listen-queue-full", 5)], titles=QUEUE),
    ]
    append(log, LINE.format(18, "a", 502))
    assert counts(watch, now_s, 60) == {"": 2}

    append(log, LINE.format(19, "a", 502))
    assert counts(watch, now_s, 200) == {"listen-queue-full": 3}

    append(log, LINE.format(30, "a", 502))
    assert counts(watch, now_s, 901) == {"listen-queue-full": 8}, "what is older than a look's window stays told"


def test_looks_take_a_hundredth_of_a_core_in_the_mean(watch, looks, log, now_s):
    looks.answers = [Told(cpu_s=0.5), Told(cpu_s=0.5)]
    for at_s in range(0, 60, 3):
        append(log, LINE.format(18, "a", 502))
        counts(watch, now_s, at_s)

    assert len(looks.asked) == 2


def test_a_watch_goes_on_while_a_look_is_under_way(watch, looks, log, now_s):
    looks.are_over, looks.answers = False, [Told(failed=[(5, "", 1)])]
    append(log, LINE.format(18, "a", 502))
    assert counts(watch, now_s, 6) == {}
    assert counts(watch, now_s, 9) == {}

    looks.are_over = True
    assert counts(watch, now_s, 12) == {"": 1}


def test_at_the_end_the_last_failures_are_told_too(watch, looks, log, now_s):
    looks.answers = [Told(failed=[(5, "", 1)], cpu_s=9), Told(failed=[(5, "", 1), (7, "", 3)])]
    append(log, LINE.format(18, "a", 502))
    assert counts(watch, now_s, 6) == {"": 1}

    append(log, LINE.format(18, "a", 502))
    (found,) = watch.last()
    assert found.count == 4


def test_a_rotated_file_is_looked_at_from_its_beginning_and_what_was_told_stays(watch, looks, log, now_s):
    looks.answers = [Told(failed=[(5, "", 1)]), Told(failed=[(70, "", 2)])]
    append(log, LINE.format(18, "a", 502))
    assert counts(watch, now_s, 6) == {"": 1}

    log.rename(log.with_suffix(".1"))
    log.write_text(LINE.format(19, "b", 502))
    assert counts(watch, now_s, 200) == {"": 3}
    assert looks.asked[-1] == [(0, log.stat().st_size)]


def test_a_file_that_is_rotated_during_a_look_takes_nothing_from_it(watch, looks, log, now_s):
    looks.are_over, looks.answers = False, [Told(failed=[(5, "", 4)])]
    append(log, LINE.format(18, "a", 502))
    assert counts(watch, now_s, 60) == {}

    log.rename(log.with_suffix(".1"))
    log.write_text(LINE.format(19, "b", 200))
    assert counts(watch, now_s, 70) == {}
    looks.are_over = True
    assert counts(watch, now_s, 80) == {"": 4}


def test_a_look_that_failed_is_said_and_is_no_zero(watch, looks, log, now_s):
    looks.answers = [Told(fault="could not be told"), Told(failed=[(9, "", 1)])]
    append(log, LINE.format(18, "a", 502))
    now_s[0] = 6
    watch.look()
    assert watch.look() is None
    assert watch.notes == ("could not be told",)

    # Looked at again, though nothing came.
    assert counts(watch, now_s, 200) == {"": 1}
    assert watch.notes == ()


def test_a_log_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        LogWatch([tmp_path / "gone.log"])


def test_a_stretch_has_its_failures_and_not_those_before_it(log, capsys, monkeypatch):
    whole = LINE.format(18, "half", 502)
    append(log, whole[:9])
    begin = log.stat().st_size
    append(log, whole[9:] + LINE.format(18, "a", 200) + LINE.format(18, "b", 504)[:-9])
    one = {"path": str(log), "begin": begin, "end": log.stat().st_size}
    monkeypatch.setattr(sys, "argv", ["log_look", json.dumps([one])])
    log_look.main()
    out = capsys.readouterr().out
    told = json.loads(out)

    assert "half" not in out, "paths may have secrets, and none is told"
    assert sum(count for _, _, count in told["failed"]) == 1
    assert told["cpu_s"] > 0


def test_a_stretch_that_is_not_there_any_more_is_no_look_without_failures(log):
    size = log.stat().st_size

    assert log_look.lines_of(Stretch(path=str(log), begin=0, end=size))[1] == log.read_bytes()
    with pytest.raises(OSError, match="is shorter than it was"):
        log_look.lines_of(Stretch(path=str(log), begin=0, end=size + 1))
    with pytest.raises(OSError, match="No such file"):
        log_look.lines_of(Stretch(path="/nowhere/access.log", begin=0, end=1))


def test_a_look_aside_that_cannot_be_is_told_with_why(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    look = LookAside([Stretch(path="/nowhere", begin=0, end=1)])
    told = look.told(5)
    look.close()

    assert told is not None
    assert "ended with status 1" in told.fault

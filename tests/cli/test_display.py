"""What is seen while a run goes on."""

import signal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from badgateway.cli.display import LiveDisplay, PlainLines, watch
from badgateway.cli.planned import Planned
from badgateway.load.progress import Progress
from badgateway.model.outcome import Outcome
from badgateway.model.outlook import Outlook, Stage
from badgateway.model.summary import Verdict
from badgateway.process.interruption import Interruption
from tests.cli.clock import Clock
from tests.cli.given import MULTI_LINE, ended, planned
from tests.declared import experiment

RAW = Path("raw")
PLANNED = Planned(path=Path("small.toml"), experiment=experiment(), worker_checks=None)
"""Three configurations at two levels: six trials."""
STUDY = Planned(path=Path("small.toml"), experiment=experiment(study={}), worker_checks=None)


def console(width: int = 80, *, terminal: bool = True) -> Console:
    return Console(file=StringIO(), force_terminal=terminal, width=width, color_system=None, _environ={})


def progress(requests: int = 0, failures: int = 0, elapsed_s: float = 3, total_s: float = 13) -> Progress:
    return Progress(requests=requests, failures=failures, users=300, elapsed_s=elapsed_s, total_s=total_s)


class Screen:
    """A live display and what it shows at the moment."""

    def __init__(self, width: int = 80) -> None:
        self.clock = Clock()
        self.interruption = Interruption()
        self.console = console(width)
        self.display = LiveDisplay(self.console, PLANNED, self.interruption, self.clock)

    def lines(self) -> list[str]:
        with self.console.capture() as captured:
            self.console.print(self.display.frame())
        return [line.rstrip() for line in captured.get().splitlines()]

    def printed(self) -> str:
        file = self.console.file
        assert isinstance(file, StringIO)
        return file.getvalue()


@pytest.fixture
def screen():
    return Screen()


def test_what_is_prepared_is_shown_with_the_time_it_takes(screen):
    screen.display.busy_with("starting MariaDB")
    screen.clock.now_s += 7
    head, _, body = screen.lines()

    assert head.startswith("6 trials")
    assert head.endswith("about 2 min left")
    assert body == "starting MariaDB, 7 s"


def test_a_trial_is_shown_with_its_place_its_name_and_the_time_left(screen):
    screen.display.trial_starting(planned(), RAW)
    head, name, body = screen.lines()

    assert head.startswith("trial 2 of 6")
    assert head.endswith(" left")
    assert (name, body) == ("uwsgi-2, 300 users", "starting the servers")


def test_requests_and_failures_so_far_are_shown(screen):
    screen.display.trial_starting(planned(), RAW)
    screen.display.trial_progress(progress(5447, 12))

    assert screen.lines()[2] == "5,447 requests, 12 failed, 3 of 13 s"


def test_no_failure_is_claimed_before_there_is_an_answer(screen):
    screen.display.trial_starting(planned(), RAW)
    screen.display.trial_progress(progress())
    assert screen.lines()[2] == "no answer yet, 3 of 13 s"

    screen.display.trial_progress(progress(5447))
    assert screen.lines()[2] == "5,447 requests, no failures, 3 of 13 s"


def test_progress_beyond_the_total_is_the_wait_for_the_last_answers(screen):
    screen.display.trial_starting(planned(), RAW)
    screen.clock.now_s += 10_000
    screen.display.trial_progress(progress(5447, 12, elapsed_s=21))
    head, _, body = screen.lines()

    assert body == "5,447 requests, 12 failed, waiting for the last answers"
    assert head.endswith(" left")


def test_the_next_trial_does_not_begin_with_the_numbers_of_the_one_before(screen):
    screen.display.trial_starting(planned(2), RAW)
    screen.display.trial_progress(progress(5447, 12))
    screen.display.trial_ended(ended({Outcome.OK: 5}))
    screen.display.trial_starting(planned(3), RAW)

    assert screen.lines()[2] == "starting the servers"


def test_time_left_counts_down_and_ends(screen):
    shown = []
    for position in range(1, 7):
        screen.display.trial_starting(planned(position), RAW)
        screen.clock.now_s += 10
        screen.display.trial_ended(ended({Outcome.OK: 5}, position=position))
        shown.append(screen.lines()[0].partition("about ")[2])
    screen.display.busy_with("writing the reports")

    assert shown[:5] == ["50 s left", "40 s left", "30 s left", "20 s left", "10 s left"]
    assert "left" not in screen.lines()[0]


def test_an_interrupt_is_answered_at_once(screen):
    screen.display.trial_starting(planned(), RAW)
    screen.interruption.received = signal.SIGINT

    assert screen.lines()[2] == "interrupted: stopping what runs, keeping what was measured"


@pytest.mark.parametrize("width", [30, 60, 100, 200])
def test_there_are_always_three_lines_that_fit(width):
    screen = Screen(width)
    screen.display.busy_with("starting MariaDB and loading the data")
    frames = [screen.lines()]
    screen.display.trial_starting(planned(), RAW)
    frames.append(screen.lines())
    for elapsed_s in (1, 20):
        screen.display.trial_progress(progress(1_000_000, 1_000_000, elapsed_s))
        frames.append(screen.lines())

    assert {len(lines) for lines in frames} == {3}
    assert max(len(line) for lines in frames for line in lines) <= width


def test_the_time_left_stands_in_the_same_column_whatever_is_before_it(screen):
    before = screen.lines()[0]
    screen.display.trial_starting(planned(), RAW)

    assert screen.lines()[0].index("about ") == before.index("about ")


def test_results_are_printed_above_the_live_lines_and_these_are_taken_away():
    screen = Screen()
    with screen.display as display:
        display.busy_with("starting MariaDB")
        display.trial_starting(planned(), RAW)
        display.trial_progress(progress(5447, 12))
        display.trial_ended(ended({Outcome.OK: 6000, Outcome.BAD_GATEWAY: 311}, verdict=Verdict.FAIL))

    assert "2/6  uwsgi-2, 300 users: FAIL, 6,311 requests, 311 x 502, p95 1.23 s\n" in screen.printed()
    assert screen.printed().endswith("\x1b[1A\x1b[2K")


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_can_be_shown(verdict, screen):
    screen.display.trial_starting(planned(), RAW)
    screen.display.trial_ended(ended(verdict=verdict, reasons=(MULTI_LINE,)))

    assert f": {verdict.value}, " in screen.printed()
    assert "Traceback" not in screen.printed()


def test_plain_lines_are_one_for_each_trial_however_long():
    plain = console(40, terminal=False)
    with PlainLines(plain, PLANNED) as lines:
        lines.busy_with("starting MariaDB and loading the data of this experiment")
        lines.trial_starting(planned(), RAW)
        lines.trial_progress(progress(5447, 12))
        lines.trial_ended(ended(verdict=Verdict.INVALID, reasons=("the [bold] books do not balance " * 3,)))

    assert isinstance(plain.file, StringIO)
    first, second = plain.file.getvalue().splitlines()
    assert first == "starting MariaDB and loading the data of this experiment"
    assert second.startswith("2/6  uwsgi-2, 300 users: INVALID, the [bold] books do not balance the [bold]")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_the_live_display():
    where = Console(file=Terminal(), _environ={"TERM": "xterm"})

    assert isinstance(watch(where, PLANNED, Interruption()), LiveDisplay)


@pytest.mark.parametrize(
    ("file", "environment"),
    [(StringIO(), {}), (StringIO(), {"FORCE_COLOR": "1"}), (Terminal(), {"TERM": "dumb"})],
    ids=["pipe", "pipe-with-forced-colour", "dumb-terminal"],
)
def test_everything_else_gets_plain_lines(file, environment):
    assert isinstance(watch(Console(file=file, _environ=environment), PLANNED, Interruption()), PlainLines)


def test_a_study_shows_its_stage_who_stands_and_the_time_it_says():
    screen = Screen()
    screen.display = LiveDisplay(screen.console, STUDY, screen.interruption, screen.clock)
    screen.display.outlook(Outlook(stage=Stage.BLOCK, number=3, of=8, remaining=4, left_s=300))
    screen.display.trial_starting(planned(17), RAW)
    head, name, _ = screen.lines()

    assert head.startswith("trial 17 ")
    assert head.endswith("about 5 min left")
    assert name.endswith("block 3 of 8, 4 still in the race")


def test_plain_lines_tell_each_stage_of_a_study_once():
    plain = console(terminal=False)
    lines = PlainLines(plain, STUDY)
    for left_s in (300, 290):
        lines.outlook(Outlook(stage=Stage.BLOCK, number=3, of=8, remaining=4, left_s=left_s))

    assert isinstance(plain.file, StringIO)
    assert plain.file.getvalue() == "block 3 of 8, 4 still in the race, about 5 min left\n"


def in_the_third_block(display, first=1):
    for position in (first, first + 1):
        display.trial_ended(ended({Outcome.OK: 100}, position=position))
    for number in (1, 2, 3, 3):
        display.outlook(Outlook(stage=Stage.BLOCK, number=number, of=8, remaining=4, left_s=300))


def test_with_the_third_block_comes_a_first_answer_once(screen):
    plain = console(terminal=False)
    in_the_third_block(PlainLines(plain, STUDY))
    screen.display = LiveDisplay(screen.console, STUDY, screen.interruption, screen.clock)
    in_the_third_block(screen.display)

    assert isinstance(plain.file, StringIO)
    for printed in (plain.file.getvalue(), screen.printed()):
        assert printed.count("so far, at 300 users: uwsgi-2 (p95 ") == 1
        assert " passed every trial" in " ".join(printed.split())


def test_a_run_that_goes_on_tells_no_first_answer_of_the_trials_since_then_alone():
    plain = console(terminal=False)
    in_the_third_block(PlainLines(plain, STUDY), first=5)

    assert isinstance(plain.file, StringIO)
    assert "so far" not in plain.file.getvalue()

"""Shows an experiment while it runs: a live display on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from badgateway.cli.pace import Pace, StudyPace
from badgateway.cli.planned import Planned
from badgateway.cli.terminal import say, shown
from badgateway.cli.wording import last_words, trial_line, trial_name
from badgateway.load.progress import Progress
from badgateway.model.outlook import Outlook, Stage
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.model.trial import Trial
from badgateway.numbers import duration
from badgateway.process.interruption import Interruption
from badgateway.words.progress import stage
from badgateway.words.so_far import so_far

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow", Verdict.INVALID: "magenta"}
_LONGEST_BAR, _SHORTEST_BAR = 40, 8
_HEAD_TEXTS = 44
"""Columns for what stands on either side of the bar."""
_FRAMES_PER_S = 4
_FIRST_TOLD = 3
"""Of the blocks: before it each configuration has had two trials."""
_LAST_WORDS = "       | "
"""Before each line that a failed server wrote last."""


class _FirstAnswers:
    """Tells with each block of a study, from the third on, how it stands."""

    def __init__(self) -> None:
        self._ended: list[TrialSummary] = []
        self._told = _FIRST_TOLD - 1

    def take(self, summary: TrialSummary) -> None:
        """Know one more trial."""
        self._ended.append(summary)

    def line(self, outlook: Outlook) -> str:
        """Return how it stands, where another block begins; else nothing."""
        if outlook.stage is not Stage.BLOCK or outlook.remaining is None or outlook.number <= self._told:
            return ""
        self._told = outlook.number
        # Of a run that goes on, nobody here has heard of the trials before.
        is_whole = bool(self._ended) and self._ended[0].trial.position == 1
        return so_far(self._ended) if is_whole else ""


class PlainLines:
    """One line for each trial that ended, for logs and pipes."""

    def __init__(self, console: Console, planned: Planned | None = None) -> None:
        """Print to the console; without a plan, nothing of trials."""
        self._console = console
        self._total = _total(planned) if planned else None
        self._stage = ""
        self._answers = _FirstAnswers()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to take down."""

    def busy_with(self, what: str) -> None:
        """Print what begins."""
        say(self._console, Text(what))

    def outlook(self, outlook: Outlook) -> None:
        """Print each new stage of a study; of a schedule, note how long it has become."""
        self._total = outlook.trials
        if outlook.remaining is not None and stage(outlook) != self._stage:
            self._stage = stage(outlook)
            say(self._console, Text(f"{_where(outlook)}, about {duration(outlook.left_s)} left"))
        _say_answer(self._console, self._answers.line(outlook))

    def trial_starting(self, trial: Trial, raw: Path, /) -> None:
        """Print nothing: a line a trial, when there is something to say, keeps a log readable."""

    def trial_progress(self, progress: Progress) -> None:
        """Print nothing while the load runs."""

    def trial_ended(self, summary: TrialSummary) -> None:
        """Print the trial's result."""
        self._answers.take(summary)
        say(self._console, Text(trial_line(summary, self._total)))
        _say_last_words(self._console, summary)


class LiveDisplay:
    """Three live lines: the experiment, the trial in flight, what it does; results scroll up above them."""

    def __init__(
        self,
        console: Console,
        planned: Planned,
        interruption: Interruption,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Draw on the console; the interruption is looked at with each frame."""
        self._console = console
        self._interruption = interruption
        self._clock = clock
        self._total = _total(planned)
        self._pace = _pace(planned, clock)
        self._outlook: Outlook | None = None
        self._answers = _FirstAnswers()
        self._busy = ""
        self._busy_since_s = clock()
        self._trial: Trial | None = None
        self._progress: Progress | None = None
        # A thread draws the frames, so that time goes on while nothing is heard of the run.
        self._live = Live(get_renderable=self.frame, console=console, refresh_per_second=_FRAMES_PER_S, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the live lines away; the results stay."""
        self._live.stop()

    def busy_with(self, what: str) -> None:
        """Show what is being done between or around trials, and for how long already."""
        self._busy, self._busy_since_s = what, self._clock()
        self._trial = None

    def outlook(self, outlook: Outlook) -> None:
        """Show where the run is, and go by what it says of the time."""
        self._outlook = outlook
        _say_answer(self._console, self._answers.line(outlook))
        self._total = outlook.trials
        if isinstance(self._pace, StudyPace):
            self._pace.expect(outlook.left_s)
        elif outlook.trials is not None:
            self._pace.expect(outlook.trials)

    def trial_starting(self, trial: Trial, _raw: Path, /) -> None:
        """Show which trial is being deployed."""
        self._trial, self._progress = trial, None
        self._pace.trial_started()

    def trial_progress(self, progress: Progress) -> None:
        """Show requests and failures so far."""
        self._progress = progress

    def trial_ended(self, summary: TrialSummary) -> None:
        """Print the trial's result above the live lines."""
        self._answers.take(summary)
        self._pace.trial_ended()
        line = trial_line(summary, self._total)
        text = Text(line)
        start = line.index(f": {summary.verdict.value}") + 2
        text.stylize(_STYLES[summary.verdict], start, start + len(summary.verdict.value))
        say(self._console, text)
        _say_last_words(self._console, summary)

    def frame(self) -> Group:
        """Return what the live lines show now; always three, so that nothing jumps."""
        head, body = self._head(), self._body()
        if self._interruption.received is not None:
            body = Text("interrupted: stopping what runs, keeping what was measured", style="yellow")
        name = Text(trial_name(self._trial) if self._trial else "", style="bold")
        if self._trial and self._outlook and self._outlook.remaining is not None:
            name.append(f"  {_where(self._outlook)}", style="not bold")
        lines = (shown(name), shown(body))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(head, *lines)

    def _head(self) -> Table:
        place = self._place()
        bar = ProgressBar(total=1.0, completed=self._pace.share_done(), width=self._bar_columns())
        left_s = self._pace.left_s()
        table = Table.grid(padding=(0, 2, 0, 0))
        for width in (len(f"trial {self._total} of {self._total}") if self._total else None, None, None):
            table.add_column(width=width, no_wrap=True)
        table.add_row(place, bar, f"about {duration(max(left_s, 1))} left" if left_s or self._trial else "")
        return table

    def _place(self) -> str:
        if self._total is None:
            return f"trial {self._trial.position}" if self._trial else ""
        return f"trial {self._trial.position} of {self._total}" if self._trial else f"{self._total} trials"

    def _bar_columns(self) -> int:
        return max(_SHORTEST_BAR, min(_LONGEST_BAR, self._console.width - _HEAD_TEXTS))

    def _body(self) -> Text:
        if self._trial is None:
            return Text(f"{self._busy}, {self._clock() - self._busy_since_s:.0f} s" if self._busy else "")
        progress = self._progress
        if progress is None:
            return Text("starting the servers")
        return _counts(progress).append(_state(progress))


def _pace(planned: Planned, clock: Callable[[], float]) -> Pace | StudyPace:
    if planned.experiment.study is not None:
        return StudyPace(planned.trials_s, clock, afterwards_s=planned.worker_checks_s)
    return Pace(planned.trials, planned.trials_s, clock, afterwards_s=planned.worker_checks_s)


def _total(planned: Planned) -> int | None:
    return None if planned.experiment.study else planned.trials


def _where(outlook: Outlook) -> str:
    return f"{stage(outlook)}, {outlook.remaining} still in the race"


def _counts(progress: Progress) -> Text:
    if not progress.requests:
        return Text("no answer yet")
    failures = (f"{progress.failures:,} failed", "red") if progress.failures else "no failures"
    return Text.assemble(f"{progress.requests:,} requests, ", failures)


def _state(progress: Progress) -> str:
    if progress.elapsed_s > progress.total_s:
        return ", waiting for the last answers"
    return f", {progress.elapsed_s:.0f} of {progress.total_s:.0f} s"


def _say_answer(console: Console, line: str) -> None:
    if line:
        say(console, Text(line))


def _say_last_words(console: Console, summary: TrialSummary) -> None:
    for line in last_words(summary):
        say(console, Text(f"{_LAST_WORDS}{line}"))


def watch(console: Console, planned: Planned, interruption: Interruption) -> PlainLines | LiveDisplay:
    """Return the display that fits where the output goes."""
    # FORCE_COLOR makes a console claim to be a terminal; a log full of frames helps nobody.
    if console.is_interactive and console.file.isatty() and not console.quiet:
        return LiveDisplay(console, planned, interruption)
    return PlainLines(console, planned)

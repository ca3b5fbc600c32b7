"""Shows a study while it runs: a live display on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from badgateway.cli.wording import trial_line
from badgateway.load.progress import Progress as LoadProgress
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.model.trial import Trial

_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.INCONCLUSIVE: "yellow", Verdict.INVALID: "magenta"}


class PlainLines:
    """One line when a trial starts and one when it ends, for logs and pipes."""

    def __init__(self, console: Console, expected_s: float) -> None:
        self._console = console
        self._console.print(f"expected to take about {minutes(expected_s)}", highlight=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to take down."""

    def preparing(self, what: str) -> None:
        """Print what is being prepared."""
        self._console.print(what, highlight=False)

    def trial_starting(self, trial: Trial, total: int) -> None:
        """Print nothing: a line a trial, when there is something to say, keeps a log readable."""

    def trial_progress(self, trial: Trial, progress: LoadProgress) -> None:
        """Print nothing while the load runs."""

    def trial_ended(self, summary: TrialSummary, total: int) -> None:
        """Print the trial's result."""
        self._console.print(trial_line(summary, total), highlight=False, soft_wrap=True)


class LiveDisplay:
    """Two live lines, the experiment and the trial in flight; results scroll up above them."""

    def __init__(self, console: Console, expected_s: float) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._console = console
        self._expected_s = expected_s
        self._started_s = time.monotonic()
        self._ended = 0
        self._whole = self._progress.add_task("experiment", total=None, note=f"about {minutes(expected_s)}")
        self._trial = self._progress.add_task("", total=None, note="", visible=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the finished lines on the screen."""
        self._progress.stop()

    def preparing(self, what: str) -> None:
        """Say what is being prepared."""
        self._progress.update(self._whole, note=what)

    def trial_starting(self, trial: Trial, total: int) -> None:
        """Show which trial is being deployed, and the time left."""
        self._progress.update(
            self._whole, description=f"trial {trial.position} of {total}", total=total, note=self._time_left(total)
        )
        self._progress.reset(self._trial, total=None, visible=True)
        self._progress.update(self._trial, description=f"{trial.configuration}, {trial.users} users", note="starting")

    def trial_progress(self, trial: Trial, progress: LoadProgress) -> None:  # noqa: ARG002 # the listener's signature
        """Show requests and failures so far."""
        draining = progress.elapsed_s > progress.total_s
        state = "waiting for requests in flight" if draining else f"{progress.failures:,} failed"
        self._progress.update(
            self._trial,
            total=progress.total_s,
            completed=min(progress.elapsed_s, progress.total_s),
            note=f"{progress.requests:,} requests, {state}",
        )

    def trial_ended(self, summary: TrialSummary, total: int) -> None:
        """Print the trial's result above the live lines."""
        self._ended += 1
        self._progress.update(self._whole, completed=self._ended, note=self._time_left(total))
        self._progress.update(self._trial, visible=False)
        style = _STYLES[summary.verdict]
        self._console.print(trial_line(summary, total), style=style, highlight=False, soft_wrap=True)

    def _time_left(self, total: int) -> str:
        """Estimate from the trials that ended; from the plan before the first one has."""
        if self._ended == 0:
            return f"about {minutes(self._expected_s)} left"
        spent_s = time.monotonic() - self._started_s
        return f"about {minutes(spent_s / self._ended * (total - self._ended))} left"


def watch(console: Console, expected_s: float) -> PlainLines | LiveDisplay:
    """Return the display that fits where the output goes."""
    return LiveDisplay(console, expected_s) if console.is_terminal else PlainLines(console, expected_s)


def minutes(duration_s: float) -> str:
    """Spell a duration as a person would: '40 s', '6 min'."""
    return f"{duration_s:.0f} s" if duration_s < 90 else f"{duration_s / 60:.0f} min"

"""Shows a run in Locust's web UI while it goes on: one address, trial after trial."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from badgateway.load.command import onlooker_command, run_view_command
from badgateway.load.progress import Progress
from badgateway.model.experiment import Experiment
from badgateway.model.live_page import RUN, RunPage
from badgateway.model.outlook import Outlook
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import Trial
from badgateway.numbers import duration
from badgateway.report.explanation.run_rows import InFlight, run_rows
from badgateway.servers.registry import server_of
from badgateway.store.plain_file import replacing
from badgateway.store.temporary_folder import temporary_folder
from badgateway.study.bench import Effects, Listener
from badgateway.words.progress import stage

_LEAST_PAUSE_S = 1.0


class ShownRun:
    """A listener that writes what it hears into the page file of a run."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin before the first trial of the first experiment."""
        self._file = folder / RunPage.FILE
        self._clock = clock
        self._written_s = -_LEAST_PAUSE_S
        self._experiment: Experiment | None = None
        self._ended: list[TrialSummary] = []
        self._where = ""
        self._now: InFlight | None = None
        self._raw = ""
        self._write()

    def begin(self, experiment: Experiment) -> None:
        """Show another experiment from here on."""
        self._experiment, self._ended, self._now = experiment, [], None
        self._write()

    def busy_with(self, _what: str) -> None:
        """Show that no trial is in flight."""
        self._now, self._raw = None, ""
        self._write()

    def outlook(self, outlook: Outlook) -> None:
        """Note where the run is, for the trial that begins."""
        still = f"{outlook.remaining} still in the race" if outlook.remaining is not None else ""
        left = f"about {duration(outlook.left_s)} left"
        self._where = ", ".join(filter(None, (stage(outlook), still, left)))

    def trial_starting(self, trial: Trial, raw: Path) -> None:
        """Show which trial is being deployed."""
        self._now = InFlight(trial=trial, where=self._where, state="starting the servers")
        self._raw = str(raw)
        self._write()

    def trial_progress(self, progress: Progress) -> None:
        """Show how far the load is, once a second at most."""
        if self._now is None or self._clock() - self._written_s < _LEAST_PAUSE_S:
            return
        self._now = InFlight(
            trial=self._now.trial,
            where=self._where,
            state=f"{min(progress.elapsed_s, progress.total_s):.0f} of {progress.total_s:.0f} s",
            requests=progress.requests,
            failures=progress.failures,
        )
        self._write()

    def trial_ended(self, summary: TrialSummary) -> None:
        """Take the trial into the ranking so far."""
        self._ended.append(summary)
        self._now, self._raw = None, ""
        self._write()

    def _write(self) -> None:
        names = [one.name for one in self._experiment.configurations] if self._experiment else []
        page = RunPage(
            rows=run_rows(names, self._ended, self._now),
            raw=self._raw,
            server=self._server(),
            users=self._now.trial.users if self._now else 0,
        )
        with replacing(self._file) as beside:
            beside.write_text(page.to_json(), encoding="utf-8")
        self._written_s = self._clock()

    def _server(self) -> str:
        if self._experiment is None or self._now is None:
            return ""
        return server_of(self._experiment.configuration(self._now.trial.configuration)).name


class Together:
    """Several listeners that hear the same."""

    def __init__(self, *listeners: Listener) -> None:
        """Tell them in this order."""
        self._listeners = listeners

    def busy_with(self, what: str) -> None:
        """Tell all."""
        for one in self._listeners:
            one.busy_with(what)

    def outlook(self, outlook: Outlook) -> None:
        """Tell all."""
        for one in self._listeners:
            one.outlook(outlook)

    def trial_starting(self, trial: Trial, raw: Path) -> None:
        """Tell all."""
        for one in self._listeners:
            one.trial_starting(trial, raw)

    def trial_progress(self, progress: Progress) -> None:
        """Tell all."""
        for one in self._listeners:
            one.trial_progress(progress)

    def trial_ended(self, summary: TrialSummary) -> None:
        """Tell all."""
        for one in self._listeners:
            one.trial_ended(summary)


@contextmanager
def shown_run(what: str, port: int, effects: Effects, on_page: Callable[[str], None]) -> Iterator[ShownRun]:
    """Serve Locust's web UI on 127.0.0.1:port until the block ends, and give who is to be told of the run.

    Args:
        what: The experiments, for the page's head.
        port: Of the web UI.
        effects: By which it is started.
        on_page: Told the address, with its token, when it answers.

    Raises:
        DeploymentError: It did not come up.
    """
    # Any user of this machine can reach the port; only who sees what this command prints knows the token.
    token = secrets.token_urlsafe(16)
    page = f"http://127.0.0.1:{port}/?token={token}&tab={RUN.key}"
    with temporary_folder() as folder:
        shown = ShownRun(folder)
        with (
            effects.serve(onlooker_command(folder, what, port=port, token=token), page),
            effects.serve(run_view_command(folder), page),
        ):
            on_page(page)
            yield shown

"""Runs one experiment in front of whoever started it, and prints what was decided."""

import os
import shlex
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.text import Text

from badgateway.cli.display import watch
from badgateway.cli.planned import Planned, outlook_line
from badgateway.cli.quiet import await_quiet
from badgateway.cli.terminal import echo, say
from badgateway.cli.wording import decision_lines
from badgateway.model.exit_code import ExitCode, of_study
from badgateway.model.study_summary import StudySummary
from badgateway.plan.experiment_file import project_root
from badgateway.process.interruption import Interruption
from badgateway.store.run_folder import RunFolder
from badgateway.study.bench import Listener
from badgateway.study.local import LOCAL
from badgateway.study.run_experiment import Finished, resume_experiment, run_experiment


def run_one(planned: Planned, results: Path, interruption: Interruption) -> ExitCode:
    """Run an experiment from its start; return what the command's exit status is to say."""
    console = _introduced(planned, outlook_line(planned))
    busy = await_quiet(console, planned.experiment.machine)

    def start(listener: Listener) -> Finished:
        return run_experiment(
            planned.experiment,
            root=project_root(planned.path),
            results=results,
            command=_command(),
            listener=listener,
            effects=LOCAL,
            worker_checks=planned.worker_checks,
            experiment_digest=sha256(planned.path.read_bytes()).hexdigest(),
            busy=busy,
        )

    return _watched(console, planned, start, interruption)


def go_on(planned: Planned, folder: RunFolder, interruption: Interruption) -> ExitCode:
    """Go on with a run that was ended; return what the command's exit status is to say."""

    def start(listener: Listener) -> Finished:
        return resume_experiment(folder, root=project_root(planned.path), listener=listener, effects=LOCAL)

    ended = len(folder.trial_folders())
    console = _introduced(planned, f"going on with {folder.path}, {ended} trials of which have ended")
    await_quiet(console, planned.experiment.machine)
    return _watched(console, planned, start, interruption)


def _introduced(planned: Planned, outlook: str) -> Console:
    """Say what is asked and how long that takes; return where the rest is said."""
    console = Console(stderr=True)
    say(console, Text.assemble((planned.experiment.name, "bold"), f": {planned.experiment.question}"))
    say(console, Text(outlook))
    return console


def _watched(
    console: Console, planned: Planned, start: Callable[[Listener], Finished], interruption: Interruption
) -> ExitCode:
    with watch(console, planned, interruption) as listener:
        finished = start(listener)
    if finished.study is None and isinstance(finished.stopped_by, KeyboardInterrupt):
        echo("no trial had ended yet, so there is nothing to report", err=True)
    if finished.study is not None:
        console.print()
        print_decision(finished.study, finished.report)
        console.print()
    if finished.stopped_by is not None:
        raise finished.stopped_by
    assert finished.study is not None
    return of_study(finished.study)


def _command() -> str:
    # A nox session says what its user typed; the environment it runs us from is nobody's to type.
    return os.environ.get("BADGATEWAY_STARTED_AS") or shlex.join(["badgateway", *sys.argv[1:]])


def print_decision(study: StudySummary, report: Path | None) -> None:
    """Print the answer and where the report is, if it could be kept."""
    console = Console()
    headline, *rest = decision_lines(study)
    say(console, Text(headline, style="bold"))
    for line in (*rest, *([f"Report: {report}"] if report else ())):
        say(console, Text(line))

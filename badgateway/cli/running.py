"""Runs one experiment in front of whoever started it, and prints what was decided."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.text import Text

from badgateway.cli.browse import locust_port
from badgateway.cli.display import watch
from badgateway.cli.outcome import Commands, print_document, print_outcome, print_uncounted
from badgateway.cli.planned import Planned, disk_line, outlook_line
from badgateway.cli.quiet import await_quiet
from badgateway.cli.terminal import echo, say
from badgateway.errors import ConfigurationError
from badgateway.model.exit_code import ExitCode, of_run
from badgateway.plan.experiment_file import project_root
from badgateway.process.interruption import Interruption
from badgateway.process.network import is_apart
from badgateway.store.run_folder import RunFolder
from badgateway.store.run_lock import locked
from badgateway.study.bench import Effects, Listener
from badgateway.study.local import LOCAL
from badgateway.study.more_blocks import run_to_go_on_with, with_more_blocks
from badgateway.study.run_experiment import Finished, resume_experiment, run_experiment
from badgateway.study.shown_run import ShownRun, Together, shown_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is said on the way, and how the answer is printed."""

    is_quiet: bool = False
    """Whether only the answer, and what keeps it from coming, is said."""
    as_json: bool = False
    """Whether the answer is one line of JSON."""
    shown: ShownRun | None = None
    """What Locust's web UI shows; None: nobody asked for it."""


def run_one(
    planned: Planned, results: Path, interruption: Interruption, speech: Speech, effects: Effects | None = None
) -> ExitCode:
    """Run an experiment from its start; return what the command's exit status is to say.

    What was begun on a site that already runs is gone on with, where it asked the same.
    """
    root = project_root(planned.path)
    before = run_to_go_on_with(results, planned.experiment, root) if planned.experiment.target else None
    if before is not None:
        with locked(before.path):
            merged = with_more_blocks(before, planned.experiment, _command())
            return go_on(replace(planned, experiment=merged), before, interruption, speech)
    console = _introduced(planned, speech, outlook_line(planned), disk_line(results, planned.experiment.name))
    busy = await_quiet(console, planned.experiment.machine)

    def start(listener: Listener) -> Finished:
        return run_experiment(
            planned.experiment,
            root=root,
            results=results,
            command=_command(),
            listener=listener,
            effects=effects or LOCAL,
            worker_checks=planned.worker_checks,
            experiment_digest=sha256(planned.path.read_bytes()).hexdigest(),
            busy=busy,
        )

    return _watched(console, planned, start, interruption, speech)


def go_on(
    planned: Planned, folder: RunFolder, interruption: Interruption, speech: Speech, effects: Effects | None = None
) -> ExitCode:
    """Go on with a run that was ended; return what the command's exit status is to say."""

    def start(listener: Listener) -> Finished:
        return resume_experiment(
            folder, planned.experiment, root=project_root(planned.path), listener=listener, effects=effects or LOCAL
        )

    ended = len(folder.trial_folders())
    print_uncounted(folder)
    console = _introduced(planned, speech, f"going on with {folder.path}, {ended} trials of which have ended")
    await_quiet(console, planned.experiment.machine)
    return _watched(console, planned, start, interruption, speech)


@contextmanager
def shown_to_browsers(speech: Speech, names: Sequence[str]) -> Iterator[Speech]:
    """Have the runs of these experiments shown in Locust's web UI, and print its address.

    Raises:
        ConfigurationError: No browser could reach it.
        DeploymentError: It did not come up.
    """
    if is_apart():
        raise ConfigurationError(
            "--ui: this site runs in a network of its own, which no browser reaches; leave --ui out, or say in "
            "[application] database_variables what leads to the database"
        )

    def tell(page: str) -> None:
        echo(f"Locust's web UI shows the run at {page}", err=True)

    with shown_run(", ".join(names), locust_port(None), LOCAL, tell) as shown:
        yield replace(speech, shown=shown)


def _introduced(planned: Planned, speech: Speech, *outlook: str) -> Console:
    """Say what is asked, how long that takes and what it leaves on disk; return where the rest is said."""
    console = Console(stderr=True, quiet=speech.is_quiet)
    say(console, Text.assemble((planned.experiment.name, "bold"), f": {planned.experiment.question}"))
    for line in outlook:
        say(console, Text(line))
    return console


def _watched(
    console: Console,
    planned: Planned,
    start: Callable[[Listener], Finished],
    interruption: Interruption,
    speech: Speech,
) -> ExitCode:
    with watch(console, planned, interruption) as display:
        if speech.shown is not None:
            speech.shown.begin(planned.experiment)
        finished = start(Together(display, speech.shown) if speech.shown is not None else display)
    if finished.run is None and isinstance(finished.stopped_by, KeyboardInterrupt):
        echo("no trial had ended yet, so there is nothing to report", err=True)
    if finished.run is not None:
        console.print()
        if speech.as_json:
            print_document(finished.run, finished.report)
        else:
            print_outcome(finished.run, finished.report, _commands(planned))
        console.print()
    if finished.stopped_by is not None:
        raise finished.stopped_by
    assert finished.run is not None
    return of_run(finished.run)


def _command() -> str:
    # A nox session says what its user typed; the environment it runs us from is nobody's to type.
    return os.environ.get("BADGATEWAY_STARTED_AS") or shlex.join(["badgateway", *sys.argv[1:]])


def _commands(planned: Planned) -> Commands:
    """Return what can be typed after a run of that file."""
    here = shutil.which("badgateway")
    program = "badgateway" if here else os.path.relpath(sys.argv[0])
    # Of several experiments, each is gone on with by itself.
    others = [word for word in sys.argv[1:] if not word.endswith(".toml") or Path(word) == planned.path]
    goes_on = bool(planned.experiment.target) or any(word.startswith("--resume") for word in others)
    resume = others if goes_on else [*others, "--resume"]
    watch = "" if planned.experiment.target else shlex.join([program, "ui", str(planned.path)])
    return Commands(resume=shlex.join([program, *resume]), watch=watch)

"""The commands about experiments and their options; the work is in the rooms below."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from badgateway.cli.browse import browse, locust_port
from badgateway.cli.display import say, watch
from badgateway.cli.entry import cli
from badgateway.cli.exit_codes import ExitCode, of_decision
from badgateway.cli.wording import decision_lines, diagnosis_lines, duration, trial_name
from badgateway.model.experiment import Experiment
from badgateway.model.summary import StudySummary
from badgateway.model.waiting import DiagnosisPlan
from badgateway.plan.diagnosis import diagnosis_s, plan_diagnosis
from badgateway.plan.experiment_file import load_experiment, project_root
from badgateway.plan.narrow import narrow
from badgateway.plan.schedule import expected_s, schedule
from badgateway.process.interruption import Interruption
from badgateway.store.run_folder import RunFolder
from badgateway.study.analysis import analyse, publish
from badgateway.study.run_experiment import run_experiment
from badgateway.study.standing import stand, stand_behind_locust

_PATH = click.Path(path_type=Path)
_EXPERIMENT = click.argument("experiment", type=_PATH)


def _sized(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose a variant of an experiment; of several, the last one counts."""
    quick = "The variant quick that the file declares: minutes, with results of its own."
    full = "The variant full-scale that the file declares: the story's own time limits."
    command = click.option("--full-scale", "variant", flag_value="full-scale", help=full)(command)
    return click.option("--quick", "variant", flag_value="quick", help=quick)(command)


@cli.command(short_help="Compare configurations under load; get a pick and a report.")
@click.argument("experiments", nargs=-1, required=True, type=_PATH)
@_sized
@click.option("--only", multiple=True, metavar="NAME", help="Only this configuration; may be given several times.")
@click.option("--users", multiple=True, type=int, metavar="N", help="Load level instead of the file's; repeatable.")
@click.option("--window", "window_s", type=float, metavar="SECONDS", help="Counted time of each trial.")
@click.option("--blocks", type=int, metavar="N", help="How often each configuration is tried at each level.")
@click.option("--seed", type=int, metavar="N", help="Seed of the order of trials and of the users' choices.")
@click.option("--no-diagnosis", is_flag=True, help="Leave out what shows who shares a worker's time.")
@click.option("--results", type=_PATH, default=Path("results"), show_default=True, help="Where runs are kept.")
@click.pass_obj
def run(  # noqa: PLR0913 # one parameter per option
    interruption: Interruption,
    *,
    experiments: tuple[Path, ...],
    variant: str | None,
    only: tuple[str, ...],
    users: tuple[int, ...],
    window_s: float | None,
    blocks: int | None,
    seed: int | None,
    no_diagnosis: bool,
    results: Path,
) -> None:
    """Run experiments: deploy every configuration, load it, and report which one qualifies.

    All files are checked before anything is started. Ctrl-C stops the servers, keeps every trial that had ended and
    reports on those; experiments that were still to come are not started.

    After the trials comes a diagnosis of about a minute, whose numbers are in no verdict: does one worker's waiting let
    others in, with each server file and driver, and what blocks the event loop where there is one.

    \b
    Examples:
      badgateway run experiments/concurrency.toml
      badgateway run --quick experiments/concurrency.toml experiments/export.toml
      badgateway run experiments/concurrency.toml --only uwsgi-2 --only uwsgi-gevent --users 300
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    narrowed = [
        (
            path,
            narrow(
                load_experiment(path),
                variant=variant,
                only=only,
                users=users,
                window_s=window_s,
                blocks=blocks,
                seed=seed,
            ),
        )
        for path in experiments
    ]
    planned = [
        (path, experiment, None if no_diagnosis else plan_diagnosis(experiment, project_root(path)))
        for path, experiment in narrowed
    ]
    sys.exit(max(_run_one(*one, results, interruption) for one in planned))


def _run_one(
    path: Path, experiment: Experiment, diagnosis: DiagnosisPlan | None, results: Path, interruption: Interruption
) -> ExitCode:
    console = Console(stderr=True)
    say(console, Text.assemble((experiment.name, "bold"), f": {experiment.question}"))
    say(console, Text(_outlook(experiment, diagnosis)))
    with watch(console, experiment, interruption, diagnosis) as listener:
        finished = run_experiment(
            experiment,
            root=project_root(path),
            results=results,
            command=_command(),
            listener=listener,
            diagnosis=diagnosis,
        )
    if finished.study is None and isinstance(finished.stopped_by, KeyboardInterrupt):
        click.echo("no trial had ended yet, so there is nothing to report", err=True)
    if finished.study is not None:
        console.print()
        _print_decision(finished.study, finished.report)
        console.print()
    if finished.stopped_by is not None:
        raise finished.stopped_by
    assert finished.study is not None
    return of_decision(finished.study.recommendation.decision)


def _command() -> str:
    # A nox session says what its user typed; the environment it runs us from is nobody's to type.
    return os.environ.get("BADGATEWAY_STARTED_AS") or shlex.join(["badgateway", *sys.argv[1:]])


def _outlook(experiment: Experiment, diagnosis: DiagnosisPlan | None) -> str:
    trials = len(schedule(experiment))
    after_s = diagnosis_s(diagnosis, experiment) if diagnosis else 0.0
    also = " and a diagnosis" if diagnosis else ""
    return f"{trials} {'trial' if trials == 1 else 'trials'}{also}, about {duration(expected_s(experiment) + after_s)}"


def _print_decision(study: StudySummary, report: Path) -> None:
    console = Console()
    headline, *rest = decision_lines(study)
    say(console, Text(headline, style="bold"))
    for line in (*rest, f"Report: {report}"):
        say(console, Text(line))


@cli.command(name="report", short_help="Rebuild the reports of a run from its raw files.")
@click.argument("directory", type=_PATH)
def rebuild(directory: Path) -> None:
    """Rebuild the reports of a run from its raw files alone, to the same bytes.

    DIRECTORY is one run, such as results/concurrency/2026-11-21T20-00-00Z, or results/concurrency/latest.
    """
    folder = RunFolder.open(directory)
    study = analyse(folder)
    _print_decision(study, publish(folder, study))
    sys.exit(of_decision(study.recommendation.decision))


@cli.command(short_help="Check an experiment file and list its trials; start nothing.")
@_EXPERIMENT
@_sized
def plan(experiment: Path, variant: str | None) -> None:
    """Check an experiment file and print the trials it would run, in their order; start nothing.

    \b
    Example:
      badgateway plan experiments/concurrency.toml
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    checked = narrow(load_experiment(experiment), variant=variant)
    for trial in schedule(checked):
        click.echo(f"block {trial.block}  {trial.position:>3}  {trial_name(trial)}")
    diagnosis = plan_diagnosis(checked, project_root(experiment))
    for line in diagnosis_lines(diagnosis):
        click.echo(f"after    {line}")
    click.echo(_outlook(checked, diagnosis))


@cli.command(short_help="Put one configuration behind nginx, to open in a browser.")
@_EXPERIMENT
@click.argument("configuration")
def serve(experiment: Path, configuration: str) -> None:
    """Put one configuration behind nginx, to open in a browser, and keep it up until Ctrl-C.

    CONFIGURATION is one of the names in the experiment's file; the address is printed once it answers.

    \b
    Example:
      badgateway serve experiments/concurrency.toml uwsgi-2
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    only = narrow(load_experiment(experiment), only=[configuration])
    browse(configuration, stand(only, configuration, project_root(experiment)), what="the site")


@cli.command(short_help="Open Locust's web UI against one configuration.")
@_EXPERIMENT
@click.argument("configuration")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web UI.  [default: 8089 if free]")
def ui(experiment: Path, configuration: str, port: int | None) -> None:
    """Open Locust's own web UI, on 127.0.0.1, against one configuration behind nginx, until Ctrl-C.

    CONFIGURATION is one of the names in the experiment's file. What you start there is for looking: it is not counted.

    \b
    Example:
      badgateway ui experiments/concurrency.toml gunicorn-gevent --port 8090
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    only = narrow(load_experiment(experiment), only=[configuration])
    root = project_root(experiment)
    browse(configuration, stand_behind_locust(only, configuration, root, locust_port(port)), what="Locust's web UI")

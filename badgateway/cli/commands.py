"""The commands and their options; the work is in the rooms below."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from badgateway.cli import exit_codes
from badgateway.cli.browse import browse_locust, browse_site
from badgateway.cli.display import minutes
from badgateway.cli.exit_codes import ExitCode
from badgateway.cli.run_experiment import Finished, run_experiment
from badgateway.cli.wording import decision_lines
from badgateway.errors import BadgatewayError
from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import load_experiment, project_root
from badgateway.plan.narrow import narrow
from badgateway.plan.schedule import expected_s, schedule
from badgateway.store.run_folder import RunFolder
from badgateway.study.analysis import analyse, publish

_EXPERIMENT = click.argument("experiment", type=click.Path(path_type=Path))
_RESULTS = click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="Where runs are kept.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="badgateway")
def cli() -> None:
    """Find out why a site answers 502 and 504 under load, and which server configuration stops it.

    \b
    Start with:
      badgateway run experiments/concurrency.toml               compare; get a pick and a report
      badgateway serve experiments/concurrency.toml uwsgi-2     one configuration, to open in a browser

    Exit status of run and report: 0 a configuration is picked, 1 none qualifies, 2 wrong usage,
    3 inconclusive, 4 something could not be started, 130 interrupted.
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines


@cli.command()
@click.argument("experiments", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--only", multiple=True, metavar="NAME", help="Only this configuration; may be given several times.")
@click.option("--users", multiple=True, type=int, metavar="N", help="Load level instead of the file's; repeatable.")
@click.option("--window", "window_s", type=float, metavar="SECONDS", help="Counted time of each trial.")
@click.option("--blocks", type=int, metavar="N", help="How often each configuration is tried at each level.")
@click.option("--seed", type=int, metavar="N", help="Seed of the order of trials and of the users' choices.")
@_RESULTS
def run(  # noqa: PLR0917 # one parameter per option
    experiments: tuple[Path, ...],
    only: tuple[str, ...],
    users: tuple[int, ...],
    window_s: float | None,
    blocks: int | None,
    seed: int | None,
    results: Path,
) -> None:
    """Run experiments: deploy every configuration, load it, and report which one qualifies.

    Ctrl-C stops the servers, keeps every trial that had ended and reports on those.
    """
    narrowed = [
        (path, narrow(load_experiment(path), only=only, users=users, window_s=window_s, blocks=blocks, seed=seed))
        for path in experiments
    ]
    finished = [_run_one(path, experiment, results) for path, experiment in narrowed]
    sys.exit(max(exit_codes.of_decision(one.study.recommendation.decision) for one in finished))


def _run_one(path: Path, experiment: Experiment, results: Path) -> Finished:
    console = Console(stderr=True)
    console.print(f"[bold]{experiment.name}[/bold]: {experiment.question}", highlight=False)
    # A nox session says what its user typed; the environment it runs us from is nobody's to type.
    command = os.environ.get("BADGATEWAY_STARTED_AS") or shlex.join(["badgateway", *sys.argv[1:]])
    finished = run_experiment(experiment, root=project_root(path), results=results, command=command, console=console)
    if finished is None:
        click.echo("interrupted before the first trial had ended; nothing to report", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    click.echo("\n" + "\n".join(decision_lines(finished.study)) + f"\nReport: {finished.report}\n")
    if finished.interrupted:
        sys.exit(ExitCode.INTERRUPTED)
    return finished


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path))
def report(directory: Path) -> None:
    """Rebuild the reports of a run from its raw files alone, for example results/concurrency/latest."""
    folder = RunFolder.open(directory)
    study = analyse(folder)
    path = publish(folder, study)
    click.echo("\n".join(decision_lines(study)) + f"\nReport: {path}")
    sys.exit(exit_codes.of_decision(study.recommendation.decision))


@cli.command()
@_EXPERIMENT
def plan(experiment: Path) -> None:
    """Check an experiment file and print the trials it would run, in their order; start nothing."""
    checked = load_experiment(experiment)
    for trial in schedule(checked):
        click.echo(f"block {trial.block}  {trial.position:>3}  {trial.configuration}, {trial.users} users")
    click.echo(f"about {minutes(expected_s(checked))}")


@cli.command()
@_EXPERIMENT
@click.argument("configuration")
def serve(experiment: Path, configuration: str) -> None:
    """Put one configuration behind nginx and keep it up until Ctrl-C."""
    browse_site(_one(experiment, configuration), configuration, project_root(experiment))


@cli.command()
@_EXPERIMENT
@click.argument("configuration")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=None, help="Port of the web UI.  [default: 8089 if free]"
)
def ui(experiment: Path, configuration: str, port: int | None) -> None:
    """Open Locust's own web UI, on 127.0.0.1, against one configuration behind nginx, until Ctrl-C."""
    browse_locust(_one(experiment, configuration), configuration, project_root(experiment), port)


def _one(path: Path, configuration: str) -> Experiment:
    return narrow(load_experiment(path), only=[configuration])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a failure the kit knows becomes one line and an exit status."""
    try:
        cli.main(args=arguments, prog_name="badgateway")
    except BadgatewayError as error:
        for line in str(error).splitlines():
            click.echo(f"badgateway: {line}", err=True)
        sys.exit(exit_codes.of_error(error))

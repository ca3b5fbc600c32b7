"""The command that brings the logs of a site that already runs once more."""

import sys
from pathlib import Path

import click

from badgateway.analysis.run import analyse, publish
from badgateway.cli.entry import cli
from badgateway.cli.outcome import print_outcome
from badgateway.cli.terminal import echo
from badgateway.model.exit_code import of_run
from badgateway.model.printable import printable
from badgateway.store.run_folder import RunFolder
from badgateway.store.run_lock import locked
from badgateway.study.collect import Collected
from badgateway.study.collect import collect as bring_again


@cli.command()
@click.argument("run", type=click.Path(path_type=Path))
def collect(run: Path) -> None:
    """Bring the logs of a site that already runs once more, and report on the run again.

    For logs that come late, such as a load balancer's, or that could not be had when the trial ended. Files and
    commands are those of [target] logs as the run's manifest has them; paths start in this folder, where you ran it.
    What tells of more of a trial's requests than what is there takes its place; nothing is loaded.

    \b
    Example:
      badgateway collect results/staging/latest
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    folder = RunFolder.open(run)
    with locked(folder.path):
        for found in bring_again(folder, Path.cwd()):
            echo(_line(found))
        summary = analyse(folder)
        print_outcome(summary, publish(folder, summary))
    sys.exit(of_run(summary))


def _line(found: Collected) -> str:
    more = f" (before: {found.before:,})" if found.requests != found.before else ""
    problem = f"; {found.problem}" if found.problem else ""
    return printable(f"{found.trial}: {found.log}: tells of {found.requests:,} requests{more}{problem}")

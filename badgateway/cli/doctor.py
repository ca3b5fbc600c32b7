"""The command that says whether experiments can be run here, and what is missing for it."""

import sys
from dataclasses import asdict
from json import dumps
from pathlib import Path

import click

from badgateway.cli.entry import FOLDER, cli
from badgateway.cli.terminal import echo
from badgateway.model.exit_code import ExitCode
from badgateway.model.printable import printable
from badgateway.probe.readiness import Finding, State, findings


@cli.command(short_help="Say whether experiments can be run on this machine.")
@click.option("--results", type=FOLDER, default=Path("results"), show_default=True, help="Where runs are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of findings.")
def doctor(results: Path, *, as_json: bool) -> None:
    """Look at what experiments need: programs, limits of the system, and whether the machine is quiet.

    Nothing is started or changed; it takes about three seconds. Exit status: 0 when experiments can be run, 4 when
    something is missing. What is a note spoils figures, and keeps nobody from running.
    """
    every = tuple(findings(results))
    lacks = [one for one in every if one.state is State.MISSING]
    if as_json:
        echo(dumps([asdict(one) for one in every], indent=2))
    else:
        for line in _lines(every):
            echo(line)
        echo(f"missing: {', '.join(one.subject for one in lacks)}" if lacks else "experiments can be run here")
    sys.exit(ExitCode.FAILED if lacks else 0)


def _lines(every: tuple[Finding, ...]) -> list[str]:
    width = max(len(one.subject) for one in every)
    return [f"{one.state:<8} {one.subject:<{width}}  {printable(_told(one))}" for one in every]


def _told(finding: Finding) -> str:
    return f"{finding.found}: {finding.remedy}" if finding.remedy else finding.found

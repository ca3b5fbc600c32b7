"""The command that proves which servers and drivers let requests wait side by side."""

from dataclasses import asdict
from json import dumps
from pathlib import Path

import click
from rich.console import Console

from badgateway.cli.alone import BESIDE, undisturbing
from badgateway.cli.display import PlainLines
from badgateway.cli.entry import cli
from badgateway.cli.terminal import echo
from badgateway.plan.experiment_file import load_experiment, project_root
from badgateway.study.cooperation import prove
from badgateway.study.cooperation_table import render_table


@cli.command()
@click.argument("experiment", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the proofs as JSON instead of a table.")
@BESIDE
def probe(experiment: Path, *, as_json: bool, beside: bool) -> None:
    """Prove, for each server file and driver of an experiment, whether one worker's requests wait side by side.

    Each pair is deployed with one worker and gets 8 requests at once that take the database 200 ms each: about 200 ms
    in all is cooperative, about 1,600 ms is one by one. The cost of one database connect is measured too. It takes
    about four seconds a pair and sends a handful of requests; docs/cooperation.md tells how to read it.

    \b
    Example:
      badgateway probe experiments/concurrency.toml
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    checked = load_experiment(experiment)
    with undisturbing(beside=beside):
        report = prove(checked, project_root(experiment), PlainLines(Console(stderr=True)))
    echo(dumps(asdict(report), indent=2) if as_json else render_table(report), newline=as_json)

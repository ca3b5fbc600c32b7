"""The command line: what it holds, and where each command is."""

import sys
from pathlib import Path

import click

from badgateway.cli.group import KitGroup, Listed
from badgateway.cli.streams import keep_going_unread

PATH = click.Path(path_type=Path)
"""The type of an argument that names a file or folder."""
FOLDER = click.Path(path_type=Path, file_okay=False)
"""The type of one that names a folder, which need not be there."""
_COMMANDS = {
    "init": Listed(
        module="badgateway.cli.init",
        short_help="Look at your site's repository; write an experiment for it.",
    ),
    "check": Listed(
        module="badgateway.cli.check",
        short_help="Prove an experiment in seconds: one trial, one user.",
    ),
    "run": Listed(
        module="badgateway.cli.commands",
        short_help="Compare configurations under load; get a pick and a report.",
    ),
    "worker": Listed(
        module="badgateway.cli.joining",
        short_help="Send a part of the load of a run on another machine.",
    ),
    "report": Listed(
        module="badgateway.cli.commands",
        short_help="Rebuild the reports of a run from its raw files.",
    ),
    "collect": Listed(
        module="badgateway.cli.collect",
        short_help="Bring the logs of a site that already runs once more.",
    ),
    "emit": Listed(
        module="badgateway.cli.emit",
        short_help="Write the files that deploy a run's pick, and why.",
    ),
    "emit-load": Listed(
        module="badgateway.cli.afield",
        short_help="Write what sends a load from a cluster, or a hosted Locust.",
    ),
    "rows": Listed(
        module="badgateway.cli.afield",
        short_help="Put the rows together that came back from there.",
    ),
    "gate": Listed(
        module="badgateway.cli.gate",
        short_help="Stand in CI: fail when failures or slowness come back.",
    ),
    "diff": Listed(
        module="badgateway.cli.diff",
        short_help="Put two runs of one experiment side by side.",
    ),
    "plan": Listed(
        module="badgateway.cli.commands",
        short_help="Check an experiment file; say what it would run and how long.",
    ),
    "serve": Listed(
        module="badgateway.cli.serve",
        short_help="Put one configuration behind nginx, to open in a browser.",
    ),
    "ui": Listed(
        module="badgateway.cli.serve",
        short_help="Open Locust's web UI against one configuration.",
    ),
    "explain": Listed(
        module="badgateway.cli.explain",
        short_help="Tell from log files why requests failed, and what to change.",
    ),
    "watch": Listed(
        module="badgateway.cli.watch",
        short_help="Look at a server that runs: queue, workers, requests in flight.",
    ),
    "advise": Listed(
        module="badgateway.cli.advise",
        short_help="Say which causes of failures a site's files invite.",
    ),
    "cause": Listed(
        module="badgateway.cli.explain",
        short_help="Print what is known of a cause of failures.",
    ),
    "worker-check": Listed(
        module="badgateway.cli.worker_check",
        short_help="Prove which servers and drivers let requests wait side by side.",
    ),
    "doctor": Listed(
        module="badgateway.cli.doctor",
        short_help="Say whether experiments can be run on this machine.",
    ),
    "clean": Listed(
        module="badgateway.cli.clean",
        short_help="List what old runs take on disk, and remove them.",
    ),
    "completion": Listed(
        module="badgateway.cli.completion",
        short_help="Print what lets your shell complete commands and options.",
    ),
}


@click.group(
    cls=KitGroup,
    listed=_COMMANDS,
    names_before={"probe": "worker-check"},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="badgateway")
def cli() -> None:
    """Find out why a site answers 502 and 504 under load, and which server configuration stops it.

    \b
    Start with, in the folder of your site's repository:
      badgateway init                look at it; write an experiment with what you deploy as its baseline
      badgateway check --drop        prove it in seconds; take the requests out that fail
      badgateway run --budget 10m    compare; get a pick and a report

    \b
    Or with logs of failures that are there already:
      badgateway explain /var/log/nginx/access.log /var/log/nginx/error.log

    \b
    Or with the kit's own experiments, in a copy of the kit:
      badgateway run experiments/concurrency.toml

    Every command explains itself: badgateway run --help.

    Exit status of run and report: 0 a configuration is picked, 1 none qualifies, 2 wrong usage,
    3 inconclusive, 4 something could not be started, read or written, or no trial could be trusted,
    70 a fault of badgateway itself, 130 interrupted.
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines


def main() -> None:
    """Run the command line."""
    keep_going_unread()
    cli.program = tuple(sys.orig_argv)
    cli(prog_name="badgateway")

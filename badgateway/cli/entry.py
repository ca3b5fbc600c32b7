"""The command line: what it holds, and where each command is."""

import click

from badgateway.cli.group import KitGroup
from badgateway.cli.streams import keep_going_unread

_MODULES = {
    **dict.fromkeys(("run", "report", "plan", "serve", "ui"), "badgateway.cli.commands"),
    **dict.fromkeys(("explain", "cause"), "badgateway.cli.explain"),
    "probe": "badgateway.cli.probe",
    "doctor": "badgateway.cli.doctor",
    "clean": "badgateway.cli.clean",
    "completion": "badgateway.cli.completion",
}


@click.group(
    cls=KitGroup,
    modules=_MODULES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="badgateway")
def cli() -> None:
    """Find out why a site answers 502 and 504 under load, and which server configuration stops it.

    \b
    Start with:
      badgateway run experiments/concurrency.toml               compare; get a pick and a report
      badgateway serve experiments/concurrency.toml uwsgi-2     one configuration, to open in a browser

    Every command explains itself: badgateway run --help.

    Exit status of run and report: 0 a configuration is picked, 1 none qualifies, 2 wrong usage,
    3 inconclusive, 4 something could not be started, read or written, or no trial could be trusted,
    70 a fault of badgateway itself, 130 interrupted.
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines


def main() -> None:
    """Run the command line."""
    keep_going_unread()
    cli(prog_name="badgateway")

"""The commands that keep one configuration up for a person: the site, or Locust's web UI in front of it."""

from pathlib import Path

import click

from badgateway.cli.alone import BESIDE, undisturbing
from badgateway.cli.browse import browse, locust_port
from badgateway.cli.entry import cli
from badgateway.cli.planned import loaded_own, require_installed, require_users
from badgateway.cli.site_file import EXPERIMENT_AND_CONFIGURATION
from badgateway.cli.terminal import echo
from badgateway.plan.experiment_file import project_root
from badgateway.plan.overrides import with_options
from badgateway.report.explanation.live_tables import by_hand_summary
from badgateway.study.by_hand import ByHand
from badgateway.study.local import LOCAL
from badgateway.study.serving import served, served_behind_locust


@cli.command()
@EXPERIMENT_AND_CONFIGURATION
@BESIDE
def serve(named: tuple[Path, str], *, beside: bool) -> None:
    """Put one configuration behind nginx, to open in a browser, and keep it up until Ctrl-C.

    CONFIGURATION is one of the names in the experiment's file, which is the badgateway.toml of this folder where none
    is given; the address is printed once it answers.

    \b
    Example:
      badgateway serve experiments/concurrency.toml uwsgi-2
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    experiment, configuration = named
    only = with_options(loaded_own(experiment), only=[configuration])
    require_installed(experiment, only)
    with undisturbing(beside=beside):
        browse(configuration, served(only, configuration, project_root(experiment), LOCAL), what="the site")


@cli.command()
@EXPERIMENT_AND_CONFIGURATION
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web UI.  [default: 8089 if free]")
@BESIDE
def ui(named: tuple[Path, str], port: int | None, *, beside: bool) -> None:
    """Open Locust's own web UI, on 127.0.0.1, against one configuration behind nginx, until Ctrl-C.

    CONFIGURATION is one of the names in the experiment's file, or in the badgateway.toml of this folder. Beside
    Locust's own tabs there are Causes, Server now and Outcomes. At the end what you did is counted and kept in
    results/by-hand, with a page; it is no measurement.

    \b
    Example:
      badgateway ui experiments/concurrency.toml gunicorn-gevent --port 8090
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    experiment, configuration = named
    only = with_options(loaded_own(experiment), only=[configuration])
    root = project_root(experiment)
    require_installed(experiment, only)
    require_users(experiment, only)
    with undisturbing(beside=beside):
        starting = served_behind_locust(
            only, configuration, root, locust_port(port), LOCAL, results=Path("results"), on_kept=_tell_kept
        )
        browse(configuration, starting, what="Locust's web UI")


def _tell_kept(kept: ByHand) -> None:
    echo(by_hand_summary(kept.outcomes, kept.diagnosis))
    echo(f"Report: {kept.report.absolute().as_uri()}")

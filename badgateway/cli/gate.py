"""The command that stands in CI, and fails when failures come back or the site has become slower."""

import sys
from pathlib import Path

import click
from rich.console import Console

from badgateway.cli.alone import RUN_BESIDE, alone_on_the_machine, as_patience_s, patience_s
from badgateway.cli.entry import FOLDER, PATH, cli
from badgateway.cli.gating import Asked, Held, held_to, keep_gate_apart, run_gate
from badgateway.cli.site_file import EXPERIMENT
from badgateway.errors import ConfigurationError
from badgateway.plan.gating import GateOptions
from badgateway.plan.overrides import seconds
from badgateway.process.interruption import Interruption

BUDGET = "3m"


def _seconds(_context: click.Context, option: click.Parameter, text: str) -> float:
    return seconds(text, option.opts[0])


@cli.command()
@EXPERIMENT
@click.option(
    "--against",
    type=PATH,
    metavar="CHECKOUT|NAME",
    help="Another checkout of the repository, or another configuration, to be measured turn by turn with this one.",
)
@click.option(
    "--baseline",
    type=PATH,
    metavar="FILE|RUN",
    help="A baseline file, or a run's folder, to be held to.  [default: EXPERIMENT.gate.json, if it is there]",
)
@click.option("--baseline-update", is_flag=True, help="Write the baseline file; only the objective is asked then.")
@click.option("--only", multiple=True, metavar="NAME", help="This configuration; repeatable.  [default: the baseline]")
@click.option(
    "--users", type=click.IntRange(1, 5000), metavar="N", help="The load.  [default: the highest of the file]"
)
@click.option(
    "--rate", type=click.FloatRange(0, 10_000, min_open=True), metavar="R", help="The same, in tasks a second."
)
@click.option(
    "--budget",
    "budget_s",
    metavar="TIME",
    default=BUDGET,
    show_default=True,
    callback=_seconds,
    help="Time for trials.",
)
@click.option("--strict", is_flag=True, help="Exit with 3 where something could not be told.")
@click.option("--out", type=FOLDER, metavar="DIR", help="Write gate.md, gate.junit.xml and the others there, too.")
@click.option("--results", type=FOLDER, default=Path("results"), show_default=True, help="Where runs are kept.")
@click.option(
    "--wait", "wait_s", metavar="TIME", callback=as_patience_s, help="How long to wait for another experiment here."
)
@RUN_BESIDE
@click.option("-q", "--quiet", is_flag=True, help="Say nothing on the way, only the answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON instead: all of gate.json.")
@click.pass_obj
def gate(  # noqa: PLR0913 # one parameter per option
    interruption: Interruption,
    *,
    experiment: Path,
    against: Path | None,
    baseline: Path | None,
    baseline_update: bool,
    only: tuple[str, ...],
    users: int | None,
    rate: float | None,
    budget_s: float,
    strict: bool,
    out: Path | None,
    results: Path,
    wait_s: float | None,
    beside: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run what is deployed today for minutes, and fail where it is worse than it was, beyond doubt.

    Worse is: the objective is missed; more requests fail, or by a cause that the baseline did not have; p95 is higher,
    or less is served, by more than the margin of the experiment. The load is the experiment's highest.

    The baseline is another checkout (--against), or another configuration of the file, measured turn by turn with this
    one: the only way on a machine that is shared or is not always the same. Or it is a file that is kept beside the
    experiment: from another machine nothing is held to it, and from another hour only what is far apart.

    What is not told is no failure, and is said; --strict makes it one. Where GitHub's variables are set, annotations
    and the step's summary are written too.

    \b
    Examples:
      badgateway gate --against ../main                      in the folder of a site's badgateway.toml
      badgateway gate experiments/shop.toml --baseline-update
      badgateway gate experiments/shop.toml --budget 5m --strict --out reports

    Exit status: 0 kept, or not told; 1 broken; 2 wrong usage; 3 not told, with --strict; 4 something could not be
    started, or no trial could be trusted; 130 interrupted.
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    asked = Asked(
        path=experiment,
        options=GateOptions(budget_s=budget_s, only=tuple(dict.fromkeys(only)), users=users, rate_per_s=rate),
        results=results,
        out=out,
        is_strict=strict,
        is_quiet=quiet,
        as_json=as_json,
        writes_baseline=baseline_update,
    )
    _refuse_both(against, baseline, users, rate, is_update=baseline_update)
    held: Held = held_to(asked, against, baseline)
    keep_gate_apart(asked, held)
    console = Console(stderr=True)
    with alone_on_the_machine(console, wait_s=patience_s(wait_s, console), beside=beside):
        sys.exit(run_gate(asked, held, interruption))


def _refuse_both(
    against: Path | None, baseline: Path | None, users: int | None, rate: float | None, *, is_update: bool
) -> None:
    if against and (baseline or is_update):
        raise click.UsageError("--against measures the baseline itself: leave out --baseline and --baseline-update.")
    if users and rate:
        raise click.UsageError("--users and --rate are two loads: give one.")
    if is_update and baseline and baseline.is_dir():
        raise ConfigurationError(f"{baseline}: --baseline-update writes a file, and this is a folder; name a file")

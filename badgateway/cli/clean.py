"""The command that lists what runs and environments take on disk, and removes what is agreed to."""

import sys
from pathlib import Path

import click

from badgateway.cli.entry import cli
from badgateway.cli.terminal import echo
from badgateway.numbers import memory
from badgateway.plan.overrides import seconds
from badgateway.store.leftovers import Leftover, environments, old_runs, remove

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


def _age(_context: click.Context, option: click.Parameter, text: str) -> float:
    return seconds(text, option.opts[0], may_be_none=True)


@cli.command(short_help="List what old runs take on disk, and remove them.")
@click.option("--results", type=_FOLDER, default=None, help="Where runs are kept.  [default: results]")
@click.option("--keep", type=click.IntRange(0), default=1, show_default=True, help="Newest runs of each experiment.")
@click.option(
    "--older", "older_s", default="0", metavar="TIME", callback=_age, help="Only runs at least this old, such as 48h."
)
@click.option("--environments", "also_environments", is_flag=True, help="Also .venv, .nox and caches of the project.")
@click.option("--yes", is_flag=True, help="Remove without asking.")
def clean(results: Path | None, *, keep: int, older_s: float, also_environments: bool, yes: bool) -> None:
    """List old runs with what they take on disk, and remove them when that is agreed to.

    The newest run of each experiment stays, and so does one that is going on. Environments and caches are made again by
    ./lab, which takes minutes.

    \b
    Examples:
      badgateway clean                    list, and ask
      badgateway clean --keep 3 --yes     for a job in the night
      badgateway clean --environments
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    # The folder of a project that has no run yet is not there; one that is named has to be.
    every = [*old_runs(results or Path("results"), kept=keep, least_age_s=older_s)]
    if also_environments:
        every += environments(Path.cwd())
    if not every:
        echo("nothing to remove")
        return
    for one in every:
        echo(f"{memory(one.size_bytes):>9}  {_old(one.age_s):>12}  {one.what:<11}  {one.path}")
    total = f"{len(every)} {'folder' if len(every) == 1 else 'folders'}, {memory(sum(one.size_bytes for one in every))}"
    if not yes and not _is_agreed(total):
        return
    _remove_all(every)
    echo(f"removed {total}")


def _old(age_s: float) -> str:
    days = age_s / 86400
    return f"{days:.0f} days old" if days >= 2 else f"{age_s / 3600:.0f} h old"


def _is_agreed(total: str) -> bool:
    if not sys.stdin.isatty():
        echo(f"{total} could be removed: give --yes", err=True)
        return False
    return click.confirm(f"Remove {total}?")


def _remove_all(every: list[Leftover]) -> None:
    for one in every:
        remove(one)

"""The command that puts two runs of one experiment side by side."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from badgateway import numbers
from badgateway.analysis.difference import Difference, Pair, demand_one_experiment, difference
from badgateway.analysis.run import analyse
from badgateway.cli.entry import PATH, cli
from badgateway.cli.outcome import columns, fit, fitted, no_room, print_uncounted, whole_width
from badgateway.cli.terminal import print_table, say, shown
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import LevelSummary
from badgateway.store.run_folder import RunFolder
from badgateway.words.phrases import load


@cli.command()
@click.argument("before", type=PATH, metavar="RUN")
@click.argument("after", type=PATH, metavar="RUN")
def diff(before: Path, after: Path) -> None:
    """Put two runs of one experiment side by side: what each configuration did, and what else was not the same.

    Each RUN is a folder such as results/servers/2026-11-21T20-00-00Z; the earlier one comes first. Both are judged anew
    from their raw files, and nothing is written. Two runs differ by chance too: what is proven is in each run's report.
    A run keeps no copy of the site, so what changed in its code is not seen.

    \b
    Example:
      badgateway diff results/servers/2026-11-21T20-00-00Z results/servers/latest
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    runs = RunFolder.open(before), RunFolder.open(after)
    # Asked before they are judged, which may take minutes.
    demand_one_experiment(*(run.manifest().experiment for run in runs))
    print_difference(fitted(Console()), difference(*map(_judged, runs)))


def _judged(run: RunFolder) -> RunSummary:
    with run.aside() as folder:
        summary = analyse(folder)
        print_uncounted(folder)
        return summary


def print_difference(console: Console, found: Difference) -> None:
    """Print a table for each load, both answers, and what was not the same."""
    for level in dict.fromkeys(pair.load for pair in found.pairs):
        pairs = [pair for pair in found.pairs if pair.load == level]
        table = _table(pairs, " ")
        if whole_width(console, table) > console.width:
            table = _table(pairs, "\n")
        left_out = fit(console, table, names=0, kept=4)
        say(console, Text(f"At {load(level)}:"))
        print_table(console, table)
        if left_out:
            say(console, Text(no_room(left_out), style="dim"))
        console.print()
    for what, run in (("before", found.before), ("after", found.after)):
        say(console, Text(f"{run.started}, {what}: {run.recommendation.sentence}"))
    say(console, Text("Not the same:" if found.changes else "Nothing else was different."))
    for change in found.changes:
        say(console, Text(f"- {change}"))


def _table(pairs: Iterable[Pair], between: str) -> Table:
    """Return the table of one load; `between` before and after is a space, or the end of a line."""
    table = columns("configuration", "verdict")
    for name in ("failed", "p95", "served"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in pairs:
        table.add_row(*(Text(between).join(shown(Text(part)) for part in parts) for parts in _row(pair)))
    return table


def _row(pair: Pair) -> Iterator[tuple[str, ...]]:
    yield (pair.configuration,)
    for of in (_verdict, _failed, _p95, _served):
        before, after = of(pair.before), of(pair.after)
        yield (before,) if before == after else (before, f"\N{RIGHTWARDS ARROW} {after}")


def _verdict(level: LevelSummary | None) -> str:
    return level.verdict.value if level else "not run"


def _failed(level: LevelSummary | None) -> str:
    found = level.measurement if level else None
    return numbers.percent(found.failures.share) if found else numbers.NO_DATA


def _p95(level: LevelSummary | None) -> str:
    latency = level.measurement.latency if level and level.measurement else None
    return numbers.milliseconds(latency.p95_ms) if latency else numbers.NO_DATA


def _served(level: LevelSummary | None) -> str:
    found = level.measurement if level else None
    return f"{numbers.rate(found.throughput_rps)}\N{NO-BREAK SPACE}/s" if found else numbers.NO_DATA

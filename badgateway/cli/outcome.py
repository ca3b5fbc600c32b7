"""Prints what a run came to: the report's table, the answer, what to do next, and where the report is."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from badgateway.analysis.records import uncounted
from badgateway.cli.terminal import echo, print_table, say, shown
from badgateway.cli.wording import decision_lines
from badgateway.model.exit_code import of_run
from badgateway.model.printable import printable
from badgateway.model.run_summary import Decision, RunSummary
from badgateway.report.formats import render_json
from badgateway.report.sections.answer.standings import Row, Standings
from badgateway.report.sections.answer.standings import build as build_standings
from badgateway.store.run_folder import RunFolder
from badgateway.words.choice import larger_run

_MOST_ROWS = 40
_UNBOUNDED = 1000
"""Columns of what is no terminal: there a row stays one line."""
_LEAST_NAME = 14
"""Columns for a name that goes on in the next line."""
_ROOMY = 40
"""Columns for what each changes: with fewer beside the figures, it has a table of its own below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What can be typed after a run, when it is known how it was started."""

    resume: str = ""
    """Goes on with it."""
    watch: str = ""
    """Puts a configuration up behind Locust's web UI; its name follows."""


def print_outcome(run: RunSummary, report: Path | None, commands: Commands | None = None) -> None:
    """Print table, answer, next command and the report's address; without a report that could be kept, no address."""
    console = fitted(Console())
    if run.has_trusted_trial:
        _print_table(console, build_standings(run, most_rows=_MOST_ROWS))
        console.print()
    headline, *rest = decision_lines(run)
    say(console, Text(headline, style="bold"))
    following = next_command(run, commands or Commands())
    lines = (
        # A reason that ends in the command would say it twice.
        *(line for line in rest if not (following and line.endswith(following))),
        *([f"Next: {following}"] if following else ()),
        *([f"Report: {address(report)}"] if report else ()),
    )
    for line in lines:
        say(console, Text(line))


def print_uncounted(folder: RunFolder) -> None:
    """Name on stderr what lies among a run's trials and was not read as one."""
    for one in uncounted(folder, folder.manifest()):
        echo(
            f"badgateway: {printable(str(one))}: has the name of no trial of this run, so it was not counted; give it "
            "its own name or remove it",
            err=True,
        )


def fitted(console: Console) -> Console:
    """Let a console that is no terminal keep a row of a table in one line."""
    if not console.is_terminal:
        console.width = _UNBOUNDED
    return console


def print_document(run: RunSummary, report: Path | None) -> None:
    """Print one line of JSON: exit status, the report's file, and all that report.json has."""
    whole = {
        "exit_status": int(of_run(run)),
        "report": str(report.absolute()) if report else None,
        "result": json.loads(render_json(run)),
    }
    echo(json.dumps(whole, ensure_ascii=True))


def address(report: Path) -> str:
    """Return what a terminal makes a link of; by the way that stays the same from run to run."""
    return report.absolute().as_uri()


def next_command(run: RunSummary, commands: Commands) -> str:
    """Return the one command that follows from the answer; empty when none does."""
    if not run.complete:
        return commands.resume
    larger = larger_run(run.choice, run.command) if run.choice else ""
    picked = run.recommendation.configuration
    if run.recommendation.decision is Decision.PICKED and picked and commands.watch:
        return f"{commands.watch} {picked}"
    if larger:
        return larger
    cause = _commonest_cause(run)
    return f"badgateway cause {cause}" if cause and run.recommendation.decision is Decision.NONE_QUALIFIES else ""


def _commonest_cause(run: RunSummary) -> str:
    counts: dict[str, int] = {}
    for summary in run.configurations:
        for level in summary.levels:
            for one in level.diagnosis.causes if level.diagnosis else ():
                counts[one.cause.id] = counts.get(one.cause.id, 0) + one.count
    return max(counts, key=lambda name: counts[name], default="")


def _print_table(console: Console, found: Standings) -> None:
    say(console, Text(f"At {found.load}, limit of p95 {found.limit}:"))
    table = _table(found, with_changes=False)
    is_roomy = console.width - whole_width(console, table) >= _ROOMY
    if is_roomy:
        table = _table(found, with_changes=True)
    left_out = () if is_roomy else fit(console, table, names=1, kept=5)
    print_table(console, table)
    if not is_roomy:
        _print_changes(console, found)
    for note in _notes(found, left_out):
        say(console, Text(note, style="dim"))


def fit(console: Console, table: Table, *, names: int, kept: int) -> tuple[str, ...]:
    """Cut nothing of a table: let names go on in the next line, and leave columns out at its end; return those.

    Args:
        console: Where it is printed.
        table: Of texts.
        names: The column that may be broken.
        kept: How many columns stay whatever the room.
    """
    column, left_out = table.columns[names], []
    longest = max((len(str(cell)) for cell in column.cells), default=0)
    spare = max(0, longest - _LEAST_NAME)
    while len(table.columns) > kept and whole_width(console, table) - spare > console.width:
        left_out.append(str(table.columns.pop().header))
    if whole_width(console, table) > console.width:
        column.no_wrap, column.overflow = False, "fold"
    return tuple(reversed(left_out))


def no_room(left_out: tuple[str, ...]) -> str:
    """Return what is said of columns that were left out."""
    return f"There is no room here for: {', '.join(left_out)}."


def whole_width(console: Console, table: Table) -> int:
    """Return how wide a table would be with all the room that it wants."""
    return console.measure(table, options=console.options.update(max_width=_UNBOUNDED)).maximum


def _table(found: Standings, *, with_changes: bool) -> Table:
    table = columns("", "configuration", "verdict")
    for name in ("failed", "p95", "served", *([found.carries] if found.carries else [])):
        table.add_column(name, justify="right", no_wrap=True)
    if with_changes:
        table.add_column("changes")
    for row in found.rows:
        table.add_row(*_cells(row, found), *([shown(Text(row.changes))] if with_changes else []))
    return table


def _print_changes(console: Console, found: Standings) -> None:
    table = columns("", "configuration")
    table.add_column("changes")
    for row in found.rows:
        table.add_row("", shown(Text(row.name)), shown(Text(row.changes)))
    console.print()
    print_table(console, table)


def columns(*names: str) -> Table:
    """Return a table without rules, with columns of these names that are never broken."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, no_wrap=True)
    return table


def _cells(row: Row, found: Standings) -> Iterator[Text]:
    grey = "dim" if row.is_grey else ""
    yield Text(">" if row.is_picked else "=" if row.is_tied else "")
    yield shown(Text(row.name, style="bold" if row.is_picked else ""))
    yield Text(row.verdict, style={"PASS": "green", "FAIL": "red"}.get(row.verdict, "yellow"))
    yield Text(row.failed.text, style="" if row.failed.quiet else "red")
    yield Text(row.p95.text, style=grey)
    yield Text(row.served.text)
    if found.carries:
        yield Text(row.carries.text)


def _notes(found: Standings, left_out: tuple[str, ...]) -> Iterator[str]:
    if found.has_ties:
        yield "= and >: as good, or not told apart; > is the one to run."
    if left_out:
        yield no_room(left_out)
    if found.left_out:
        yield f"{found.left_out} more are in the report."

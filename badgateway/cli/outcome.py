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
from badgateway.model.exit_code import of_study
from badgateway.model.printable import printable
from badgateway.model.study_summary import Decision, StudySummary
from badgateway.report.formats import render_json
from badgateway.report.sections.answer.standings import Row, Standings
from badgateway.report.sections.answer.standings import build as build_standings
from badgateway.store.run_folder import RunFolder
from badgateway.words.choice import larger_run

_MOST_ROWS = 40
_UNBOUNDED = 1000
"""Columns of what is no terminal: there a row stays one line."""
_FIRST = 2
"""Of the figures, that are never left out."""
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


def print_outcome(study: StudySummary, report: Path | None, commands: Commands | None = None) -> None:
    """Print table, answer, next command and the report's address; without a report that could be kept, no address."""
    console = fitted(Console())
    if study.has_trusted_trial:
        _print_table(console, build_standings(study, most_rows=_MOST_ROWS))
        console.print()
    headline, *rest = decision_lines(study)
    say(console, Text(headline, style="bold"))
    following = next_command(study, commands or Commands())
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


def print_document(study: StudySummary, report: Path | None) -> None:
    """Print one line of JSON: exit status, the report's file, and all that report.json has."""
    whole = {
        "exit_status": int(of_study(study)),
        "report": str(report.absolute()) if report else None,
        "result": json.loads(render_json(study)),
    }
    echo(json.dumps(whole, ensure_ascii=True))


def address(report: Path) -> str:
    """Return what a terminal makes a link of; by the way that stays the same from run to run."""
    return report.absolute().as_uri()


def next_command(study: StudySummary, commands: Commands) -> str:
    """Return the one command that follows from the answer; empty when none does."""
    if not study.complete:
        return commands.resume
    larger = larger_run(study.choice, study.command) if study.choice else ""
    picked = study.recommendation.configuration
    if study.recommendation.decision is Decision.PICKED and picked and commands.watch:
        return f"{commands.watch} {picked}"
    if larger:
        return larger
    cause = _commonest_cause(study)
    return f"badgateway cause {cause}" if cause and study.recommendation.decision is Decision.NONE_QUALIFIES else ""


def _commonest_cause(study: StudySummary) -> str:
    counts: dict[str, int] = {}
    for summary in study.configurations:
        for level in summary.levels:
            for one in level.diagnosis.causes if level.diagnosis else ():
                counts[one.cause.id] = counts.get(one.cause.id, 0) + one.count
    return max(counts, key=lambda name: counts[name], default="")


def _print_table(console: Console, found: Standings) -> None:
    say(console, Text(f"At {found.load}, limit of p95 {found.limit}:"))
    figures = _fitting(console, found)
    is_roomy = console.width - _whole_width(console, _table(found, figures)) >= _ROOMY
    table = _table(found, figures, with_changes=is_roomy)
    if _whole_width(console, table) > console.width:
        # Names go on in the next line before a figure is cut.
        name = table.columns[1]
        name.no_wrap, name.overflow = False, "fold"
    print_table(console, table)
    if not is_roomy:
        _print_changes(console, found)
    for note in _notes(found, _figures(found)[len(figures) :]):
        say(console, Text(note, style="dim"))


def _fitting(console: Console, found: Standings) -> tuple[str, ...]:
    """Return the figures that have room beside names that go on in the next line, the first ones at least."""
    figures = _figures(found)
    longest = max((len(row.name) for row in found.rows), default=0)
    for shown_ones in range(len(figures), _FIRST, -1):
        whole = _whole_width(console, _table(found, figures[:shown_ones]))
        if whole - max(0, longest - _LEAST_NAME) <= console.width:
            return figures[:shown_ones]
    return figures[:_FIRST]


def _whole_width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update(max_width=_UNBOUNDED)).maximum


def _table(found: Standings, figures: tuple[str, ...], *, with_changes: bool = False) -> Table:
    table = columns("", "configuration", "verdict")
    for name in figures:
        table.add_column(name, justify="right", no_wrap=True)
    if with_changes:
        table.add_column("changes")
    for row in found.rows:
        cells = (*_cells(row), *_cells_of_figures(row)[: len(figures)])
        table.add_row(*cells, *([shown(Text(row.changes))] if with_changes else []))
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


def _figures(found: Standings) -> tuple[str, ...]:
    return ("failed", "p95", "served", *([found.carries] if found.carries else []))


def _cells(row: Row) -> tuple[Text, ...]:
    return (
        Text(">" if row.is_picked else "=" if row.is_tied else ""),
        shown(Text(row.name, style="bold" if row.is_picked else "")),
        Text(row.verdict, style={"PASS": "green", "FAIL": "red"}.get(row.verdict, "yellow")),
    )


def _cells_of_figures(row: Row) -> tuple[Text, ...]:
    return (
        Text(row.failed.text, style="" if row.failed.quiet else "red"),
        Text(row.p95.text, style="dim" if row.is_grey else ""),
        Text(row.served.text),
        Text(row.carries.text),
    )


def _notes(found: Standings, without_room: tuple[str, ...]) -> Iterator[str]:
    if found.has_ties:
        yield "= and >: as good, or not told apart; > is the one to run."
    if without_room:
        yield f"There is no room here for: {', '.join(without_room)}."
    if found.left_out:
        yield f"{found.left_out} more are in the report."

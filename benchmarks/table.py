"""Measures each row of the table of docs/performance.md: ours and an anchor in turns, at least five pairs.

In the project's root: `python -m benchmarks.table` (`--only explain`, `--scale 0.1`). With `--against FILE` it fails
when a row has become slower than in an earlier table, beyond noise; `--write` also brings docs/performance.md up to
date, and `--page` does that alone.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from pydantic import TypeAdapter

from badgateway.numbers import plural
from badgateway.probe.environment import read_environment
from benchmarks import page
from benchmarks.duel import Row, fight, is_slower, require_all
from benchmarks.page import RESULTS, said
from benchmarks.rows import GROUPS, prepared

LEAST_PAIRS = 5


def measure(groups: list[str], pairs: int, scale: float) -> list[Row]:
    """Measure the groups, and print each row as soon as it is there."""
    rows = []
    for group in groups:
        with prepared(group, scale) as duels:
            for duel in duels:
                for row in fight(duel, pairs):
                    click.echo(f"{row.name}: ours {said(row.ours)}, anchor {said(row.anchor)}, ratio {said(row.ratio)}")
                    rows.append(row)
    return rows


@click.command()
@click.option("--pairs", default=LEAST_PAIRS, show_default=True, type=click.IntRange(min=1))
@click.option("--scale", default=1.0, show_default=True, help="Of the largest logs and trials.")
@click.option(
    "--only", multiple=True, type=click.Choice(list(GROUPS)), help="Groups of rows; the others stay as they were."
)
@click.option("--against", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="An earlier table.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, show_default=False)
@click.option("--write", is_flag=True, help="Bring docs/performance.md up to date.")
@click.option("--page", "page_alone", is_flag=True, help="Do that from the table that is there; measure nothing.")
def main(
    *,
    pairs: int,
    scale: float,
    only: tuple[str, ...],
    against: Path | None,
    output: Path,
    write: bool,
    page_alone: bool,
) -> None:
    """Measure, print, keep and compare."""
    if page_alone:
        page.update()
        return
    rows = measure(list(only) or list(GROUPS), pairs, scale)
    found: dict[str, Any] = {"machine": machine(), "rows": [asdict(row) for row in rows]}
    if only and output.exists():
        found["rows"] = among(rows, found["machine"], json.loads(output.read_text("utf-8")))
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if write:
        page.update()
    if against is not None:
        compare(rows, TypeAdapter(list[Row]).validate_python(json.loads(against.read_text("utf-8"))["rows"]), only)


def among(rows: list[Row], here: dict[str, Any], table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a table of this machine, with these in the places of those that they measure again."""
    if table["machine"] != here:
        raise click.ClickException(
            "the table to add to is of another machine: measure all rows, or name another --output"
        )
    again = {row.name: row for row in rows}
    kept = [again.pop(row.name, row) for row in TypeAdapter(list[Row]).validate_python(table["rows"])]
    return [asdict(row) for row in (*kept, *again.values())]


def machine() -> dict[str, Any]:
    """Return what machine this is, without versions that no row depends on."""
    environment = read_environment("")
    return {name: getattr(environment, name) for name in ("system", "cpu", "cores", "memory_bytes", "python")}


def compare(now: list[Row], before: list[Row], only: tuple[str, ...]) -> None:
    """Fail when something has become slower beyond noise, or is not measured any more."""
    if not only:
        require_all(now, before)
    earlier = {row.name: row for row in before}
    slower = [row for row in now if row.name in earlier and is_slower(row, earlier[row.name])]
    for row in slower:
        click.echo(f"slower: {row.name}: {said(row.compared)}, before {said(earlier[row.name].compared)}")
    if slower:
        raise click.ClickException(f"slower than before, beyond noise: {plural(len(slower), 'row')}")


if __name__ == "__main__":
    main()

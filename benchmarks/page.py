"""The part of docs/performance.md that is made of results/benchmarks.json: machine, table, and what was missed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from benchmarks.duel import Row, Spread
from benchmarks.goals import GOALS

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results" / "benchmarks.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- from results/benchmarks.json -->", "<!-- to here -->"
UNMEASURED = "Not measured yet: `./lab benchmarks -- --write` measures each row and puts it here."
_HEAD = (
    "| work | in | ours | goal | anchor | ratio | pairs | load before |\n"
    "|:--|:--|--:|:--|--:|--:|--:|--:|"
)  # fmt: skip


def made() -> str:
    """Return that part as it is to be."""
    return markdown(json.loads(RESULTS.read_text("utf-8"))) if RESULTS.exists() else UNMEASURED


def kept(page: Path = PAGE) -> str:
    """Return that part as a page has it."""
    _, _, rest = page.read_text("utf-8").partition(f"{BEGIN}\n\n")
    return rest.partition(f"\n\n{END}")[0]


def put(text: str, page: Path = PAGE) -> None:
    """Put a text where a page has that part."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


def update() -> None:
    """Bring docs/performance.md up to date."""
    put(made())


def markdown(found: dict[str, Any]) -> str:
    """Return machine, table and missed goals."""
    machine, rows = found["machine"], TypeAdapter(list[Row]).validate_python(found["rows"])
    named = f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.1f} GiB"
    about = f"{named}; {machine['system']}; {machine['python']}. Median of the pairs (lowest to highest)."
    table = "\n".join((_HEAD, *map(_line, rows)))
    missed = "\n".join(_missed(rows)) or "No goal was missed."
    return f"{about}\n\n{table}\n\n## Missed\n\n{missed}"


def said(spread: Spread | None) -> str:
    """Return the median, with the lowest and the highest."""
    if spread is None:
        return "none"
    return f"{_figure(spread.median)} ({_figure(spread.low)} to {_figure(spread.high)})"


def _line(row: Row) -> str:
    anchor = f"{said(row.anchor)}{f', {row.against}' if row.against else ''}"
    cells = (row.work, row.unit, said(row.ours), _goal(row), anchor, said(row.ratio), str(row.pairs), str(row.load))
    return f"| {' | '.join(cells)} |"


def _goal(row: Row) -> str:
    goal = GOALS.get(row.name)
    if goal is None:
        return ""
    words = {True: "met", False: "**missed**", None: "not measured"}[goal.is_met(row)]
    return f"{_bound(row)}: {words}"


def _bound(row: Row) -> str:
    goal = GOALS[row.name]
    return f"at most {_figure(goal.most)}{' of the anchor' if goal.of_anchor else ''}"


def _missed(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        goal = GOALS.get(row.name)
        if goal is not None and not goal.is_met(row):
            took = said(row.ratio if goal.of_anchor else row.ours)
            reason = goal.profile or "Nobody has looked where it goes yet."
            yield f"- {row.work}, in {row.unit}: {took}, {_bound(row)}. {reason}"
    measured = {row.name for row in rows}
    yield from (f"- {name}: not measured." for name in GOALS if name not in measured)


def _figure(value: float) -> str:
    """Return a figure with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

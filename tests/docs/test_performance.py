"""The page about speed quotes results/benchmarks.json and nothing else."""

import re

from benchmarks import page
from benchmarks.duel import Row, Spread
from benchmarks.goals import GOALS

FIGURE = re.compile(r"\d[\d,.]*\s(?:ms|s|%|MiB|MB|times)(?!\w)")
MACHINE = {"cpu": "A CPU", "cores": 2, "memory_bytes": 2**33, "system": "A system", "python": "3.11"}
MET, MISSED = "badgateway --help, s, Python that imports click", "files kept of a million requests, MB"


def row(name: str, seconds: float) -> dict[str, object]:
    work, unit, *against = name.split(", ")
    spread = {"median": seconds, "low": seconds, "high": seconds}
    return {
        "work": work, "unit": unit, "against": ", ".join(against), "pairs": 5, "load": 0.1,
        "ours": spread, "anchor": spread, "ratio": spread,
    }  # fmt: skip


def test_the_page_has_what_was_measured():
    assert page.kept() == page.made(), "./lab benchmarks -- --page brings docs/performance.md up to date"


def test_the_page_has_no_figure_besides():
    before, _, rest = page.PAGE.read_text("utf-8").partition(page.BEGIN)

    assert FIGURE.findall(before + rest.partition(page.END)[2]) == []


def test_a_goal_that_is_missed_is_told_and_one_that_is_met_is_not():
    made = page.markdown({"machine": MACHINE, "rows": [row(MET, 0.1), row(MISSED, 301)]})
    table, _, missed = made.partition("## Missed")

    assert "at most 0.2: met" in table
    assert "at most 300: **missed**" in table
    assert re.findall(r"^- (.*), in", missed, re.MULTILINE) == ["files kept of a million requests"]
    unmeasured = [name for name in GOALS if name not in {MET, MISSED}]
    assert re.findall(r"^- (.*): not measured", missed, re.MULTILINE) == unmeasured


def test_what_was_not_measured_against_its_anchor_is_no_pass():
    name = "streamed .xlsx of 100,000 rows, s of CPU, XlsxWriter, constant_memory"
    found = Row(
        work="", unit="", against="", pairs=5, ours=Spread.of([0.01]), anchor=None, ratio=None, load=0.0
    )  # fmt: skip

    assert GOALS[name].is_met(found) is None

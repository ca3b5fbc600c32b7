"""The two stories in docs/ quote the reference reports and nothing else, and begin with all claims and verdicts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from badgateway import numbers
from badgateway.model.axis import AXES

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
STORIES = {"the-502-ladder.md": range(1, 12), "the-504-ladder.md": range(12, 19)}
"""Each page, and the numbers of its story's claims."""
OF_THE_STORY = {"19,000 requests", "4,300 rows", "300 s", "30 %", "60 %", "60 s"}
"""Figures of the posts that the ladders run again."""
OF_THE_EXPERIMENT = {"1 ms", "5 ms", "60,000 rows"}
MEASURED = {"confirmed", "refuted", "depends", "not reproduced"}
UNMEASURED = {"could not be tested", "not yet measured"}
QUOTE = re.compile(r"(?:^> .*\n)+", re.MULTILINE)
ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
FIGURE = re.compile(r"\d[\d,.]*\s(?:ms|s|%|MiB|requests|rows|users)(?!\w)")
REPORT = re.compile(r"results/reference/([\w/-]+)\.md\)")
HEAD = "| claim | experiment | figure | verdict | instead |"
INTERVAL = re.compile(r"`([\w-]+)`(?: at ([\d,]+))? (\d[\d.]* %|>? ?\d[\d.]* %) \((\d[\d.]*–(?:> )?\d[\d.]* %)\)")  # noqa: RUF001 # the dash that is printed
"""In a cell: a configuration, its load where the experiment has several, the share that failed and its interval."""
NAMED = re.compile(r"`([\w-]+)`")
_NUMBER = r"-?\d[\d.,]*(?: (?:ms|s|MiB))?"
TRIALS = re.compile(rf"({_NUMBER}) \(({_NUMBER}–{_NUMBER})\)")  # noqa: RUF001 # the dash that is printed
"""What all trials together measured, and between what single ones did."""

pytestmark = pytest.mark.parametrize("page", STORIES)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def told(page: str) -> str:
    return plain((ROOT / "docs" / page).read_text(encoding="utf-8"))


def claims(page: str) -> list[list[str]]:
    """Return the cells of each row of the page's first table."""
    _, _, behind = told(page).partition(f"{HEAD}\n")
    table = behind.partition("\n\n")[0]
    return [row.strip("| ").split(" | ") for row in table.splitlines()[1:]]


def besides_claims(page: str) -> str:
    text = told(page)
    before, head, behind = text.partition(HEAD)
    return before + behind.partition("\n\n")[2] if head else text


def quoted(text: str) -> str:
    """Return all reports that a text links to, one after the other."""
    return "\n".join(
        plain((REFERENCE / f"{name}.md").read_text(encoding="utf-8")) for name in sorted(set(REPORT.findall(text)))
    )


def in_one_line(text: str) -> str:
    return " ".join(text.replace("\n> ", " ").removeprefix("> ").split())


def test_the_page_begins_with_every_claim_of_its_story_in_order(page):
    rows = claims(page)
    before = told(page).partition(HEAD)[0]

    assert [int(row[0].partition(".")[0]) for row in rows] == list(STORIES[page])
    assert {len(row) for row in rows} == {5}
    assert "\n## " not in before
    assert {row[3] for row in rows} <= MEASURED | UNMEASURED


def test_each_verdict_rests_on_a_report_and_each_of_its_figures_is_in_it(page):
    for claim, experiment, figure, verdict, _ in claims(page):
        if verdict in MEASURED:
            report = in_one_line(quoted(experiment))
            assert report, claim
            # What has those of its trials beside it has a test of its own.
            missing = [found for found in FIGURE.findall(TRIALS.sub("", figure)) if found not in report]
            assert set(missing) <= OF_THE_STORY, claim


def test_each_share_with_its_interval_is_that_of_its_configuration(page):
    for claim, experiment, figure, _, _ in claims(page):
        rows = [[cell.strip(" *") for cell in row.strip("|").split("|")] for row in ROW.findall(quoted(experiment))]
        for name, load, share, interval in INTERVAL.findall(figure):
            own = [row for row in rows if row[0] == name and load in {"", row[1]} and interval in row]
            assert [row for row in own if row[3].split(" (")[0] == share], (claim, name, share, interval)


def of_single_trials(experiment: str, name: str) -> Iterator[str]:
    """Yield a configuration's p95s and rates, each with what single trials measured, from the reports' numbers."""
    for report in REPORT.findall(experiment):
        numbers_of = REFERENCE / f"{report}.json"
        document = json.loads(numbers_of.read_text(encoding="utf-8")) if numbers_of.exists() else {"configurations": []}
        own = [one for one in document["configurations"] if one["name"] == name]
        for level in (level for one in own for level in one["levels"]):
            trials = [trial for trial in own[0]["trials"] if trial["status"] != "INVALID" and at(trial) == at(level)]
            for say, number in ((numbers.milliseconds, p95), (numbers.rate, rate)):
                each = [found for trial in (level, *trials) if (found := number(trial)) is not None]
                if len(each) > 2:
                    yield plain(f"{say(each[0])} ({numbers.ends(say(min(each[1:])), say(max(each[1:])))})")


def at(found: dict[str, Any]) -> tuple[object, ...]:
    return tuple(found.get(key) for key in ("users", "rate_per_s", *(axis.key for axis in AXES)))


def p95(found: dict[str, Any]) -> float | None:
    return float(found["latency_ms"]["p95"]) if found["latency_ms"] else None


def rate(found: dict[str, Any]) -> float | None:
    return None if found["throughput_rps"] is None else float(found["throughput_rps"])


def test_each_number_with_its_trials_is_that_of_the_configuration_before_it(page):
    for claim, experiment, figure, _, _ in claims(page):
        rows = [[cell.strip(" *") for cell in row.strip("|").split("|")] for row in ROW.findall(quoted(experiment))]
        for found in TRIALS.finditer(figure):
            name = NAMED.findall(figure[: found.start()])[-1]
            is_in_table = any(row[0] == name and found.group() in row for row in rows)
            assert is_in_table or found.group() in of_single_trials(experiment, name), (claim, name, found.group())


def test_no_p95_of_several_trials_stands_in_the_table_without_them(page):
    for claim, _, figure, _, _ in claims(page):
        assert re.findall(r"p95 (?:of )?\d[\d.]* (?:ms|s)\b(?! \()", figure) == [], claim


def test_a_claim_without_a_verdict_has_no_figure_and_says_what_would_test_it(page):
    for claim, _, figure, verdict, instead in claims(page):
        if verdict in UNMEASURED:
            assert FIGURE.findall(figure) == [], claim
            assert len(instead) > 10, claim


def test_each_quotation_is_in_a_report_that_the_page_links(page):
    quotations = [in_one_line(quote) for quote in QUOTE.findall(besides_claims(page))]
    reports = in_one_line(quoted(told(page)))

    assert len(quotations) > 5
    assert [quote for quote in quotations if quote not in reports] == []


def test_each_row_of_a_table_is_in_a_report_that_the_page_links(page):
    rows = ROW.findall(besides_claims(page))

    assert [row for row in rows if row not in quoted(told(page)).splitlines()] == []


def test_what_is_told_besides_has_no_figure_of_its_own(page):
    besides = " ".join(QUOTE.sub("", ROW.sub("", besides_claims(page))).split())

    assert set(FIGURE.findall(besides)) <= OF_THE_STORY | OF_THE_EXPERIMENT

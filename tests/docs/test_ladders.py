"""The two stories in docs/ quote the reference reports, and nothing else."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORIES = {"the-502-ladder.md": "concurrency", "the-504-ladder.md": "export"}
OF_THE_STORY = {"19,000 requests", "4,300 rows", "300 s", "30 %"}
"""Figures of the posts that the ladders run again."""
OF_THE_EXPERIMENT = {"1 ms", "60,000 rows"}
QUOTE = re.compile(r"(?:^> .*\n)+", re.MULTILINE)
ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
FIGURE = re.compile(r"\d[\d,.]*\s(?:ms|s|%|MiB|requests|rows|users)(?!\w)")

pytestmark = pytest.mark.parametrize(("page", "report"), STORIES.items())


def told(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def found(report: str) -> str:
    return (ROOT / "results" / "reference" / report / "report.md").read_text(encoding="utf-8")


def in_one_line(text: str) -> str:
    return " ".join(text.replace("\n> ", " ").removeprefix("> ").split())


def test_each_quotation_is_in_the_report(page, report):
    quotations = [in_one_line(quote) for quote in QUOTE.findall(told(page))]

    assert len(quotations) > 5
    assert [quote for quote in quotations if quote not in in_one_line(found(report))] == []


def test_each_row_of_a_table_is_in_the_report(page, report):
    rows = ROW.findall(told(page))

    assert [row for row in rows if row not in found(report).splitlines()] == []


def test_what_is_told_besides_has_no_figure_of_its_own(page, report):
    besides = " ".join(QUOTE.sub("", ROW.sub("", told(page))).split())

    assert set(FIGURE.findall(besides)) <= OF_THE_STORY | OF_THE_EXPERIMENT

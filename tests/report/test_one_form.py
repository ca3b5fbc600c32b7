"""One number has one form in a report, whichever room says it: '1.24 s' and never '1,235 ms' beside it."""

import re
from html import unescape
from pathlib import Path

import pytest

from badgateway import numbers
from badgateway.report.formats import render_html, render_json, render_markdown
from tests.report.choice_sample import both_loops, study_equivalent, study_none, study_picked, study_undecided
from tests.report.export_sample import exports
from tests.report.ladder_sample import long_ladder

ENGINE = Path(__file__).parents[2] / "badgateway"
STUDIES = (study_picked, study_equivalent, study_undecided, study_none, both_loops, exports, long_ladder)
"""Their sentences are those of the judge; the other samples' are written by hand."""
NUMBER = re.compile(r"(?<![\w.,\-\N{EN DASH}])(\d[\d,]*(?:\.\d+)?) (ms|s|%)(?![\w/-])")


SAID = {"ms": numbers.milliseconds, "s": numbers.seconds, "%": lambda value: numbers.percent(value / 100)}


def as_measured(number, unit):
    return numbers.in_sentences(SAID[unit](float(number.replace(",", ""))))


def is_whole(number, unit):
    """Whole numbers are mostly limits that somebody wrote down, and those of a second or more are not said in ms."""
    return number.isdigit() and not (unit == "ms" and int(number) >= 1000)


def odd_ones(text, declared=()):
    """Return the numbers that have another form than measured ones, and are none that somebody wrote down."""
    found = NUMBER.findall(text.replace("\N{NO-BREAK SPACE}", " "))
    odd = {
        f"{number} {unit}"
        for number, unit in found
        if as_measured(number, unit) != f"{number} {unit}" and not is_whole(number, unit)
    }
    return sorted(odd - set(declared))


@pytest.mark.parametrize("render", [render_html, render_markdown, render_json])
@pytest.mark.parametrize("made", STUDIES)
def test_every_number_with_a_unit_has_the_digits_that_its_size_has_everywhere(made, render):
    run = made()
    declared = numbers.in_sentences(numbers.declared_percent(run.experiment.objective.max_failure_share))
    text = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", unescape(render(run)), flags=re.DOTALL)
    assert odd_ones(text, [declared]) == []


@pytest.mark.parametrize("wrong", ["1,235 ms", "9.2 %", "12.34 %", "1.2 s", "0.0 %", "12.34 s"])
def test_another_form_of_a_number_is_found(wrong):
    assert odd_ones(f"p95 was {wrong}, and 1.24 s, 9.23 %, 12.3 %, 95 %, 3 s are right") == [wrong]


DIGITS = re.compile(r"\{[^{}]*:[+]?,?\.\d+[fge%]\}(?!%\")")
"""How many digits a number gets; the widths of a style sheet have a % behind."""
OWN_DIGITS = {
    # Figures of a trial's circumstances, which no table and no other sentence has.
    "words/verdict_reasons.py",
    # The length of a trial as it was declared.
    "words/progress.py",
}
SPEAKING = [file for room in ("words", "report") for file in sorted((ENGINE / room).rglob("*.py"))]


def test_the_digits_of_a_number_are_decided_in_one_place():
    have_own = {str(file.relative_to(ENGINE)) for file in SPEAKING if DIGITS.search(file.read_text(encoding="utf-8"))}

    assert have_own == OWN_DIGITS

"""The worked example of docs/how-the-pick-is-made.md: its table goes in, and every number it quotes comes out."""

import re
from pathlib import Path

import pytest

from badgateway.judge.choice import choose
from badgateway.model.comparison import Choice
from badgateway.words.choice import sentence
from badgateway.words.study_limits import power, unseen
from tests.judge.designs import asked, configuration, facts, reasons

PAGE = (Path(__file__).parents[2] / "docs" / "how-the-pick-is-made.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d) \| (\d+) ms \| (\d+) ms \| (\d+) ms \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def choice() -> Choice:
    rows = [tuple(float(number) for number in row) for row in ROW.findall(PAGE)]
    assert [row[0] for row in rows] == list(range(1, 9))
    gthread, gevent, again = ([row[column] for row in rows] for column in (1, 2, 3))
    configurations = [
        configuration("uwsgi-2", [facts(None, failures=571)]),
        configuration("gunicorn-gthread", [facts(p95_ms) for p95_ms in gthread]),
        configuration("gunicorn-gevent", [facts(p95_ms) for p95_ms in gevent], [facts(p95_ms) for p95_ms in again]),
    ]
    return choose(asked(*(one.configuration for one in configurations)), configurations)


def test_the_page_quotes_the_answer_and_each_of_its_reasons(choice):
    quoted = " ".join(PAGE.replace("\n> ", " ").split())

    for said in (sentence(choice), *reasons(choice), power(choice), unseen(choice)[0], unseen(choice)[2]):
        assert said in quoted


def test_the_page_counts_its_blocks_and_p_right(choice):
    (rivalry,) = choice.rivalries
    assert rivalry.paired is not None

    assert rivalry.paired.p == 2 / 2**8
    assert "2 / 2⁸ = 0.0078" in PAGE
    assert f"{rivalry.paired.ratio:.3f}" in PAGE

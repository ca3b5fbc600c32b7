"""What an answer tells of itself before its end, and what middleware makes of it."""

from pathlib import Path

import pytest
from django.test import Client

from school.exports import STRATEGIES
from school_site.environment import MIDDLEWARE

TOLD = Path(__file__).parents[2] / "results" / "reference" / "export-headers.md"
NAMES = [name for name in STRATEGIES if name not in {"job", "csv_async"}]
"""Strategies that answer with a file at once, and that Django's own client can read."""
HEAD = "| strategy | streams | Content-Length | ETag | 304 when asked again | gzip |"


def answer(name, **headers):
    return Client(SERVER_NAME="127.0.0.1").get(f"/members/export.xlsx?strategy={name}&rows=30", headers=headers)


def yes(is_so) -> str:
    return "yes" if is_so else "no"


def asked_twice(name):
    """Return an answer and what comes for its ETag, both of one second: a workbook tells in which it was made."""
    for _ in range(3):
        first = answer(name)
        again = answer(name, if_none_match=first.get("ETag", '"none"'))
        first.getvalue()
        if again.status_code == 304 or "ETag" not in first:
            break
    return first, again


def seen(name, settings) -> str:
    """Return the row of a strategy, asked through the middleware that both want to know the whole answer."""
    settings.MIDDLEWARE = [MIDDLEWARE["conditional-get"], "django.middleware.common.CommonMiddleware"]
    first, again = asked_twice(name)
    settings.MIDDLEWARE = [MIDDLEWARE["gzip"], "django.middleware.common.CommonMiddleware"]
    packed = answer(name, accept_encoding="gzip")
    packed.getvalue()
    cells = (
        yes(first.streaming),
        yes("Content-Length" in first),
        yes("ETag" in first),
        yes(again.status_code == 304),
        yes(packed.get("Content-Encoding") == "gzip"),
    )
    again.close()
    return f"| {' | '.join((name, *cells))} |"


@pytest.mark.usefixtures("school")
def test_the_table_has_what_each_strategy_tells_of_its_answer(settings):
    rows = [seen(name, settings) for name in NAMES]

    lines = TOLD.read_text(encoding="utf-8").splitlines()
    assert HEAD in lines
    assert [line for line in lines if line.startswith("| ") and line != HEAD] == [
        "| :-- | --: | --: | --: | --: | --: |",
        *rows,
    ]

"""No query asks for a word of the evidence that is written out in it: mistyped, it would silently never match."""

import ast
import re
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "badgateway"
COLUMNS = "outcome|error|kind|event|phase|series|server|source|proxy|reason|proxy_reason|level|certainty|detail"
"""What holds words that this kit defines, or has listed: each has an enum in `badgateway.model`."""
WRITTEN_OUT = re.compile(rf"\b(?:{COLUMNS})\)?\s*(?:=|<>|(?:NOT )?IN|LIKE)\s*\(?\s*'[A-Za-z]")
MADE_SO = re.compile(rf"'[A-Za-z][\w -]*' AS (?:{COLUMNS})\b")
NOT_FILLED_IN = re.compile(r"'\{[A-Z]\w*(?:\.\w+)*\}'")
"""A name in braces in a text, or behind an f-string in a part of it, that is no f-string."""


def texts(code):
    """Return each text of a module, or part of one, docstrings left out."""
    tree = ast.parse(code)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [node.value for node in constants if id(node) not in told]


def faults(code):
    for text in texts(code):
        yield from (
            found.group() for pattern in (WRITTEN_OUT, MADE_SO, NOT_FILLED_IN) for found in pattern.finditer(text)
        )


def test_a_query_takes_the_words_of_the_evidence_from_their_enums():
    files = {str(file.relative_to(ENGINE)): file.read_text(encoding="utf-8") for file in sorted(ENGINE.rglob("*.py"))}

    assert {name: found for name, code in files.items() if (found := list(faults(code)))} == {}


@pytest.mark.parametrize(
    "code",
    [
        "SQL = \"WHERE phase = 'windwo'\"",
        "SQL = f\"WHERE {x} AND c.outcome IN ('OK', 'TRUNCATED')\"",
        "SQL = f\"SELECT {x}, 'gunicorn' AS server\"",
        "SQL = \"WHERE kind = '{JournalKind.START}'\"",
        "SQL = f'SELECT {x} ' \"AND p.server = '{GUNICORN}'\"",
    ],
)
def test_a_word_that_is_written_out_or_not_filled_in_is_found(code):
    assert len(list(faults(code))) == 1


@pytest.mark.parametrize("code", ["SQL = f\"WHERE phase = '{TrialPhase.WINDOW}'\"", 'SQL = "WHERE detail = ?"'])
def test_what_comes_from_an_enum_or_as_a_parameter_is_not(code):
    assert list(faults(code)) == []

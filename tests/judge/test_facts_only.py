"""The judge and the search return facts: neither has a sentence, but in what it raises."""

import ast
import re
from pathlib import Path

ENGINE = Path(__file__).parents[2] / "badgateway"
A_CLAUSE = re.compile(r"\b[a-z]+ [a-z]+ [a-z]+\b")
MODULES = [file for room in ("judge", "search") for file in sorted((ENGINE / room).glob("*.py"))]


def sentences(code):
    tree = ast.parse(code)
    raised = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Raise) for part in ast.walk(node)}
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in raised | told]
    return [node.value for node in constants if isinstance(node.value, str) and A_CLAUSE.search(node.value)]


def test_a_room_of_facts_says_nothing():
    assert MODULES
    assert {file: said for file in MODULES if (said := sentences(file.read_text(encoding="utf-8")))} == {}


def test_a_sentence_is_found_and_what_is_raised_or_asked_of_the_rows_is_none():
    assert sentences('why = f"{share} of all requests failed"') == [" of all requests failed"]
    assert sentences('raise ValueError("that is no proportion")') == []
    assert sentences("\"SELECT count(*) FROM ledger WHERE phase = 'window'\"\nx = 'WHERE name IS NOT NULL'") == []

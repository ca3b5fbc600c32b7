"""Takes secrets out of what is kept of a log: query values, passwords in URLs, secret fields of JSON lines."""

import re
from collections.abc import Sequence
from functools import reduce

# Both Python's re and DuckDB's RE2 run these, so they have neither look-around nor back-references.
_RULES = (
    # A key longer than a name is no key: it is a token that stands in the query by itself, with '=' as its padding.
    (r"""([?&])([\w.\[\]%-]{1,40}=)?[^&\s"']+""", r"\1\2..."),
    (r"""(\w://)[^/\s"'?]+@""", r"\1...@"),
    (
        r'("[^"]*(?i:authorization|cookie|token|secret|passw|api_?key)[^"]*"\s*:\s*")(?:[^"\\]|\\.)*',
        r"\1...",
    ),
)
_MARKS = ("[?&]", "@", '"')
"""For each rule, what text has in which it replaces something; this is known sooner than the rule is tried."""
_COMPILED = tuple((re.compile(pattern, re.ASCII), replacement) for pattern, replacement in _RULES)


def masked(text: str) -> str:
    """The text with every value that may be secret replaced by '...'; names of keys stay."""
    return reduce(lambda result, rule: rule[0].sub(rule[1], result), _COMPILED, text)


def masked_sql(column: str) -> str:
    """The same as an SQL expression over a column of text."""
    expression = column
    for pattern, replacement in _RULES:
        literal = pattern.replace("'", "''")
        expression = f"regexp_replace({expression}, '{literal}', '{replacement}', 'g')"
    return f"CASE WHEN regexp_matches({column}, '[?&@\"]') THEN {expression} ELSE {column} END"


def masking_steps(columns: Sequence[str]) -> tuple[str, ...]:
    """Return select lists that mask some columns of text, one after the other: sooner done than `masked_sql`.

    To be used each over the one before.
    """
    return tuple(
        "* REPLACE ({})".format(", ".join(_step(column, *rule, mark) for column in columns))
        for rule, mark in zip(_RULES, _MARKS, strict=True)
    )


def _step(column: str, pattern: str, replacement: str, mark: str) -> str:
    literal = pattern.replace("'", "''")
    replaced = f"regexp_replace({column}, '{literal}', '{replacement}', 'g')"
    return f"CASE WHEN regexp_matches({column}, '{mark}') THEN {replaced} ELSE {column} END AS {column}"

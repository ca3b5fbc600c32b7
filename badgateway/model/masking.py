"""Takes secrets out of what is kept of a log: query values, passwords in URLs, secret fields of JSON lines."""

import re
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
_COMPILED = tuple((re.compile(pattern, re.ASCII), replacement) for pattern, replacement in _RULES)


def masked(text: str) -> str:
    """The text with every value that may be secret replaced by '...'; names of keys stay."""
    return reduce(lambda result, rule: rule[0].sub(rule[1], result), _COMPILED, text)


def masked_sql(expression: str) -> str:
    """The same as an SQL expression around a VARCHAR expression."""
    for pattern, replacement in _RULES:
        literal = pattern.replace("'", "''")
        expression = f"regexp_replace({expression}, '{literal}', '{replacement}', 'g')"
    return expression

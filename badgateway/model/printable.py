"""What may be shown: text without control characters, and without secrets."""

import re
from collections.abc import Callable, Sequence
from functools import reduce

_STEERING = (
    "\x00-\x1f\x7f-\x9f"  # C0 and C1: ESC, line breaks, CSI
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # no width, or another direction
    "\ud800-\udfff"  # halves of a character, which cannot be written
    "\U000e0000-\U000e007f"  # tags, which nobody sees
)
_ANY = re.compile(f"[{_STEERING}]")
_BUT_LINE_BREAKS = re.compile(f"(?!\n)[{_STEERING}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def printable(text: str) -> str:
    r"""Return text in one line, with '\x1b' in place of ESC, '\n' of a line break, '\u202e' of an override."""
    return _ANY.sub(_spelled, text)


def printable_lines(text: str) -> str:
    """Return the same of a whole page, whose line breaks are its own."""
    return _BUT_LINE_BREAKS.sub(_spelled, text)


def printable_page(text: str, spelled: Callable[[str], str]) -> str:
    """Return a page in which such characters are spelled as its format does it; line breaks are its own."""
    return _BUT_LINE_BREAKS.sub(lambda found: spelled(found[0]), text)


def shortened(text: str, most: int = 80) -> str:
    """Return text that a message has room for, with '...' in the middle of what is longer."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def printable_part(text: str) -> str:
    """Return text that is a part of a message: one line, and short."""
    return printable(shortened(text))


def _spelled(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


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
_MARKS = ("?&", "@", '"')
"""For each rule, characters of which text has one in which it replaces something; to look for one takes no time."""
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
    return f"CASE WHEN {_has_any(column, ''.join(_MARKS))} THEN {expression} ELSE {column} END"


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
    return f"CASE WHEN {_has_any(column, mark)} THEN {replaced} ELSE {column} END AS {column}"


def _has_any(column: str, characters: str) -> str:
    return "({})".format(" OR ".join(f"contains({column}, '{character}')" for character in characters))

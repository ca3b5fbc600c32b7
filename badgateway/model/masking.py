"""What is secret: names of variables, files and headers, and what stands in lines of logs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import reduce

HIDDEN = "..."
SECRET_WORDS = ("secret", "token", "passw", "pwd", "credential", "dsn", "salt", "key")
"""In the name of a variable: its value is nobody else's business."""
SECRET_FILES = (".env", ".env.*", ".envrc")
"""Files that mostly hold such variables, and name a database of the user's own."""

_IN_NAMES = re.compile("|".join(SECRET_WORDS), re.IGNORECASE)


def is_secret_name(variable: str) -> bool:
    """Tell whether a variable is secret by its name."""
    return bool(_IN_NAMES.search(variable))


def is_secret_file(name: str) -> bool:
    """Tell whether a file or folder is secret by its name."""
    return any(fnmatchcase(name, pattern) for pattern in SECRET_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What is replaced. Both Python's re and DuckDB's RE2 run it, so it has neither look-around nor back-references."""

    pattern: str
    replacement: str
    marks: tuple[str, ...]
    """Text has one of them where the pattern matches; to look for one takes no time."""


# A word such as key is too frequent in lines: of rows and of columns.
_WORDS = "|".join((*(word for word in SECRET_WORDS if word != "key"), "api-?key", "[_-]key", "session_?id"))
_NAMES = rf"authorization|cookie|{_WORDS}"
_VALUES = (
    # A key longer than a name is no key: it is a token that stands in the query by itself, with '=' as its padding.
    _Rule(pattern=r"""([?&])([\w.\[\]%-]{1,40}=)?[^&\s"']+""", replacement=r"\1\2...", marks=("?", "&")),
    _Rule(pattern=r"""(\w://)[^/\s"'?]+@""", replacement=r"\1...@", marks=("@",)),
    _Rule(
        pattern=rf'("[^"]*(?i:{_NAMES})[^"]*"\s*:\s*")(?:[^"\\]|\\.)*',
        replacement=r"\1...",
        marks=('"',),
    ),
)
"""Values that a name stands before: all that is taken out of what logs are joined by."""

_SEGMENT, _PLAIN_SEGMENT = r"[\w%=:~-]", r"[\w=:~-]"
_CASES = "(?:[a-z0-9][A-Z]|[A-Z][0-9])"
_BEFORE_TOKENS = "token|reset|activat|confirm|verif|invit|magic|unsubscri|passw|secret|api-?key|otp"
_NAMED = rf"(/[\w-]*(?i:{_BEFORE_TOKENS})[\w-]*/)"
_MIXED = rf"{_SEGMENT}*(?:[0-9]|[a-z][A-Z]){_SEGMENT}{{4,}}"
# What stands behind these always goes, short or a word, unless it is a route of its own: /password/reset/, or a file.
_ALWAYS = (
    r"(?:[\w-]*[_-])?(?:tokens?|passw\w*|passphrase|passcode|pwd|secrets?|credentials?|confirm\w*|phone|otp|magic|reset"
    r"|api-?keys?|activat\w*|verif\w*|invit\w*|unsubscri\w*)(?:[_-][\w-]*)?"
)
_ROUTES = (
    "done|complete|changed?|refresh|obtain|revoke|blacklist|new|edit|create|delete|list|login|logout|sent|send|resend|"
    "e?mail|set|request|forgot|recover|accept|decline|check|validate|index|start|success|failed|error"
)
_FILE = r"[\w-]+\.(?:py|js|css|html?|png|jpe?g|svg|ico|woff2?|log|sock)"
_KEEP = "\ue000"
"""Marks such a route until all else is gone: neither of the two that run these patterns can look around."""
_SECRET_SEGMENT = rf"(/{_KEEP}?(?i:{_ALWAYS})/)"
_ENDS = r"""/\s?"'#&;,<>)"""
_BASE64 = "[A-Za-z0-9]{0,80}"
_TURN, _DIGIT = "[a-z0-9][A-Z]", "[A-Za-z][0-9]{1,2}[a-z]"
_TOP_LEVEL = "[a-z]{2,4}|email|cloud|online|world|group|media|local|internal|example|invalid"
_TOKENS = (
    _Rule(
        pattern=rf"('[^']*(?i:{_NAMES})[^']*'\s*:\s*b?')(?:[^'\\]|\\.)*",
        replacement=r"\1...",
        marks=("'",),
    ),
    _Rule(
        pattern=rf'(\\"[^"\\]*(?i:{_NAMES})[^"\\]*\\"\s*:\s*\\")[^"\\]*',
        replacement=r"\1...",
        marks=('\\"',),
    ),
    _Rule(
        pattern=r"""(?i:(cookie["']?\s*[:=]\s*["']?))[^\s"';]+(?:; ?[^\s"';=]+=[^\s"';]*)*""",
        replacement=r"\1...",
        marks=(":", "="),
    ),
    # MySQL says whether there was a password at all: 'using password: YES'.
    _Rule(
        pattern=rf"""(?i:((?:authorization|{_WORDS})[\w.-]*["']?\s*[=:]\s*\\?["']?))"""
        r"""(?i:(?:basic|bearer|digest|token)\s+)?[^\s"'&,;)}\]\\]{4,}""",
        replacement=r"\1...",
        marks=(":", "="),
    ),
    _Rule(pattern=r"(Bearer\s+)[\w.~+/=-]{8,}", replacement=r"\1...", marks=("Bearer",)),
    # A JSON Web Token, and what Django signs.
    _Rule(pattern=r"eyJ[\w-]{5,}(?:[.:][\w-]*)*", replacement="...", marks=("eyJ",)),
    # Units of systemd look like addresses, and are none.
    _Rule(
        pattern=rf"[\w.!#$%&*+=^|~-]*[\w+-](?:@|%40)[A-Za-z0-9][A-Za-z0-9.-]*\.(?i:{_TOP_LEVEL})\b",
        replacement="...",
        marks=("@", "%40"),
    ),
    _Rule(
        pattern=r"""(;|%3[Bb])([A-Za-z][\w.-]{0,40}=)[^\s"'?/;&,]+""", replacement=r"\1\2...", marks=(";", "%3B", "%3b")
    ),
    # Parts of a path that the one before names as a secret: first two, such as a user's number and what resets his
    # password, then one.
    _Rule(
        pattern=rf"{_NAMED}[\w%=-]{{1,24}}/{_MIXED}",
        replacement=r"\1.../...",
        marks=("/",),
    ),
    _Rule(pattern=f"{_NAMED}{_MIXED}", replacement=r"\1...", marks=("/",)),
    # One that is long and has no words in it, a UUID, or one of letters and digits by turns.
    _Rule(
        pattern=rf"/(?:{_SEGMENT}*?(?:[0-9a-fA-F]{{16,}}|[A-Za-z0-9]{{24,}})"
        rf"|{_PLAIN_SEGMENT}{{5,}}{_CASES}{_PLAIN_SEGMENT}{{3,}}{_CASES}{_PLAIN_SEGMENT}{{5,}}"
        "|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
        rf"|(?:[A-Za-z]*[0-9]+[A-Za-z]+){{2,}}[0-9]+[A-Za-z]*){_SEGMENT}*",
        replacement="/...",
        marks=("/",),
    ),
    # Base64: with its padding, or with turns from small to capital letters and digits among small ones.
    _Rule(
        pattern=r"/[\w+-]{6,}(?:=|%3[Dd]){1,2}"
        + "".join(
            f"|/{_BASE64.join(('', *order, ''))}=*"
            for order in ((_DIGIT, _TURN, _TURN), (_TURN, _DIGIT, _TURN), (_TURN, _TURN, _DIGIT))
        ),
        replacement="/...",
        marks=("/",),
    ),
    # Twice, for one match takes the slash with which the next one begins.
    *(
        _Rule(
            pattern=rf"{_SECRET_SEGMENT}((?i:{_ROUTES}|{_ALWAYS})|{_FILE})([{_ENDS}]|$)",
            replacement=rf"\1{_KEEP}\2\3",
            marks=("/",),
        ),
    )
    * 2,
    _Rule(pattern=rf"{_SECRET_SEGMENT}[^{_KEEP}{_ENDS}][^{_ENDS}]*", replacement=r"\1...", marks=("/",)),
    _Rule(pattern=_KEEP, replacement="", marks=(_KEEP,)),
    # The user of a line of an access log, where a password came with the name.
    _Rule(pattern=r"""( - )[^\s:"]+:[^\s"]+( \[\d\d/)""", replacement=r"\1...\2", marks=(" - ",)),
    _Rule(pattern=r"""(?i:("remote_?user"\s*:\s*")[^":]*:[^"]*)""", replacement=r"\1...", marks=('"',)),
)
"""All else: taken out of what is shown."""

_COMPILED = tuple((re.compile(rule.pattern, re.ASCII), rule) for rule in (*_VALUES, *_TOKENS))


def masked(text: str) -> str:
    """The text with all that may be secret replaced by '...'; names of keys stay."""
    for pattern, rule in _COMPILED:
        if any(mark in text for mark in rule.marks):
            text = pattern.sub(rule.replacement, text)
    return text


def masked_values(text: str) -> str:
    """The text with the values of query strings replaced by '...', and of other names that a line has.

    Paths stay whole, for they say which lines of several logs are of one request.
    """
    return reduce(lambda result, rule: rule[0].sub(rule[1].replacement, result), _COMPILED[: len(_VALUES)], text)


def masked_sql(column: str) -> str:
    """The same as `masked`, as an SQL expression over a column of text."""
    return reduce(_replaced, (*_VALUES, *_TOKENS), column)


def masked_values_sql(column: str) -> str:
    """The same as `masked_values`, as an SQL expression over a column of text."""
    marks = tuple(mark for rule in _VALUES for mark in rule.marks)
    return f"CASE WHEN {_has_any(column, marks)} THEN {reduce(_replaced, _VALUES, column)} ELSE {column} END"


def shown_path_sql(*, mask: bool) -> str:
    """Return SQL for the column `path` as it is shown."""
    return masked_sql("path") if mask else "path"


def masking_steps(columns: Sequence[str]) -> tuple[str, ...]:
    """Return select lists that mask values in columns of text, one after the other: sooner done than at once.

    To be used each over the one before.
    """
    return tuple("* REPLACE ({})".format(", ".join(_step(column, rule) for column in columns)) for rule in _VALUES)


def _step(column: str, rule: _Rule) -> str:
    return f"CASE WHEN {_has_any(column, rule.marks)} THEN {_replaced(column, rule)} ELSE {column} END AS {column}"


def _replaced(expression: str, rule: _Rule) -> str:
    literal = rule.pattern.replace("'", "''")
    return f"regexp_replace({expression}, '{literal}', '{rule.replacement}', 'g')"


def _has_any(column: str, marks: Sequence[str]) -> str:
    return "({})".format(" OR ".join(f"contains({column}, '{mark}')" for mark in marks))

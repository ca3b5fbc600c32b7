"""Reads nginx's error log: which complaints there were, and how often."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from badgateway.errors import RawDataError
from badgateway.model.summary import ProxyMessage

_LINE = re.compile(
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?P<level>\w+)\] \d+#\d+: (?:\*(?P<connection>\d+) )?(?P<text>.*)", re.DOTALL
)
_COUNTED_LEVELS = frozenset({"warn", "error", "crit", "alert", "emerg"})

# What nginx appends about the request; it never tells two kinds of complaint apart.
_CONTEXT = re.compile(r", (?:client|server|upstream|request|subrequest|host|referrer): .*", re.DOTALL)

_DIFFERING = (
    (re.compile(r"unix:[^\s,]+"), "unix:..."),
    (re.compile(r"(?:\b\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\])(?::\d+)?"), "ADDRESS"),
    (re.compile(r'header: ".*?"'), 'header: "..."'),
    (re.compile(r'"/[^"]*"'), '"/..."'),
    (re.compile(r"(?<= )/\S+"), "/..."),
    (re.compile(r"(?<=process )\d+"), "N"),
    (re.compile(r"(?<=socket #)\d+"), "N"),
    (re.compile(r"(?<=in connection )\d+"), "N"),
    (re.compile(r"(?<=excess: )[\d.]+"), "N"),
    (re.compile(r"\d+(?= bytes)"), "N"),
)
"""Patterns of what differs between two lines of one kind; error numbers and signals stay, for they tell kinds apart."""


def messages(path: Path, probe_connections: frozenset[int] = frozenset()) -> tuple[ProxyMessage, ...]:
    """Group the error log's lines from [warn] up by what they complain of.

    Args:
        path: nginx's error log, of any level.
        probe_connections: nginx's numbers of connections to leave out: while a server starts, the kit's own
            readiness probes fail as they should, and that is no complaint about the load.

    Returns:
        Most frequent first, then by message; lines of the whole trial, warm-up included.

    Raises:
        RawDataError: The file is missing or has a line that nginx does not write.
    """
    counts: Counter[str] = Counter()
    first_lines: dict[str, str] = {}
    for line, text in _complaints(path, probe_connections):
        counts[text] += 1
        first_lines.setdefault(text, line)
    return _grouped(counts, first_lines)


def _complaints(path: Path, probe_connections: frozenset[int]) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        raise RawDataError(f"{path} is missing: nginx did not start or its folder is gone; run the trial again")
    # A client may put any byte into the request line that nginx quotes here.
    with path.open(encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            match = _LINE.match(line)
            if match is None:
                raise RawDataError(f"{path}: line {number} is not a line of nginx's error log: {line.rstrip()[:120]}")
            if match["level"] not in _COUNTED_LEVELS:
                continue
            if match["connection"] is None or int(match["connection"]) not in probe_connections:
                yield line.rstrip(), _CONTEXT.sub("", match["text"]).rstrip()


def _grouped(counts: Counter[str], first_lines: dict[str, str]) -> tuple[ProxyMessage, ...]:
    kinds: Counter[str] = Counter()
    first_of_kind: dict[str, str] = {}
    for text, count in counts.items():
        kind = _kind(text)
        kinds[kind] += count
        first_of_kind.setdefault(kind, first_lines[text])
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ProxyMessage(message=kind, count=count, first_line=first_of_kind[kind]) for kind, count in ordered)


def _kind(text: str) -> str:
    for pattern, replacement in _DIFFERING:
        text = pattern.sub(replacement, text)
    return text

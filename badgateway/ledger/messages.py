"""Counts the complaints of nginx's error log by their kind."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from badgateway.ledger.error_log import read_lines
from badgateway.model import error_log
from badgateway.model.summary import ProxyMessage

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
    for line in read_lines(path):
        if line.level in error_log.COMPLAINTS and line.connection not in probe_connections:
            yield line.line, line.message


def _grouped(counts: Counter[str], first_lines: dict[str, str]) -> tuple[ProxyMessage, ...]:
    kinds: Counter[str] = Counter()
    first_of_kind: dict[str, str] = {}
    for text, count in counts.items():
        kind = kind_of(text)
        kinds[kind] += count
        first_of_kind.setdefault(kind, first_lines[text])
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ProxyMessage(message=kind, count=count, first_line=first_of_kind[kind]) for kind, count in ordered)


def kind_of(text: str) -> str:
    """Return a message without what differs between two of its kind."""
    for pattern, replacement in _DIFFERING:
        text = pattern.sub(replacement, text)
    return text

"""Counts the messages of nginx's error log by their kind."""

import re
from collections import Counter

import duckdb

from badgateway.ledger.error_log import TABLE
from badgateway.model import error_log
from badgateway.model.summary import ProxyMessage

_COUNTED = f"""
SELECT message, count(*), arg_min(line, line_number) FROM {TABLE}
WHERE level IN {error_log.COMPLAINTS} AND coalesce(NOT list_contains(?::BIGINT[], connection), true)
GROUP BY message ORDER BY min(line_number)
"""  # noqa: S608 # constants of the kit

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


def messages(
    connection: duckdb.DuckDBPyConnection, probe_connections: frozenset[int] = frozenset()
) -> tuple[ProxyMessage, ...]:
    """Group the error log's lines from [warn] up by what they complain of.

    Args:
        connection: With the table `error_lines`.
        probe_connections: nginx's numbers of connections to leave out: while a server starts, the kit's own
            readiness probes fail as they should, and that is no complaint about the load.

    Returns:
        Most frequent first, then by message; lines of the whole trial, warm-up included.
    """
    kinds: Counter[str] = Counter()
    first_of_kind: dict[str, str] = {}
    for message, count, first_line in connection.execute(_COUNTED, [sorted(probe_connections)]).fetchall():
        kind = kind_of(message)
        kinds[kind] += count
        first_of_kind.setdefault(kind, first_line)
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return tuple(ProxyMessage(message=kind, count=count, first_line=first_of_kind[kind]) for kind, count in ordered)


def kind_of(text: str) -> str:
    """Return a message without what differs between two of its kind."""
    for pattern, replacement in _DIFFERING:
        text = pattern.sub(replacement, text)
    return text

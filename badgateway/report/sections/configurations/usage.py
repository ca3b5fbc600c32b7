"""What the proxy's error log said and what the processes used, per configuration and load level."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from badgateway import numbers
from badgateway.model.summary import LevelSummary, ProcessUse, ProxyMessage
from badgateway.words import phrases

_MESSAGES = 5
"""Kinds of message shown for one level; the raw log has the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A kind of line in the proxy's error log."""

    users: str
    count: str
    message: str
    first_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """What one part of the stack used at one load level."""

    users: str
    part: str
    cpu: str
    """Mean of the valid trials."""
    peak_memory: str
    """Highest of the valid trials."""
    memory_growth: str
    """Largest of the valid trials."""


def message_rows(level: LevelSummary) -> tuple[MessageRow, ...]:
    """Return the most frequent messages of a level, those of INVALID trials included: they may be the reason."""
    messages = [message for trial in level.trials for message in trial.proxy_messages]
    examples = {message.message: message.first_line for message in reversed(messages)}
    return tuple(
        MessageRow(
            users=phrases.load_in_column(level.load),
            count=numbers.count(number),
            message=message,
            first_line=examples[message],
        )
        for message, number in _most_frequent(messages)
    )


def _most_frequent(messages: Iterable[ProxyMessage]) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for message in messages:
        counts[message.message] += message.count
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:_MESSAGES]


def use_rows(level: LevelSummary) -> tuple[UseRow, ...]:
    """Return what each part used in the valid trials of a level, sorted by part."""
    valid = [use for trial in level.valid_trials for use in trial.uses]
    by_part = groupby(sorted(valid, key=lambda use: use.part), key=lambda use: use.part)
    return tuple(_use_row(phrases.load_in_column(level.load), part, list(uses)) for part, uses in by_part)


def _use_row(users: str, part: str, uses: list[ProcessUse]) -> UseRow:
    return UseRow(
        users=users,
        part=part,
        cpu=numbers.seconds(sum(use.cpu_s for use in uses) / len(uses)),
        peak_memory=numbers.memory(max(use.peak_rss_bytes for use in uses)),
        memory_growth=numbers.memory(max(use.rss_growth_bytes for use in uses)),
    )

"""Learns an access log's format from its first lines, where they are of no kind that is known here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import itemgetter

from badgateway.logs.combined import EXTRA_TIMES
from badgateway.logs.given_format import GivenFormat, given_format
from badgateway.logs.prefixes import Prefixes
from badgateway.logs.recognising import kinds_of

# What differs from log to log stands in fields whose names mean nothing. Times without a zone are left to
# --log-format, and so are numbers: any number may look like a time.
_TIMES = ("$time_local", "$time_iso8601")
_REQUESTS = (
    '"$request_method $request_uri HTTP/$version" $status',
    '"$request_method $request_uri HTTP/$version" status=$status',
    "$request_method $request_uri HTTP/$version $status",
)


def _candidates() -> Iterator[GivenFormat]:
    for request in _REQUESTS:
        for time in _TIMES:
            for text in (f"$before{time}$between{request} $after", f"$before{request} $between{time}$after"):
                yield _with_named_times(given_format(text))


def _with_named_times(given: GivenFormat) -> GivenFormat:
    columns = {**given.line_format.columns, **EXTRA_TIMES}
    # Its fields are spelled as nginx does; that says nothing about who writes such lines.
    return replace(given, line_format=replace(given.line_format, columns=columns, proxy=None))


_CANDIDATES = tuple(_candidates())


_LEAST_SHARE = 10
"""A format that one line in so many has, at least, is the log's: nothing else in it is known."""


def learnt_format(lines: Sequence[str]) -> GivenFormat | None:
    """The format that most of these first lines of a log have; None where they are of a known kind, or of none."""
    # Mostly the first line tells, and the rest need not be looked at.
    if kinds_of(lines[:1]):
        return None
    prefixes = Prefixes(lines)
    unwrapped = [prefixes.unwrap(line) for line in lines]
    # Where names stand before the lines, other programs' lines may follow.
    if any(line.stream for line in unwrapped) or kinds_of([line.text for line in unwrapped]):
        return None
    count, best = max(((each.count(lines), each) for each in _CANDIDATES), key=itemgetter(0))
    return best if _LEAST_SHARE * count > len(lines) else None

"""Learns the format of requests from a log's first lines, where it is none that is known here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from operator import itemgetter

from badgateway.logs.combined import EXTRA_TIMES
from badgateway.logs.given_format import GivenFormat, counts, given_format
from badgateway.logs.prefixes import Prefixes
from badgateway.logs.program_formats import program_formats
from badgateway.logs.recognising import kinds_of
from badgateway.logs.scanning import LOOKS_LIKE_A_REQUEST
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat, extracted
from badgateway.servers.registry import server_logs

# What differs from log to log stands in fields whose names mean nothing. Times without a zone are left to
# --log-format, and so are numbers: any number may look like a time.
_TIMES = ("$time_local", "$time_iso8601")
_REQUESTS = (
    '"$request_method $request_uri HTTP/$version" $status',
    '"$request_method $request_uri HTTP/$version" status=$status',
    "$request_method $request_uri HTTP/$version $status",
)


_FIRST_ADDRESS = extracted(r"^(\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]+) ")


def _candidates() -> Iterator[GivenFormat]:
    for request in _REQUESTS:
        for time in _TIMES:
            for text in (f"$before{time}$between{request} $after", f"$before{request} $between{time}$after"):
                yield _with_named_times(given_format(text))


def _with_named_times(given: GivenFormat) -> GivenFormat:
    columns = {**given.line_format.columns, **EXTRA_TIMES, "client": _FIRST_ADDRESS}
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
    for formats in (program_formats(), _CANDIDATES):
        count, best = _most_frequent(formats, lines)
        if _LEAST_SHARE * count > len(lines):
            return best
    return None


def format_between(lines: Sequence[str]) -> LineFormat | None:
    """How to read the requests that a server wrote between what its application prints; None where there are none."""
    of_servers = [each for each in program_formats() if each.line_format.kind is LogKind.OTHER_SERVER]
    count, best = _most_frequent(of_servers, lines)
    return replace(best.line_format, claims_to_be_a_request=LOOKS_LIKE_A_REQUEST) if count else None


def _most_frequent(formats: Sequence[GivenFormat], lines: Sequence[str]) -> tuple[int, GivenFormat]:
    return max(zip(counts(formats, lines), formats, strict=True), key=itemgetter(0))


@cache
def _guesses(kind: str) -> tuple[GivenFormat, ...]:
    access = server_logs()[kind].access
    return tuple(given_format(text, access.unnamed) for text in access.guesses) if access else ()


def server_format(kind: str, stock: LineFormat, lines: Sequence[str]) -> LineFormat:
    """How to read the requests in a server's log: as it writes them by itself, unless its first lines have another."""
    access = server_logs()[kind].access if kind in server_logs() else None
    if access is None or access.stock is None or any(map(access.stock.match, lines)):
        return stock
    unknown = [line for line in lines if not kinds_of([line])]
    count, best = _most_frequent(_guesses(kind), unknown)
    return best.line_format if _LEAST_SHARE * count > len(unknown) else stock

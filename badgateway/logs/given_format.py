"""Formats of access logs in a proxy's or a server's own spelling, made into patterns and SQL."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from types import MappingProxyType

from badgateway.errors import ConfigurationError
from badgateway.logs.combined import access_lines
from badgateway.logs.format_fields import APACHE, NGINX
from badgateway.model.evidence import Reason
from badgateway.model.in_memory import small_database
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.numbers import listed
from badgateway.servers.access_format import EPOCH, ISO, AccessFormat, Field, Meaning
from badgateway.servers.line_format import (
    LineFormat,
    epoch_s,
    extracted,
    finite,
    request_columns,
    status_code,
    text_literal,
)
from badgateway.servers.registry import server_logs, servers

_TEXT = Field(pattern=".*?")
_QUOTED = Field(pattern=r'(?:[^"\\]|\\.)*')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spelling:
    """Whose configuration spells formats in some way."""

    kind: str
    """Of the logs that it writes."""
    label: str
    """The program, for a message."""
    access: AccessFormat
    example: str
    """Its field with the status."""
    proxy: Proxy | None = None
    """None: a server."""


_OF_PROXIES = (
    _Spelling(kind=LogKind.OWN_FORMAT, label="nginx", access=NGINX, example="$status", proxy=Proxy.NGINX),
    _Spelling(kind=LogKind.OWN_FORMAT, label="Apache", access=APACHE, example="%>s", proxy=Proxy.APACHE),
)


@cache
def _of_servers() -> tuple[_Spelling, ...]:
    known = [(one.label, one.log.kind, one.log.access) for one in servers() if one.log and one.log.access]
    return tuple(
        _Spelling(kind=kind, label=label, access=access, example=_written(access, Meaning.STATUS)[0])
        for label, kind, access in known
    )


def _spelling(text: str) -> _Spelling | None:
    """Return whose spelling a format is in; where a field may be of two servers, of which more of it is a part."""
    found = [(len(match.group()), one) for one in _of_servers() if (match := one.access.name.search(text))]
    if found:
        return max(found, key=itemgetter(0))[1]
    return next((one for one in _OF_PROXIES if one.access.name.search(text)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFormat:
    """A format that a user gave.

    Attributes:
        text: As it was given.
        line_format: How to read its lines.
        pattern: What a line of it matches, for DuckDB.
    """

    text: str
    line_format: LineFormat
    pattern: str

    def is_of(self, lines: Sequence[str]) -> bool:
        """Whether these first lines of a log are in this format, for the most part."""
        (count,) = counts((self,), lines)
        return 2 * count >= len(lines) > 0


def counts(formats: Sequence[GivenFormat], lines: Sequence[str]) -> tuple[int, ...]:
    """How many of these lines are in each of the formats."""
    # By DuckDB, whose expressions take a time that grows with the line: in Python's, several fields that may hold
    # anything keep a line of a few hundred letters for minutes.
    found = ", ".join(f"count(*) FILTER (regexp_matches(line, {text_literal(one.pattern)}))" for one in formats)
    query = f"SELECT {found} FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS line)"  # noqa: S608 # see text_literal
    with small_database() as connection:
        (row,) = connection.execute(query, [list(lines)]).fetchall()
    return tuple(map(int, row))


def unused_notes(given: Sequence[GivenFormat | None], used: AbstractSet[str]) -> list[str]:
    """Say which of the given formats no log begins with: one letter too many, and nothing fits."""
    texts = dict.fromkeys(each.text for each in given if each is not None)
    return [
        f"No log begins with lines of --log-format {text!r}, so it was not used: compare it with a line, letter "
        "by letter."
        for text in texts
        if text not in used
    ]


def given_format(
    text: str,
    more: Mapping[str, Field] = MappingProxyType({}),
    reasons: Mapping[str, Reason] = MappingProxyType({}),
) -> GivenFormat:
    """Make a format out of what the configuration of a proxy or a server has for it.

    Args:
        text: What it has.
        more: Fields with names that the program does not have.
        reasons: Why a request failed, by a pattern for what the proxy says of it; the first that is found decides.

    Raises:
        ConfigurationError: No field is known in it, or none has a status, or none has a time.
    """
    spelling = _spelling(text)
    if spelling is None:
        known = listed([f"{one.label} ({one.example!r})" for one in (*_OF_PROXIES, *_of_servers())], last="or")
        raise ConfigurationError(
            f"--log-format {text!r} has no field in it; write it as {known} has it in its configuration"
        )
    # A configuration file has its quotation marks with a backslash before them.
    pieces = _Pieces(pieces=tuple(_divided(text.replace('\\"', '"').strip(), spelling, more)))
    for meaning in (Meaning.STATUS, Meaning.TIME):
        if not pieces.having(meaning):
            names = ", ".join(_written(spelling.access, meaning))
            raise ConfigurationError(
                f"--log-format {text!r} has no {meaning}, without which no request is told from another: log one of "
                f"{names} too"
            )
    return GivenFormat(text=text, line_format=_line_format(spelling, pieces, reasons), pattern=pieces.pattern())


def _written(access: AccessFormat, meaning: Meaning) -> list[str]:
    return [access.written.format(name) for name, each in access.fields.items() if each.meaning is meaning]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pieces:
    """What a line is made of: patterns of fixed text, and fields."""

    pieces: tuple[str | Field, ...] = field(default=())

    def having(self, meaning: Meaning) -> list[int]:
        """The places of the fields with this meaning."""
        return [at for at, piece in enumerate(self.pieces) if isinstance(piece, Field) and piece.meaning is meaning]

    def pattern(self, place: int = -1) -> str:
        """The pattern of a line, in which only the piece at that place is a group."""
        texts = (
            piece if isinstance(piece, str) else f"({'' if at == place else '?:'}{piece.pattern})"
            for at, piece in enumerate(self.pieces)
        )
        return "".join(texts) + r"\s*$"

    def value(self, meaning: Meaning) -> str:
        """SQL for the text of the first field with this meaning; NULL where there is none."""
        return next((extracted(self.pattern(at)) for at in self.having(meaning)), "CAST(NULL AS VARCHAR)")

    def factor(self, meaning: Meaning) -> float:
        """What one unit of the first field with this meaning is in seconds."""
        return next((piece.unit_s for at in self.having(meaning) if isinstance(piece := self.pieces[at], Field)), 1.0)

    def time_format(self) -> str:
        """How the first field with the time writes it."""
        return next(
            (piece.time_format for at in self.having(Meaning.TIME) if isinstance(piece := self.pieces[at], Field)), ""
        )


def _divided(text: str, spelling: _Spelling, more: Mapping[str, Field]) -> list[str | Field]:
    pieces: list[str | Field] = []
    end = 0
    for match in spelling.access.name.finditer(text):
        if match.start() > end:
            pieces.append(_fixed(text[end : match.start()]))
        name = next(group for group in match.groups() if group is not None)
        follows = text[match.end() : match.end() + 1]
        if name == "%":
            pieces.append("%")
        else:
            pieces.append(spelling.access.fields.get(name) or more.get(name, _QUOTED if follows == '"' else _TEXT))
        end = match.end()
    if end < len(text):
        pieces.append(_fixed(text[end:]))
    return pieces


def _fixed(text: str) -> str:
    return re.sub(r"(?:\\ |\s)+", r"\\s+", re.escape(text))


def _line_format(spelling: _Spelling, pieces: _Pieces, reasons: Mapping[str, Reason]) -> LineFormat:
    matches = f"regexp_matches(line, {text_literal(pieces.pattern())})"
    duration_s = _seconds(pieces, Meaning.DURATION)
    time_s = _time_s(pieces)
    if spelling.access.logs_the_start:
        time_s = f"{time_s} + coalesce({duration_s}, 0)"
    log = server_logs().get(spelling.kind)
    stock = (log.requests or access_lines(log.kind)) if log else None
    told = _told(pieces, reasons)
    status = f"TRY_CAST({pieces.value(Meaning.STATUS)} AS INTEGER)"
    if told:
        status = f"coalesce(nullif({status}, 0), CASE {told['proxy_reason']} WHEN '{Reason.CLIENT_GONE}' THEN 499 END)"
    retried = f"coalesce(regexp_matches({pieces.value(Meaning.UPSTREAM_STATUS)}, ', | : '), FALSE)"
    return LineFormat(
        kind=spelling.kind,
        proxy=spelling.proxy,
        status=status,
        time_s=time_s,
        has_local_times=pieces.time_format() not in (EPOCH, ISO) and "%z" not in pieces.time_format(),
        was_retried=retried if pieces.having(Meaning.UPSTREAM_STATUS) else "FALSE",
        claims_to_be_a_request=None if stock is None else f"({matches} OR {stock.claims_to_be_a_request})",
        columns={**_columns(pieces, duration_s), **told},
    )


def _told(pieces: _Pieces, reasons: Mapping[str, Reason]) -> dict[str, str]:
    if not reasons:
        return {}
    told, status = pieces.value(Meaning.TOLD), pieces.value(Meaning.STATUS)
    cases = " ".join(f"WHEN regexp_matches({told}, {text_literal(text)}) THEN '{why}'" for text, why in reasons.items())
    # Where it says nothing, the status is the server's own.
    return {"proxy_reason": f"CASE {cases} END", "app_status": f"CASE WHEN {told} = '-' THEN {status_code(status)} END"}


def _time_s(pieces: _Pieces) -> str:
    text, time_format = pieces.value(Meaning.TIME), pieces.time_format()
    if time_format == EPOCH:
        return f"TRY_CAST({text} AS DOUBLE) * {pieces.factor(Meaning.TIME)!r}"
    if time_format == ISO:
        return f"epoch(TRY_CAST({text} AS TIMESTAMPTZ))"
    return epoch_s(f"replace({text}, '  ', ' ')", time_format)


def _seconds(pieces: _Pieces, meaning: Meaning) -> str:
    return f"{finite(pieces.value(meaning))} * {pieces.factor(meaning)!r}"


def _last_try(text: str) -> str:
    return f"nullif(regexp_split_to_array({text}, ', | : ')[-1], '-')"


def _columns(pieces: _Pieces, duration_s: str) -> dict[str, str]:
    from_line = request_columns(pieces.value(Meaning.REQUEST))
    connect, header = Meaning.UPSTREAM_CONNECT, Meaning.UPSTREAM_HEADER
    address = pieces.value(Meaning.UPSTREAM_ADDR)
    return {
        "method": f"coalesce({pieces.value(Meaning.METHOD)}, {from_line['method']})",
        "uri": f"coalesce({pieces.value(Meaning.URI)}, {from_line['uri']})",
        "body_bytes": f"TRY_CAST({pieces.value(Meaning.BYTES)} AS BIGINT)",
        "duration_s": duration_s,
        "request_id": f"nullif({pieces.value(Meaning.REQUEST_ID)}, '-')",
        "connection": f"TRY_CAST({pieces.value(Meaning.CONNECTION)} AS BIGINT)",
        "app_pid": f"TRY_CAST({pieces.value(Meaning.PID)} AS INTEGER)",
        "client": f"nullif({pieces.value(Meaning.CLIENT)}, '-')",
        "asked_host": f"nullif({pieces.value(Meaning.ASKED_HOST)}, '-')",
        "upstream_addr": _last_try(address),
        "upstream_tries": f"CASE WHEN {address} = '-' THEN 0 ELSE len(regexp_split_to_array({address}, ', | : ')) END",
        "upstream_status": f"nullif({pieces.value(Meaning.UPSTREAM_STATUS)}, '-')",
        "upstream_connect_s": finite(_last_try(pieces.value(connect))),
        "upstream_header_s": finite(_last_try(pieces.value(header))),
        "upstream_response_s": finite(_last_try(pieces.value(Meaning.UPSTREAM_RESPONSE))),
        "has_upstream_times": str(bool(pieces.having(connect) and pieces.having(header))).upper(),
    }

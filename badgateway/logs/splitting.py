"""Splits a file that several programs wrote into one log for each: by what stands before a line, and by the line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from badgateway.logs.event_grammar import machine_logs
from badgateway.logs.log_evidence import LogFile, MalformedLine
from badgateway.logs.prefix_kinds import Unwrapped
from badgateway.logs.prefixes import Prefixes
from badgateway.logs.recognising import kind_of
from badgateway.logs.scratch import Scratch
from badgateway.logs.source import LocalFile, text_lines
from badgateway.logs.stamps import Stamps
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat
from badgateway.servers.registry import server_logs

_MADE_BY_PROXIES = (" 499 ", " 502 ", " 504 ")
_WITH_PREFIX = (LogKind.HEROKU, LogKind.TRAEFIK_LOG)
"""Their only time is the one before the line."""
_MOST_STREAMS = 500
_TEXT_PARTS = 3
"""How often a quotation mark splits a combined line, until what follows its request comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The lines of one program in a file.

    Attributes:
        file: Where they are, each on the line that it had, without its prefix; other programs' lines are blank.
        kind: None when they are of no kind that is known here.
        lines: How many they are.
        stream: What the prefix calls the program; empty when it has no name.
        host: The machine or pod that the prefix names; empty when it names none.
        in_combined_format: Whether they are request lines that a server writes as nginx does.
        stamps: The times of their prefixes; None where no line has one.
        line_format: How to read the requests, where that was given.
    """

    file: LocalFile
    kind: str | None
    lines: int
    stream: str = ""
    host: str = ""
    in_combined_format: bool = False
    stamps: Stamps | None = None
    line_format: LineFormat | None = None

    def found(self, lines: int, malformed_lines: int, first_malformed: tuple[MalformedLine, ...]) -> LogFile:
        """What is told of it once it has been read."""
        return LogFile(
            name=self.file.name,
            kind=self.kind,
            lines=lines,
            stream=self.stream,
            host=self.host,
            malformed_lines=malformed_lines,
            first_malformed=first_malformed,
        )


@dataclass(slots=True, kw_only=True)
class _Stream:
    """What is known of one program after all its lines were seen."""

    kinds: set[str] = field(default_factory=set)
    host: str = ""
    has_proxy_statuses: bool = False

    @property
    def server(self) -> str | None:
        return next((kind for kind in server_logs() if kind in self.kinds), None)

    @property
    def printing(self) -> str | None:
        """Whose lines of no kind are: a server's, or of what writes several lines about one thing."""
        if self.server is not None or LogKind.APPLICATION in self.kinds:
            return self.server or LogKind.APPLICATION
        return next(iter(self.kinds)) if len(self.kinds) == 1 and self.kinds <= machine_logs().keys() else None

    def owner(self, kind: str | None) -> str | None:
        """Whose line one is that, by itself, is of this kind: a server also writes what an application prints."""
        # An application may log as some servers do; two servers in one stream there are not.
        if kind in (None, LogKind.APPLICATION):
            return self.printing
        if kind in server_logs() and server_logs()[kind].is_common:
            return self.server
        if kind == LogKind.NGINX_COMBINED and self.server is not None and not self._is_of_proxy:
            return self.server
        return kind

    @property
    def _is_of_proxy(self) -> bool:
        return self.has_proxy_statuses or LogKind.NGINX_ERROR in self.kinds


_Key = tuple[str, str | None, bool]


class _Copy:
    """A part as it is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self._file: TextIO = path.open("w", encoding="utf-8", newline="")
        self._next_line = 1

    def add(self, line_number: int, text: str) -> None:
        self._file.write("\n" * (line_number - self._next_line) + text + "\n")
        self._next_line = line_number + 1
        self.lines += 1

    def close(self) -> None:
        self._file.close()


def is_of_one_program(lines: Sequence[str]) -> bool:
    """Whether the first lines of a file look as if one program had written them all, with nothing before them."""
    if Prefixes(lines):
        return False
    stream = _Stream()
    for line in lines:
        _look(stream, line)
    mixed = [log.kind for log in server_logs().values() if log.has_combined_lines]
    if any(stream.kinds == {kind, LogKind.NGINX_COMBINED} for kind in mixed):
        return not stream.has_proxy_statuses
    return len({stream.owner(kind) for kind in stream.kinds}) == 1


def parts(file: LocalFile, head: Sequence[str], scratch: Scratch, known: "Known") -> tuple[Part, ...]:
    """Split a file, or the next piece of one, into logs of one program each.

    Args:
        file: What to split.
        head: The first lines of the log.
        scratch: For the parts.
        known: What the pieces before it told; what this one tells is added.
    """
    prefixes = Prefixes(head)
    known.stamps.skip_to(file.first_line)
    seen = _Seen(known)
    for line in text_lines(file):
        seen.take(prefixes.unwrap(line))
    copies: dict[_Key, _Copy] = {}
    for line_number, line in enumerate(text_lines(file), start=1):
        text = prefixes.unwrap(line).text
        if not text.strip():
            continue
        key = seen.key(line_number)
        if key[1] in _WITH_PREFIX:
            text = prefixes.plain(line)
        if key not in copies:
            copies[key] = _Copy(scratch.new())
        copies[key].add(line_number, text)
    return tuple(_finished(file, copies, known, known.stamps if prefixes else None))


class Known:
    """What the lines of a log have told so far of the programs in it."""

    def __init__(self) -> None:
        self.stamps = Stamps()
        self.streams: dict[str, _Stream] = {}


def learn(lines: Sequence[str], known: Known) -> None:
    """Learn what programs are in a log from lines that are not read."""
    prefixes = Prefixes(lines)
    for line in lines:
        unwrapped = prefixes.unwrap(line)
        _look(known.streams.setdefault(unwrapped.stream, _Stream(host=unwrapped.host)), unwrapped.text)


class _Seen:
    """What a first look at all lines found: whose line one is can be known at the end only."""

    def __init__(self, known: Known) -> None:
        self._stamps = known.stamps
        self._streams = known.streams
        self._lines: list[tuple[str, str | None]] = []

    def take(self, line: Unwrapped) -> None:
        """Look at the next line."""
        # Names without end are no names of programs.
        is_name = line.stream in self._streams or len(self._streams) < _MOST_STREAMS
        name = line.stream if is_name else ""
        self._lines.append((name, _look(self._streams.setdefault(name, _Stream(host=line.host)), line.text)))
        self._stamps.append(line.written)

    def key(self, line_number: int) -> _Key:
        """Which part a line belongs to."""
        name, kind = self._lines[line_number - 1]
        owner = self._streams[name].owner(kind)
        return name, owner, kind == LogKind.NGINX_COMBINED and owner in server_logs()


def _look(stream: _Stream, text: str) -> str | None:
    kind = kind_of(text)
    if kind is not None:
        stream.kinds.add(kind)
    if kind == LogKind.NGINX_COMBINED and not stream.has_proxy_statuses:
        stream.has_proxy_statuses = text.split('"', _TEXT_PARTS)[2].startswith(_MADE_BY_PROXIES)
    return kind


def _finished(file: LocalFile, copies: dict[_Key, _Copy], known: Known, stamps: Stamps | None) -> Iterator[Part]:
    for (name, kind, in_combined_format), copy in copies.items():
        copy.close()
        yield Part(
            file=LocalFile(name=file.name, path=copy.path, is_gzip=False, first_line=file.first_line),
            kind=kind,
            lines=copy.lines,
            stream=name,
            host=known.streams[name].host,
            in_combined_format=in_combined_format,
            stamps=stamps,
        )

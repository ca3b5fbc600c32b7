"""Plans how a file is read: as the log of one program, in which format, or split into several."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from badgateway.logs.event_grammar import machine_logs
from badgateway.logs.given_format import GivenFormat, unused_notes
from badgateway.logs.learnt_format import format_between, learnt_format
from badgateway.logs.recognising import recognised
from badgateway.logs.scratch import Scratch
from badgateway.logs.source import LocalFile, head
from badgateway.logs.splitting import Known, Part, is_of_one_program, learn, parts
from badgateway.logs.stamps import WITHOUT_A_YEAR_S, date_in
from badgateway.model.log_kind import OF_PROXIES, LogKind
from badgateway.servers.line_format import LineFormat
from badgateway.servers.log import ServerLog
from badgateway.servers.registry import server_logs

_NO_YEAR = "No line of these logs tells the year, so times without one are shown as of the year 2000."


def events_of(kind: str | None) -> ServerLog | None:
    """The log of this kind, if something tells of processes in it."""
    # Most logs are of proxies: those of machines need not be made for them, with all their patterns.
    if kind is None or kind in OF_PROXIES:
        return None
    return server_logs().get(kind) or machine_logs().get(kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A part to read, and its place in the answer."""

    place: tuple[int, int]
    part: Part
    scratch: Scratch
    is_whole: bool = False
    """Whether it is a whole file, of which only the beginning was looked at."""

    @property
    def has_events(self) -> bool:
        """Whether a server tells of itself in it."""
        return events_of(self.part.kind) is not None and not self.part.in_combined_format

    @property
    def order(self) -> tuple[bool, bool, tuple[int, int]]:
        """When it is its turn: what others complete comes after them."""
        stamps = self.part.stamps
        return (self.has_events, stamps is not None and stamps.lack_a_year, self.place)


@dataclass(slots=True, kw_only=True)
class Planner:
    """Remembers of each file, by its number, what is known of it."""

    formats: Sequence[GivenFormat | None] = ()
    """For each file, the one that was given for it, if any."""
    _places: dict[int, dict[object, int]] = field(default_factory=lambda: defaultdict(dict))
    _known: dict[int, Known] = field(default_factory=lambda: defaultdict(Known))
    _told: dict[int, tuple[Sequence[str], Part | None]] = field(default_factory=dict)
    """By the file's number: its first lines, and whose they are."""
    _used: set[str] = field(default_factory=set)
    _dates: dict[str, float] = field(default_factory=dict)
    """The first date with a year in a file, by its name."""
    _has_assumed_a_year: bool = False

    def learn(self, number: int, lines: Sequence[str]) -> None:
        """Learn what programs are in a stream from lines that are not read."""
        learn(lines, self._known[number])

    def planned(self, number: int, file: LocalFile, scratch: Scratch) -> tuple[Job, ...]:
        """What to read of a file, or of the next piece of one; nothing when it has no lines.

        Args:
            number: The file's place in the answer.
            file: To read.
            scratch: For the parts.
        """
        lines = head(file)
        if not lines:
            return ()
        if file.name not in self._dates and (date_s := date_in(lines)) is not None:
            self._dates[file.name] = date_s
        part = self._one_program(number, file, lines)
        if part is None:
            return self._split(number, file, lines, scratch)
        return (Job(place=self._place(number, part), part=part, scratch=scratch, is_whole=True),)

    def kind(self, number: int, file: LocalFile) -> str | None:
        """The kind of a file that one program has written, it seems; None where several have, or nothing is in it."""
        lines = head(file)
        part = self._one_program(number, file, lines) if lines else None
        return None if part is None else part.kind

    def split(self, job: Job) -> tuple[Job, ...]:
        """What to read instead of a file of which only the beginning was of one program."""
        file = job.part.file
        return self._split(job.place[0], file, head(file), job.scratch)

    def near_s(self, part: Part) -> float:
        """A time next to which a part's times without a year are: of its file, of another, or of an assumed year."""
        self._has_assumed_a_year |= part.stamps is not None and part.stamps.lack_a_year and not self._dates
        return self._dates.get(part.file.name, next(iter(self._dates.values()), WITHOUT_A_YEAR_S))

    def notes(self) -> list[str]:
        """Say which of the given formats no file begins with, and what was assumed."""
        has_assumed, self._has_assumed_a_year = self._has_assumed_a_year, False
        return [*unused_notes(self.formats, self._used), *([_NO_YEAR] if has_assumed else [])]

    def _one_program(self, number: int, file: LocalFile, lines: Sequence[str]) -> Part | None:
        # To tell the kind takes some milliseconds, and a log of many pieces begins but once.
        told = self._told.get(number)
        if told is None or told[0] != lines:
            told = self._told[number] = (lines, self._tell(number, file, lines))
        return told[1] and replace(told[1], file=file)

    def _tell(self, number: int, file: LocalFile, lines: Sequence[str]) -> Part | None:
        own = self._own_format(number, lines)
        if own is not None:
            return Part(file=file, kind=own.kind, lines=0, line_format=own)
        if not is_of_one_program(lines):
            return None
        return _with_its_format(Part(file=file, kind=recognised(file.name, lines), lines=0), lines)

    def _own_format(self, number: int, lines: Sequence[str]) -> LineFormat | None:
        """The format that was given for a file, or else the one that its first lines have; None: a kind is known."""
        given = self.formats[number] if self.formats else None
        if given is not None and given.is_of(lines):
            self._used.add(given.text)
            return given.line_format
        learnt = learnt_format(lines)
        return None if learnt is None else learnt.line_format

    def _split(self, number: int, file: LocalFile, lines: Sequence[str], scratch: Scratch) -> tuple[Job, ...]:
        return tuple(
            Job(place=self._place(number, part), part=_with_its_format(part, head(part.file)), scratch=scratch)
            for part in parts(file, lines, scratch, self._known[number])
        )

    def _place(self, number: int, part: Part) -> tuple[int, int]:
        """Where a program of a file is told of: in the order in which they turned up."""
        places = self._places[number]
        return number, places.setdefault((part.stream, part.kind, part.in_combined_format), len(places))


def _with_its_format(part: Part, lines: Sequence[str]) -> Part:
    """Give a part the format of its requests: one of no known kind that which it has, an application its server's."""
    if part.kind == LogKind.APPLICATION:
        return replace(part, line_format=format_between(lines))
    learnt = learnt_format(lines) if part.kind is None and lines else None
    return part if learnt is None else replace(part, kind=learnt.line_format.kind, line_format=learnt.line_format)

"""Reads files into the tables of evidence: first what tells of requests, then what servers say, whose zone follows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from badgateway.logs.event_grammar import KERNEL
from badgateway.logs.evidence import LogFile, MalformedLine
from badgateway.logs.formats import format_of
from badgateway.logs.given_format import GivenFormat, unused_notes
from badgateway.logs.held import HeldPart
from badgateway.logs.learnt_format import learnt_format
from badgateway.logs.other_errors import OTHER_ERRORS, UNREAD, add_other_errors, other_projection
from badgateway.logs.proxy_errors import MALFORMED, add_proxy_errors, error_projection
from badgateway.logs.recognising import recognised
from badgateway.logs.request_rows import add_failures, add_volume
from badgateway.logs.scanning import foreign_lines, malformed, request_projections, row_count, scanned
from badgateway.logs.scratch import Scratch
from badgateway.logs.server_events import add_server_events
from badgateway.logs.servers import server_logs
from badgateway.logs.source import LocalFile, head
from badgateway.logs.splitting import Known, Part, is_of_one_program, learn, parts
from badgateway.logs.stamps import Clock, Stamps
from badgateway.logs.zones import stated_s, zone_of_errors, zone_of_server
from badgateway.model.evidence import LogKind
from badgateway.servers.line_format import LineFormat
from badgateway.servers.log import ServerLog


def _events_of(kind: str | None) -> ServerLog | None:
    return KERNEL if kind == LogKind.KERNEL else server_logs().get(kind or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A part to read, and its place in the answer."""

    place: tuple[int, int]
    part: Part
    scratch: Scratch
    is_whole: bool = False
    """Whether it is a whole file, of which only the beginning was looked at."""

    @property
    def has_events(self) -> bool:
        return _events_of(self.part.kind) is not None and not self.part.in_combined_format

    @property
    def order(self) -> tuple[bool, bool, tuple[int, int]]:
        stamps = self.part.stamps
        return (self.has_events, stamps is not None and stamps.lack_a_year, self.place)


class _Mixed(Exception):  # noqa: N818 # nothing went wrong
    """Behind its beginning the file turned out to have lines of another program too."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads files into a database that has the tables of evidence."""

    connection: duckdb.DuckDBPyConnection
    scratch: Scratch
    utc_offset_s: float | None
    """None: it is to be found out."""
    mask: bool
    likely_offset_s: float = 0.0
    """What it is taken for where the logs do not tell."""
    errors_offset_s: float = 0.0
    formats: Sequence[GivenFormat | None] = ()
    """For each file, the one that was given for it, if any."""
    notes: list[str] = field(default_factory=list)
    found: dict[tuple[int, int], LogFile] = field(default_factory=dict)
    _places: dict[int, dict[object, int]] = field(default_factory=lambda: defaultdict(dict))
    _known: dict[int, Known] = field(default_factory=lambda: defaultdict(Known))
    _later: list[_Job] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)
    _held: dict[tuple[int, int], HeldPart] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take times without a zone for UTC until they are known better."""
        self.errors_offset_s = self.utc_offset_s or 0.0

    def take_file(self, number: int, file: LocalFile) -> None:
        """Read what tells of requests in a file.

        Args:
            number: The file's place in the answer.
            file: Which stays there until all has been read.

        Raises:
            RawDataError: It is damaged.
        """
        self._later += self._requests(self._planned(number, file))

    def take_piece(self, number: int, piece: LocalFile, came_s: float = 0.0) -> None:
        """Read what tells of requests in the next piece of a stream, and hold what else it has.

        Args:
            number: The stream's place in the answer.
            piece: Which may go when this returns.
            came_s: When it came, on the caller's clock.
        """
        for job in self._requests(self._planned(number, piece)):
            held = self._held.setdefault(job.place, HeldPart(part=job.part, is_whole=job.is_whole))
            held.add(job.part, is_whole=job.is_whole, came_s=came_s)

    def learn(self, number: int, lines: Sequence[str]) -> None:
        """Learn what programs are in a stream from lines that are not read."""
        learn(lines, self._known[number])

    def take_nothing(self, number: int, name: str) -> None:
        """Note a stream that had no line."""
        self.found[number, 0] = LogFile(name=name, kind=None, lines=0)

    def forget_held(self, before_s: float) -> None:
        """Forget what was held and came earlier."""
        for held in self._held.values():
            held.drop_before(before_s)

    def finish(self, memory: Scratch) -> tuple[LogFile, ...]:
        """Read what servers say, now that the zone of their times is known; what was found comes in order.

        Args:
            memory: Where to put what was held.
        """
        self._settle_zone()
        self.notes += unused_notes(self.formats, self._used)
        held = [
            _Job(place=place, part=part, scratch=memory, is_whole=each.is_whole)
            for place, each in self._held.items()
            if (part := each.whole(memory)) is not None
        ]
        self._events([*self._later, *held])
        return tuple(self.found[place] for place in sorted(self.found))

    def _planned(self, number: int, file: LocalFile) -> Iterable[_Job]:
        lines = head(file)
        if not lines:
            self.found.setdefault((number, 0), LogFile(name=file.name, kind=None, lines=0))
            return ()
        own = self._own_format(number, lines)
        if own is None and not is_of_one_program(lines):
            return self._split(number, file, lines, self.scratch)
        kind = recognised(file.name, lines) if own is None else own.kind
        part = Part(file=file, kind=kind, lines=0, line_format=own)
        return (_Job(place=self._place(number, part), part=part, scratch=self.scratch, is_whole=True),)

    def _own_format(self, number: int, lines: Sequence[str]) -> LineFormat | None:
        """The format that was given for a file, or else the one that its first lines have; None: a kind is known."""
        given = self.formats[number] if self.formats else None
        if given is not None and given.is_of(lines):
            self._used.add(given.text)
            return given.line_format
        learnt = learnt_format(lines)
        return None if learnt is None else learnt.line_format

    def _split(self, number: int, file: LocalFile, lines: Sequence[str], scratch: Scratch) -> tuple[_Job, ...]:
        return tuple(
            _Job(place=self._place(number, part), part=part, scratch=scratch)
            for part in parts(file, lines, scratch, self._known[number])
        )

    def _place(self, number: int, part: Part) -> tuple[int, int]:
        """Where a program of a file is told of: in the order in which they turned up."""
        places = self._places[number]
        return number, places.setdefault((part.stream, part.kind, part.in_combined_format), len(places))

    def _tell(self, job: _Job, lines: int, malformed_lines: int, first: tuple[MalformedLine, ...]) -> None:
        """Note what was found in a part, with what the pieces before it had of this program."""
        found, before = job.part.found(lines, malformed_lines, first), self.found.get(job.place)
        self.found[job.place] = found if before is None or before.kind is not found.kind else before.with_more(found)

    def _requests(self, jobs: Iterable[_Job]) -> list[_Job]:
        """Read what tells of requests; return what is left to read."""
        later = []
        for job in sorted(jobs, key=lambda job: job.order):
            if job.has_events:
                later.append(job)
                continue
            try:
                self._read(job)
            except _Mixed:
                later += self._requests(self._again(job))
        return later

    def _events(self, jobs: Iterable[_Job]) -> None:
        for job in sorted(jobs, key=lambda job: job.order):
            try:
                self._read(job)
            except _Mixed:
                self._events(self._requests(self._again(job)))

    def _again(self, job: _Job) -> tuple[_Job, ...]:
        return self._split(job.place[0], job.part.file, head(job.part.file), job.scratch)

    def _settle_zone(self) -> None:
        if self.utc_offset_s is not None:
            return
        zone = zone_of_errors(self.connection, self.likely_offset_s)
        self.errors_offset_s = zone.utc_offset_s
        if zone.note:
            self.notes.append(zone.note)
        if zone.utc_offset_s:
            self.connection.execute("UPDATE proxy_errors SET time_s = time_s - ?", [zone.utc_offset_s])

    def _read(self, job: _Job) -> None:
        part = job.part
        if part.kind is None:
            self._read_unknown(job)
        elif part.kind is LogKind.NGINX_ERROR:
            self._read_errors(job)
        elif part.kind in OTHER_ERRORS:
            self._read_other_errors(job, part.kind)
        elif part.kind is LogKind.KERNEL:
            self._read_kernel(job)
        else:
            self._read_requests(job, format_of(part))

    def _read_unknown(self, job: _Job) -> None:
        with scanned(self.connection, job.part.file, ("line",), job.scratch) as table:
            count, first = malformed(table, "TRUE", mask=self.mask)
        self._tell(job, job.part.lines, count, first)

    def _read_errors(self, job: _Job) -> None:
        projections = (error_projection(self.errors_offset_s),)
        with scanned(self.connection, job.part.file, projections, job.scratch) as table:
            self._require_one_program(job, MALFORMED)
            self._note(job, table, MALFORMED)
            add_proxy_errors(table, file_name=job.part.file.name, mask=self.mask)

    def _read_other_errors(self, job: _Job, kind: str) -> None:
        with scanned(self.connection, job.part.file, (other_projection(kind),), job.scratch) as table:
            self._require_one_program(job, UNREAD)
            self._note(job, table, UNREAD)
            # Apache's two logs have the same zone, and only one of them says it.
            offset_s = stated_s(self.connection) if self.utc_offset_s is None else self.utc_offset_s
            add_other_errors(table, kind, file_name=job.part.file.name, utc_offset_s=offset_s, mask=self.mask)

    def _read_kernel(self, job: _Job) -> None:
        with scanned(self.connection, job.part.file, ("line",), job.scratch) as table:
            self._note(job, table, "FALSE")
            self._add_events(job.part, self.errors_offset_s)

    def _read_requests(self, job: _Job, line_format: LineFormat) -> None:
        unread = "status IS NULL OR time_s IS NULL"
        bad = f"({unread}) AND {line_format.claims_to_be_a_request or 'TRUE'}"
        with scanned(self.connection, job.part.file, request_projections(line_format), job.scratch) as table:
            self._require_one_program(job, unread)
            self._note(job, table, bad)
            offset_s = self._server_offset_s(job)
            moved = f"line_number, status, time_s - {offset_s!r} AS time_s, line"
            requests = table.project(moved) if line_format.has_local_times else table
            add_volume(requests, line_format)
            add_failures(self.connection, requests, line_format, file_name=job.part.file.name, mask=self.mask)
            if job.has_events:
                self._add_events(job.part, offset_s)

    def _require_one_program(self, job: _Job, unread: str) -> None:
        is_to_be_seen = job.is_whole and job.part.line_format is None
        if is_to_be_seen and job.part.kind is not None and foreign_lines(self.connection, job.part.kind, unread):
            raise _Mixed

    def _server_offset_s(self, job: _Job) -> float:
        log = _events_of(job.part.kind)
        if self.utc_offset_s is not None or not job.has_events or log is None or not log.has_local_times:
            return self.errors_offset_s
        zone = zone_of_server(self.connection, job.part.file.name, self.errors_offset_s)
        if zone.note and zone.utc_offset_s != self.errors_offset_s:
            self.notes.append(zone.note)
        return zone.utc_offset_s

    def _add_events(self, part: Part, offset_s: float) -> None:
        log = _events_of(part.kind)
        if log is None:
            return
        add_server_events(
            self.connection,
            log=log,
            file_name=part.file.name,
            first_line=part.file.first_line,
            instance=f"{part.file.name} ({part.stream})" if part.stream else None,
            written_s=None if part.stamps is None else self._clock(part.stamps, offset_s),
            utc_offset_s=offset_s,
            mask=self.mask,
        )

    def _clock(self, stamps: Stamps, offset_s: float) -> Clock:
        return Clock(stamps=stamps, near_s=self._last_request_s(), utc_offset_s=offset_s)

    def _last_request_s(self) -> float | None:
        """When the last request or complaint was: what tells the year of times that have none."""
        query = (
            "SELECT max(s) FROM (SELECT max(minute_s) AS s FROM volume UNION ALL SELECT max(time_s) FROM proxy_errors)"
        )
        ((last_s,),) = self.connection.execute(query).fetchall()
        return None if last_s is None else float(last_s)

    def _note(self, job: _Job, table: duckdb.DuckDBPyRelation, bad: str) -> None:
        count, first = malformed(table, bad, mask=self.mask)
        self._tell(job, row_count(table) if job.is_whole else job.part.lines, count, first)

"""Reads files into the tables of evidence: first what tells of requests, then what servers say, whose zone follows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import duckdb

from badgateway.logs import zones
from badgateway.logs.formats import format_of
from badgateway.logs.held import HeldPart
from badgateway.logs.left_lines import LeftLines
from badgateway.logs.log_evidence import LogFile, MalformedLine
from badgateway.logs.other_errors import OTHER_ERRORS, UNREAD, add_other_errors, other_projection
from badgateway.logs.planning import Job, Planner, events_of
from badgateway.logs.proxy_errors import MALFORMED, add_proxy_errors, error_projections
from badgateway.logs.request_rows import add_dated_lines, add_failures, add_volume
from badgateway.logs.scanning import (
    LOOKS_LIKE_A_REQUEST,
    date,
    foreign_lines,
    has_requests,
    malformed,
    request_projections,
    scanned,
)
from badgateway.logs.scratch import Scratch
from badgateway.logs.server_events import add_server_events, forget_ended_twice
from badgateway.logs.source import LocalFile
from badgateway.logs.splitting import Part
from badgateway.logs.stamps import Clock
from badgateway.logs.streaming import file_pieces
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat
from badgateway.servers.registry import server_logs

_PIECE_BYTES = 16 * 1024 * 1024
_PIECES_AT_ONCE = 8
"""What was read is compressed so many pieces at a time: each time all that is not yet full is done anew."""
_KEPT_WHOLE = (LogKind.NGINX_ERROR, *OTHER_ERRORS)
"""Nearly all lines of these are kept."""


class _Mixed(Exception):  # noqa: N818 # nothing went wrong
    """Behind its beginning the file turned out to have lines of another program too."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads files into a database that has the tables of evidence."""

    connection: duckdb.DuckDBPyConnection
    planner: Planner
    scratch: Scratch
    utc_offset_s: float | None
    """None: it is to be found out."""
    mask: bool
    likely_offset_s: float = 0.0
    """What it is taken for where the logs do not tell."""
    errors_offset_s: float = 0.0
    leaves_lines: bool = False
    """Whether those of a large error log stay where they are, to be read again where they are shown."""
    left: LeftLines | None = None
    notes: list[str] = field(default_factory=list)
    found: dict[tuple[int, int], LogFile] = field(default_factory=dict)
    _haproxy_is_local: bool = False
    _later: list[Job] = field(default_factory=list)
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
        is_large = file.path.stat().st_size > _PIECE_BYTES
        if not is_large or self.planner.kind(number, file) not in _KEPT_WHOLE:
            self._later += self._requests(self._planned(number, file))
            return
        if self.leaves_lines and not file.is_gzip:
            self.left = LeftLines(self.connection, file.name, file.path, mask=self.mask)
        # Not to have all its lines in memory twice.
        with file_pieces(file, self.scratch, _PIECE_BYTES) as pieces:
            for read, piece in enumerate(pieces, start=1):
                self._later += self._requests(self._planned(number, piece))
                if read % _PIECES_AT_ONCE == 0:
                    self.compress()

    def compress(self) -> None:
        """Have what was read so far take less memory."""
        self.connection.execute("CHECKPOINT")

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
        held = [
            Job(place=place, part=part, scratch=memory, is_whole=each.is_whole)
            for place, each in self._held.items()
            if (part := each.whole(memory)) is not None
        ]
        self._events([*self._later, *held])
        forget_ended_twice(self.connection)
        self.notes += self.planner.notes()
        if self._haproxy_is_local:
            self._settle_haproxy()
        return tuple(self.found[place] for place in sorted(self.found))

    def _planned(self, number: int, file: LocalFile) -> tuple[Job, ...]:
        jobs = self.planner.planned(number, file, self.scratch)
        if not jobs:
            self.found.setdefault((number, 0), LogFile(name=file.name, kind=None, lines=0))
        return jobs

    def _tell(self, job: Job, lines: int, malformed_lines: int, first: tuple[MalformedLine, ...]) -> None:
        """Note what was found in a part, with what the pieces before it had of this program."""
        found, before = job.part.found(lines, malformed_lines, first), self.found.get(job.place)
        self.found[job.place] = found if before is None or before.kind is not found.kind else before.with_more(found)

    def _requests(self, jobs: Iterable[Job]) -> list[Job]:
        """Read what tells of requests; return what is left to read."""
        later = []
        for job in sorted(jobs, key=lambda job: job.order):
            if job.has_events:
                later.append(job)
                continue
            try:
                self._read(job)
            except _Mixed:
                later += self._requests(self.planner.split(job))
        return later

    def _events(self, jobs: Iterable[Job]) -> None:
        for job in sorted(jobs, key=lambda job: job.order):
            try:
                self._read(job)
            except _Mixed:
                self._events(self._requests(self.planner.split(job)))

    def _settle_zone(self) -> None:
        if self.utc_offset_s is not None:
            return
        zone = zones.zone_of_errors(self.connection, self.likely_offset_s)
        self.errors_offset_s = zone.utc_offset_s
        if zone.note:
            self.notes.append(zone.note)
        if zone.utc_offset_s:
            zones.move_errors(self.connection, zone.utc_offset_s)

    def _settle_haproxy(self) -> None:
        if self.utc_offset_s is not None:
            return
        zone = zones.zone_of_haproxy(self.connection, self.errors_offset_s)
        if zone.note:
            self.notes.append(zone.note)
        zones.move_haproxy(self.connection, zone.utc_offset_s)

    def _read(self, job: Job) -> None:
        part = job.part
        if part.kind is None:
            self._read_unknown(job)
        elif part.kind is LogKind.NGINX_ERROR:
            self._read_errors(job)
        elif part.kind in OTHER_ERRORS:
            self._read_other_errors(job, part.kind)
        elif job.has_events and part.kind not in server_logs() and part.line_format is None:
            self._read_events(job)
        else:
            self._read_requests(job, format_of(part))

    def _read_unknown(self, job: Job) -> None:
        with scanned(self.connection, job.part.file, ("line",), job.scratch) as (rows, _):
            self._tell(job, job.part.lines, *malformed(self.connection, rows, "TRUE", mask=self.mask))

    def _read_errors(self, job: Job) -> None:
        projections = error_projections(self.errors_offset_s)
        with scanned(self.connection, job.part.file, projections, job.scratch) as (rows, lines):
            self._require_one_program(job, MALFORMED)
            self._note(job, rows, lines, MALFORMED)
            self._note_times(job, rows)
            name, host = job.part.file.name, job.part.host
            leaves = self.left is not None and job.is_whole and self.left.leave(job.part.file, lines)
            add_proxy_errors(self.connection, rows, file_name=name, host=host, mask=self.mask, leaves_lines=leaves)

    def _read_other_errors(self, job: Job, kind: str) -> None:
        with scanned(self.connection, job.part.file, (other_projection(kind),), job.scratch) as (rows, lines):
            self._require_one_program(job, UNREAD)
            self._note(job, rows, lines, UNREAD)
            # Apache's two logs have the same zone, and only one of them says it.
            offset_s = zones.stated_s(self.connection) if self.utc_offset_s is None else self.utc_offset_s
            name, host = job.part.file.name, job.part.host
            add_other_errors(
                self.connection, rows, kind, file_name=name, host=host, utc_offset_s=offset_s, mask=self.mask
            )

    def _read_events(self, job: Job) -> None:
        with scanned(self.connection, job.part.file, ("line",), job.scratch) as (rows, lines):
            self._tell(job, lines if job.is_whole else job.part.lines, 0, ())
            self._add_events(job.part, rows, self.errors_offset_s)

    def _read_requests(self, job: Job, line_format: LineFormat) -> None:
        unread = "status IS NULL OR time_s IS NULL"
        claim = line_format.claims_to_be_a_request or "TRUE"
        with scanned(self.connection, job.part.file, request_projections(line_format), job.scratch) as (rows, lines):
            self._require_one_program(job, unread)
            if (clock := self._clock(job.part, self.errors_offset_s)) is not None:
                date(self.connection, rows, clock)
            any_request = not job.has_events or has_requests(self.connection, rows)
            if not any_request:
                # Its format may be unknown: what looks like a request was not read, then.
                claim = LOOKS_LIKE_A_REQUEST
            self._note(job, rows, lines, f"({unread}) AND {claim}")
            offset_s = self._server_offset_s(job)
            moved = f"(SELECT * REPLACE (time_s - {offset_s!r} AS time_s) FROM {rows})"  # noqa: S608 # constants
            requests = moved if line_format.has_local_times else rows
            self._note_times(job, requests)
            self._haproxy_is_local |= line_format.kind is LogKind.HAPROXY and line_format.has_local_times
            if any_request:
                add_volume(self.connection, requests, line_format)
                name, host = job.part.file.name, job.part.host
                add_failures(self.connection, requests, line_format, file_name=name, host=host, mask=self.mask)
            if job.has_events:
                self._add_events(job.part, rows, offset_s)

    def _require_one_program(self, job: Job, unread: str) -> None:
        is_to_be_seen = job.is_whole and job.part.line_format is None
        if is_to_be_seen and job.part.kind is not None and foreign_lines(self.connection, job.part.kind, unread):
            raise _Mixed

    def _server_offset_s(self, job: Job) -> float:
        log = events_of(job.part.kind)
        if self.utc_offset_s is not None or not job.has_events or log is None or not log.has_local_times:
            return self.errors_offset_s
        zone = zones.zone_of_server(self.connection, job.part.file.name, self.errors_offset_s)
        if zone.note and zone.utc_offset_s != self.errors_offset_s:
            self.notes.append(zone.note)
        return zone.utc_offset_s

    def _add_events(self, part: Part, rows: str, offset_s: float) -> None:
        log = events_of(part.kind)
        if log is None:
            return
        add_server_events(
            self.connection,
            rows,
            log=log,
            part=part,
            written_s=self._clock(part, offset_s),
            utc_offset_s=offset_s,
            mask=self.mask,
        )

    def _clock(self, part: Part, offset_s: float) -> Clock | None:
        if part.stamps is None:
            return None
        near_s = zones.last_request_s(self.connection) or self.planner.near_s(part)
        return Clock(stamps=part.stamps, near_s=near_s, utc_offset_s=offset_s)

    def _note_times(self, job: Job, rows: str) -> None:
        """Keep the times of lines beside which others without a time may stand: in a server's log, or another's."""
        if job.has_events or not job.is_whole:
            add_dated_lines(self.connection, rows, kind=job.part.kind or "", file_name=job.part.file.name)

    def _note(self, job: Job, rows: str, lines: int, bad: str) -> None:
        count, first = malformed(self.connection, rows, bad, mask=self.mask)
        self._tell(job, lines if job.is_whole else job.part.lines, count, first)

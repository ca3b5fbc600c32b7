"""What reading log files yields: a database of evidence, and what was found in each file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from badgateway.model.log_kind import LogKind
from badgateway.servers.registry import server_logs

SHOWN_MALFORMED = 5
"""Lines of a program that could not be read, and are kept to be shown."""

_OUTERMOST_FIRST = (
    (LogKind.CLOUDFRONT,),
    (LogKind.ALB, LogKind.CLASSIC_ELB, LogKind.HEROKU),
    (
        LogKind.HAPROXY,
        LogKind.TRAEFIK,
        LogKind.CADDY,
        LogKind.IIS,
    ),
    (
        LogKind.NGINX_COMBINED,
        LogKind.NGINX_JSON,
        LogKind.OWN_FORMAT,
    ),
)


def _of_servers() -> tuple[str, ...]:
    return (LogKind.OTHER_SERVER, *server_logs())


def outermost_first() -> tuple[str, ...]:
    """Return the kinds of logs that have requests, those of what stands furthest in front first."""
    return (*(kind for rank in _OUTERMOST_FIRST for kind in rank), *_of_servers())


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedLine:
    """A line that is not of its file's kind; text is masked and cut."""

    line_number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """The lines of one program in a file: all of it, mostly.

    Attributes:
        name: Of the file.
        kind: None for an empty file, and for lines of no kind that is known here.
        lines: Of this program.
        stream: What the lines' prefix calls the program; empty where they have none.
        host: The machine or pod that the prefix names; empty where it names none.
    """

    name: str
    kind: str | None
    lines: int
    stream: str = ""
    host: str = ""
    malformed_lines: int = 0
    first_malformed: tuple[MalformedLine, ...] = ()

    def with_more(self, more: "LogFile") -> "LogFile":
        """This, with what a later piece of the file has of the same program."""
        return replace(
            self,
            lines=self.lines + more.lines,
            malformed_lines=self.malformed_lines + more.malformed_lines,
            first_malformed=(*self.first_malformed, *more.first_malformed)[:SHOWN_MALFORMED],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvidence:
    """The filled tables of model.evidence.TABLES in a DuckDB connection that the holder closes."""

    connection: duckdb.DuckDBPyConnection
    files: tuple[LogFile, ...]
    utc_offset_s: float = 0.0
    """How far ahead of UTC the local times of nginx's error log were taken to be."""
    notes: tuple[str, ...] = ()
    """What was assumed of the logs: sentences."""
    again: Callable[[Sequence[int]], Mapping[int, str]] | None = None
    """Reads lines again, by their numbers in the one file whose lines were left in it; None: all lines are kept."""

    @property
    def counted_kinds(self) -> tuple[str, ...]:
        """The outermost kinds that logged requests: the same request may be in an inner server's log once more."""
        # As text, here and below: of a relation each step is planned, which takes longer than to ask a short log.
        logged = {source for (source,) in self.connection.execute("SELECT DISTINCT source FROM volume").fetchall()}
        present = (tuple(kind for kind in rank if kind in logged) for rank in (*_OUTERMOST_FIRST, _of_servers()))
        return next((kinds for kinds in present if kinds), ())

    @property
    def requests(self) -> int:
        """How many requests the logs of counted_kinds hold."""
        return self._of_counted_kinds("volume", "CAST(coalesce(sum(requests), 0) AS BIGINT)")

    @property
    def failures(self) -> int:
        """How many requests in the logs of counted_kinds failed or were retried: rows of `failures`."""
        return self._of_counted_kinds("failures", "count(*)")

    def _of_counted_kinds(self, table: str, aggregate: str) -> int:
        kinds = ", ".join(f"'{kind}'" for kind in self.counted_kinds) or "NULL"
        found = f"SELECT {aggregate} FROM {table} WHERE source IN ({kinds})"  # noqa: S608 # words of the evidence
        ((total,),) = self.connection.execute(found).fetchall()
        return int(total)

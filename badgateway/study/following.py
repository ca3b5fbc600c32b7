"""Follows logs: reads what is appended to them, and has a cause found for each failure as it comes."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from badgateway.analysis.explanation import count_once, file_read, given_kinds
from badgateway.causes import diagnose
from badgateway.causes.live_incidents import LiveIncident, LiveIncidents, failed_seconds
from badgateway.causes.remarks import remarks_by_subject
from badgateway.logs import Source
from badgateway.logs.following import WINDOW_S, LogFollower
from badgateway.model.explanation import FileRead
from badgateway.model.masking import masked
from badgateway.study.tail import FileTail, StreamTail, open_any

_SETTLED_S = WINDOW_S / 2
"""Failures this much older than the last are not attributed again: evidence of them may be forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found so far."""

    incidents: tuple[LiveIncident, ...]
    requests: int
    """In all access logs since the beginning."""
    files: tuple[FileRead, ...]
    utc_offset_s: float
    followed_s: float
    evidence: Mapping[str, str] = field(default_factory=dict)
    """The line that showed a cause last, by the cause's id."""
    remarks: tuple[str, ...] = ()
    """What the logs told beside failures, each as it was when it was first true, in that order."""

    @property
    def failures(self) -> int:
        """Requests that failed since the beginning."""
        return sum(each.incident.count for each in self.incidents)

    def causes(self) -> list[tuple[LiveIncident, int]]:
        """Return an incident of each cause and the failures of all incidents of it, the most frequent first."""
        counts: Counter[str] = Counter()
        last: dict[str, LiveIncident] = {}
        for each in self.incidents:
            name = each.incident.cause.id if each.incident.cause else ""
            counts[name] += each.incident.count
            last[name] = each
        return [(last[name], count) for name, count in counts.most_common()]


class Following:
    """Logs that are followed, as a context manager."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        utc_offset_s: float | None = None,
        mask: bool = True,
        clock: Callable[[], float] = time.monotonic,
        open_file: Callable[[Path], BinaryIO] = open_any,
    ) -> None:
        """Begin at the end of files and at the beginning of streams.

        Args:
            sources: Files and streams.
            utc_offset_s: How far ahead of UTC local times without a zone are; None: it is found out, and taken for
                this machine's where the logs do not tell.
            mask: Whether to mask secrets.
            clock: Seconds that never go back.
            open_file: Opens a file for reading.

        Raises:
            ConfigurationError: A file cannot be read.
        """
        self._clock = clock
        self._started_s = clock()
        self._incidents = LiveIncidents()
        self._evidence: dict[str, str] = {}
        self._remarks: dict[str, str] = {}
        self._mask = mask
        self._dirty = False
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="badgateway-follow-"))
            self._tails = [stack.enter_context(closing(_tail(source, open_file))) for source in sources]
            self._follower = LogFollower(
                [source.name for source in sources],
                Path(folder),
                utc_offset_s=utc_offset_s,
                likely_offset_s=float(time.localtime().tm_gmtoff),
                mask=mask,
                formats=[source.log_format for source in sources],
            )
            stack.callback(self._follower.close)
            for number, tail in enumerate(self._tails):
                self._follower.see(number, tail.before)
            self._stack = stack.pop_all()
        self.look = Look(incidents=(), requests=0, files=(), utc_offset_s=0.0, followed_s=0.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of files and of what was read."""
        self._stack.close()

    @property
    def is_over(self) -> bool:
        """Whether nothing can come any more: all are streams that have ended."""
        return all(tail.is_over for tail in self._tails)

    def poll(self) -> Look:
        """Read what came, and look at it; return what was found so far."""
        now_s = self._clock()
        came = [self._take(number, tail, now_s) for number, tail in enumerate(self._tails)]
        self._dirty = any(came)
        if self._dirty:
            self._look(now_s)
        else:
            self._incidents.look((), since_s=float("inf"), now_s=now_s)
            self.look = self._looked(self.look.requests, self.look.files, self.look.utc_offset_s)
        return self.look

    def end(self) -> Look:
        """Read what is left, and take all incidents for over; return what was found in all."""
        while any(not tail.is_over for tail in self._tails if isinstance(tail, StreamTail)) and self._dirty:
            self.poll()
        self.poll()
        self._incidents.end_all()
        return self._looked(self.look.requests, self.look.files, self.look.utc_offset_s)

    def _take(self, number: int, tail: FileTail | StreamTail, now_s: float) -> bool:
        content = tail.read()
        return bool(content or tail.is_over) and self._follower.take(number, content, now_s, is_last=tail.is_over)

    def _look(self, now_s: float) -> None:
        self._follower.forget(now_s - WINDOW_S)
        with self._follower.evidence() as evidence:
            count_once(evidence.connection)
            diagnosis = diagnose(
                evidence.connection,
                requests=evidence.requests,
                given=given_kinds(evidence.files),
                mask=self._mask,
            )
            self._evidence |= {each.cause.id: each.evidence[-1].text for each in diagnosis.causes if each.evidence}
            found = failed_seconds(evidence.connection, time.time(), mask=self._mask)
            requests = evidence.requests
            self._remark(remarks_by_subject(evidence.connection, has_failed=bool(self._incidents.incidents)))
        last_s = max((each.second for each in found), default=0)
        self._incidents.look(found, since_s=last_s - _SETTLED_S, now_s=now_s)
        self.look = self._looked(requests, tuple(map(file_read, evidence.files)), evidence.utc_offset_s)

    def _remark(self, found: Mapping[str, str]) -> None:
        for about, sentence in found.items():
            self._remarks.setdefault(about, masked(sentence) if self._mask else sentence)

    def _looked(self, requests: int, files: tuple[FileRead, ...], utc_offset_s: float) -> Look:
        return Look(
            incidents=self._incidents.incidents,
            requests=requests,
            files=files,
            utc_offset_s=utc_offset_s,
            followed_s=self._clock() - self._started_s,
            evidence=dict(self._evidence),
            remarks=tuple(self._remarks.values()),
        )


def _tail(source: Source, open_file: Callable[[Path], BinaryIO]) -> FileTail | StreamTail:
    return FileTail(source.content, open_file) if isinstance(source.content, Path) else StreamTail(source.content)

"""Tells failures by cause while logs grow, for next to nothing: only what may have failed is looked at, and aside."""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from badgateway.model.live_server import FailuresSeen
from badgateway.process.child import describe_exit
from badgateway.study.tail import FileTail

LOGS_EVERY_S = 3.0
WINDOW_S = 600.0
"""How far back a look at the logs goes."""
_MOST_BYTES = 16 * 1024 * 1024
"""Of a file in one look."""
_SETTLED_S = WINDOW_S / 2
"""Failures this much older than the last are not told anew: evidence of them may be out of sight."""
_CORE_SHARE = 0.01
"""Of a core, in the mean, is what looks may take."""
_LAST_LOOK_S = 10.0
_WENT_WELL = re.compile(
    rb"""(?:HTTP/\d(?:\.\d)?"? |"status": ?"?)(?:[123]\d\d|4(?!08|99)\d\d)\b""",
)
"""A line of a request that was answered, as nginx, uWSGI, Gunicorn and JSON have its status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a log."""

    path: str
    begin: int
    """The byte that it begins with; in the midst of a line it begins with that line."""
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a look has found."""

    failed: Sequence[tuple[int, str, int]] = ()
    """The second, the cause's id or an empty text, and how many."""
    titles: Mapping[str, str] = field(default_factory=dict)
    cpu_s: float = 0.3
    fault: str = ""
    """Why it found nothing; empty where it looked."""


class Looking(Protocol):
    """A look that is under way."""

    def told(self, timeout_s: float) -> Told | None:
        """Return what it found, once it has ended; None before."""

    def close(self) -> None:
        """End it."""


class LookAside:
    """A look in a process of its own: a database that tells causes apart takes memory, and gives it back with that."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        """Begin to look."""
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115 # closed by close()
        # Without the working directory among the places that are imported from: it may be anybody's. In a session of
        # its own, so that Ctrl-C does not end it before the watch has its last answer.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "badgateway.study.log_look", json.dumps([asdict(one) for one in stretches])],
            stdin=subprocess.DEVNULL,
            stdout=self._answer,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def told(self, timeout_s: float) -> Told | None:
        """Return what it found; None as long as it looks."""
        try:
            status = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        if status:
            return Told(fault=f"the causes of failures could not be told: their look {describe_exit(status)}")
        self._answer.seek(0)
        return Told(**json.loads(self._answer.read()))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._answer.close()


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where the files ended at a time."""

    clock_s: float
    time_s: float
    """In the logs' time."""
    places: tuple[int, ...]


@dataclass(slots=True)
class _Counts:
    """Failures by cause and second, each told once."""

    _recent: Counter[tuple[int, str]] = field(default_factory=Counter)
    _settled: Counter[str] = field(default_factory=Counter)

    def take(self, failed: Sequence[tuple[int, str, int]], whole_from_s: float) -> None:
        """Take what a look found, of the seconds from which on it saw everything."""
        since_s = max(whole_from_s, max((second for second, _, _ in failed), default=0) - _SETTLED_S)
        for (second, cause), count in self._recent.items():
            if second < since_s:
                self._settled[cause] += count
        self._recent = Counter({(second, cause): count for second, cause, count in failed if second >= since_s})

    @property
    def by_cause(self) -> Counter[str]:
        """All of them."""
        found = Counter(self._settled)
        for (_, cause), count in self._recent.items():
            found[cause] += count
        return found


class LogWatch:
    """The failures that logs tell of since the watch began, by cause; a file that is rotated begins anew."""

    def __init__(
        self,
        files: Sequence[Path],
        clock: Callable[[], float] = time.monotonic,
        look: Callable[[Sequence[Stretch]], Looking] = LookAside,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin at the ends of the files.

        Raises:
            ConfigurationError: One cannot be read.
        """
        self._files, self._clock, self._look, self._now = files, clock, look, now
        self._stack = ExitStack()
        with self._stack:
            self._tails = [self._stack.enter_context(closing(FileTail(file))) for file in files]
            self._stack = self._stack.pop_all()
        self._marks = deque([self._mark(0.0)])
        self._read_s, self._look_s = clock(), clock()
        self._may_have_failed = False
        self._looking: Looking | None = None
        self._fault = ""
        self._whole_from_s = self._looking_from_s = 0.0
        self._counts, self._titles = _Counts(), dict[str, str]()

    @property
    def notes(self) -> tuple[str, ...]:
        """Why nothing is known of failures."""
        return (self._fault,) if self._fault else ()

    def look(self) -> tuple[FailuresSeen, ...] | None:
        """Return the failures so far; logs are read every few seconds, and looked at as often as that may cost."""
        self._take(0.0)
        now_s = self._clock()
        if now_s >= self._read_s:
            self._read_s = now_s + LOGS_EVERY_S
            self._read()
        if self._may_have_failed and self._looking is None and now_s >= self._look_s:
            self._begin()
        return self._seen()

    def last(self) -> tuple[FailuresSeen, ...] | None:
        """Return the failures so far, with those that were not looked at yet."""
        self._take(_LAST_LOOK_S)
        self._read()
        if self._may_have_failed and self._looking is None:
            self._begin()
            self._take(_LAST_LOOK_S)
        return self._seen()

    def close(self) -> None:
        """Let go of the files."""
        if self._looking is not None:
            self._looking.close()
        self._stack.close()

    def _seen(self) -> tuple[FailuresSeen, ...] | None:
        if self._fault:
            return None
        titles = {"": "without a cause that the logs tell", **self._titles}
        found = self._counts.by_cause.most_common()
        return tuple(FailuresSeen(cause=cause, title=titles[cause], count=count) for cause, count in found if count)

    def _read(self) -> None:
        """Read what came, and note where the files end."""
        before = self._marks[-1]
        begin = [self._read_one(tail, place) for tail, place in zip(self._tails, before.places, strict=True)]
        if tuple(begin) != before.places:
            # What a file had before is out of sight, so no second before this can be told as a whole.
            self._whole_from_s = before.time_s
            self._marks = deque([_Mark(before.clock_s, before.time_s, tuple(begin))])
        self._marks.append(self._mark(self._now()))
        self._forget()

    def _read_one(self, tail: FileTail, place: int) -> int:
        """Read what came to a file, and return where that begins: at 0 in a file that has taken its name."""
        came = tail.read()
        if not self._may_have_failed:
            self._may_have_failed = any(not _WENT_WELL.search(line) for line in came.splitlines())
        return place if tail.place == place + len(came) else 0

    def _mark(self, time_s: float) -> _Mark:
        return _Mark(self._clock(), time_s, tuple(tail.place for tail in self._tails))

    def _forget(self) -> None:
        last = self._marks[-1]
        while len(self._marks) > 2 and self._is_out_of_sight(self._marks[0], last):
            self._marks.popleft()
            self._whole_from_s = max(self._whole_from_s, self._marks[0].time_s + 1)

    def _is_out_of_sight(self, mark: _Mark, last: _Mark) -> bool:
        lengths = (end - begin for begin, end in zip(mark.places, last.places, strict=True))
        return last.clock_s - mark.clock_s > WINDOW_S or max(lengths, default=0) > _MOST_BYTES

    def _begin(self) -> None:
        first, last = self._marks[0], self._marks[-1]
        places = zip(self._files, first.places, last.places, strict=True)
        self._looking = self._look([Stretch(path=str(file), begin=begin, end=end) for file, begin, end in places])
        self._may_have_failed, self._looking_from_s = False, self._whole_from_s

    def _take(self, timeout_s: float) -> None:
        """Take what a look has found, if there is one that has ended."""
        told = self._looking.told(timeout_s) if self._looking else None
        if self._looking is None or told is None:
            return
        self._looking.close()
        self._looking, self._fault = None, told.fault
        self._look_s = self._clock() + max(LOGS_EVERY_S, told.cpu_s / _CORE_SHARE)
        if told.fault:
            self._may_have_failed = True
        else:
            self._titles |= told.titles
            self._counts.take(told.failed, self._looking_from_s)

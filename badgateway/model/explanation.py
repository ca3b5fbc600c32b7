"""What an explanation of log files holds: what was read, and the diagnosis of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from badgateway.model.diagnosis import Cause, Certainty, Diagnosis, EvidenceLine
from badgateway.model.knob import WorkerModel


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """The lines of one program in a file; kind is None for an empty file, and for lines of no kind that is known."""

    name: str
    kind: str | None
    lines: int
    malformed_lines: int
    first_malformed: tuple[EvidenceLine, ...]
    stream: str = ""
    """What stands before the program's lines, such as a container's name; empty when nothing does."""


class Spread(StrEnum):
    """How the failures of an incident lie in time."""

    ONCE = "once"
    """Together, from its start to its end."""
    NOW_AND_THEN = "now and then"
    """In several spans between its start and its end."""
    ALL_ALONG = "all along"
    """From the logs' beginning to their end, or nearly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Failures of one cause that belong together in time; cause and certainty are None where no cause was found."""

    cause: Cause | None
    certainty: Certainty | None
    start_s: int
    """Second of the first failure."""
    end_s: int
    """Second of the last failure."""
    count: int
    statuses: tuple[tuple[int, int], ...]
    """What the clients got, and how often, the most frequent first; 0 when they got no status."""
    path: str
    """On which path nearly all failures of this cause are; empty when they are on several."""
    spread: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The failures of some logs, and where they come from."""

    diagnosis: Diagnosis
    files: tuple[FileRead, ...]
    period_s: tuple[int, int] | None
    """First second of the first and of the last minute with a request; None when no access log was given."""
    unattributed_minutes: tuple[tuple[int, int], ...]
    """As CauseCount.minutes, of the failures without a cause."""
    utc_offset_s: float
    """In which zone times are shown: seconds ahead of UTC."""
    incidents: tuple[Incident, ...] = ()
    """What failed when, the earliest first; failures without a time are in none."""
    notes: tuple[str, ...] = ()
    """What the logs tell beside failures, and what was assumed of them: sentences."""
    failed_elsewhere: int = 0
    """Requests that nginx's error log tells of, and that no access log has as failed; a note says more of them."""
    worker_models: Mapping[str, frozenset[WorkerModel]] = field(default_factory=dict)
    """What servers say in their logs of their workers, by the server's name."""
    proxies: frozenset[str] = frozenset()
    """Those that the failures' own lines name, each a Proxy: JSON may be of any of them."""

    @property
    def malformed_lines(self) -> int:
        """How many lines of all files could not be read."""
        return sum(file.malformed_lines for file in self.files)

"""client-events.json: when the load began, was complete, stopped and had drained."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from badgateway.errors import LoadError

_REMEDY = "see what the Locust file printed, in locust.log beside it"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientEvents:
    """Times in seconds since the epoch; None, and no key in the file, for what did not happen."""

    test_start_s: float | None = None
    spawned_s: float | None = None
    """When the last user was started."""
    test_stopping_s: float | None = None
    """From here on no user starts a request."""
    drained_s: float | None = None
    """When the last request in flight had ended."""
    users: int | None = None
    locust_version: str | None = None
    processes: int | None = None
    """How many processes of Locust sent the load and told their part of what follows."""
    lost_processes: int | None = None
    """How many of those that shared the load were not heard of any more, which ended it."""
    generator_cpu_share: float | None = None
    """CPU seconds per second between spawned and test_stopping, of the busiest process."""
    user_errors: int | None = None
    """Exceptions that tasks of the Locust file let out."""
    arrivals: int | None = None
    """Open loop: arrivals that were due in the window, missed ones included."""
    missed_arrivals: int | None = None
    """Open loop: of these, how many were never sent."""
    stopped_users: int | None = None
    """How many users were stopped because they asked what is not the site."""
    stopped_why: str | None = None
    """Of the first of them."""
    cut_short: str | None = None
    """Why the load of a site that already runs ended before its time."""


def write_events(path: Path, events: ClientEvents) -> None:
    """Replace the file at once, so that a reader never sees half of it."""
    beside = path.with_suffix(".part")
    beside.write_text(_as_text(events), encoding="utf-8")
    beside.replace(path)


class EventsInPlace:
    """The same file, of a process that by then may make no other one beside it."""

    def __init__(self, path: Path) -> None:
        """Make the file."""
        self._file = path.open("wb", buffering=0)
        self._length = 0

    def write(self, events: ClientEvents) -> None:
        """Write over what is there, in one piece and never shorter."""
        content = _as_text(events).encode().ljust(self._length)
        self._length = len(content)
        self._file.seek(0)
        self._file.write(content)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _as_text(events: ClientEvents) -> str:
    happened = {key: value for key, value in asdict(events).items() if value is not None}
    return json.dumps(happened, indent=1) + "\n"


def read_events(path: Path) -> ClientEvents:
    """Read the file; LoadError when it is missing or damaged."""
    try:
        happened = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise LoadError(f"{path}: no events of Locust to read ({fault}); {_REMEDY}") from fault
    if not isinstance(happened, dict):
        raise LoadError(f"{path}: no events of Locust to read (not an object); {_REMEDY}")
    known = {field.name for field in fields(ClientEvents)}
    return ClientEvents(**{key: value for key, value in happened.items() if key in known})

"""What a load keeps to on a site that already runs: which one that is, what is asked, how often, until when."""

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from badgateway.model.running_site import RunningSite

LOOKED_AT = 50
"""The share of failures is that of the last so many requests: a site that breaks after an hour is left at once."""
LEAST = 20
"""With fewer nobody says that it fails."""
_OF_THE_WIRE = {"host", "content-length", "transfer-encoding"}
"""Fields that say for whom a request is, and where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restraint:
    """As the user spelled it out."""

    host: str
    """With its port, where that is not the usual one: no other is loaded."""
    methods: tuple[str, ...]
    """That may be sent; all when empty."""
    most_requests_per_s: float
    stop_at_failure_share: float
    ca_file: str = ""
    """Certificates by which that of the site is checked; empty: the system's."""

    @classmethod
    def of(cls, target: RunningSite, root: Path) -> "Restraint":
        """Return that of an experiment's target, whose paths start at root."""
        return cls(
            host=target.i_may_load or "",
            methods=target.methods,
            most_requests_per_s=target.most_requests_per_s,
            stop_at_failure_share=target.stop_at_failure_share,
            ca_file=str(root.absolute() / target.ca_file) if target.ca_file else "",
        )

    @classmethod
    def from_text(cls, text: str) -> "Restraint":
        """Read what `to_text` wrote."""
        told = json.loads(text)
        return cls(**{**told, "methods": tuple(told["methods"])})

    def to_text(self) -> str:
        """Return it as a variable's value."""
        return json.dumps(asdict(self))

    def refusal(self, method: str) -> str:
        """Return why a method may not be sent; empty when it may."""
        if not self.methods or method in self.methods:
            return ""
        return (
            f"asked {method}, and a site that already runs gets {' and '.join(self.methods)} alone; take it out, or "
            f'spell out [target] i_may_write = "{self.host}"'
        )

    def misdirection(self, path: str, fields: Iterable[str]) -> str:
        """Return why a request would not be for the host alone, or not one request; empty when it is both."""
        if not path.startswith("/"):
            # A server that is a proxy too would ask there.
            return f"asked {path}, and a site that already runs is asked for paths alone: begin it with /"
        own = sorted({name.lower() for name in fields} & _OF_THE_WIRE)
        if own:
            return f"sent a {own[0]} field of its own, by which {self.host} takes a request for another: take it out"
        return ""


@dataclass(slots=True)
class Pacer:
    """Gives each request a moment, so that there are never more in a second than may be."""

    most_per_s: float
    _next_s: float = 0.0

    def wait_s(self, now_s: float) -> float:
        """Return how long the next request has to wait; its moment is taken."""
        moment_s = max(now_s, self._next_s)
        self._next_s = moment_s + 1 / self.most_per_s
        return moment_s - now_s


@dataclass(slots=True)
class Brake:
    """Looks at how the last requests ended."""

    stop_at_share: float
    _failed: deque[bool] = field(default_factory=lambda: deque(maxlen=LOOKED_AT))

    def take(self, *, failed: bool) -> str:
        """Take note of one that ended; return why the load has to end, empty while it may go on."""
        self._failed.append(failed)
        return self._why(self._failed)

    def _why(self, last: Sequence[bool]) -> str:
        count = sum(last)
        if len(last) < LEAST or count / len(last) <= self.stop_at_share:
            return ""
        return (
            f"{count} of the last {len(last)} requests failed, and target.stop_at_failure_share is "
            f"{self.stop_at_share:g}"
        )

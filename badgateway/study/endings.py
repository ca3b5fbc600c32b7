"""How a trial that did not run to its end is recorded."""

import time
from collections.abc import Mapping
from types import MappingProxyType

from badgateway.errors import BadgatewayError, DeclaredOtherwiseError, GuardianError, LineError, LoadError, first_line
from badgateway.model.places import Carried, Limits
from badgateway.model.trial import Disturbance, OutsidePart, Trial, TrialRecord, TrialStatus

_OUTSIDE = {
    GuardianError: OutsidePart.KIT,
    LineError: OutsidePart.RELAY,
    LoadError: OutsidePart.GENERATOR,
    DeclaredOtherwiseError: OutsidePart.SETTINGS,
}
"""No configuration can end the kit or its load generator, or answers for what was not asked of it."""


class Stopwatch:
    """Tells the time as it was when it was made and has gone on since, though somebody sets the machine's clock."""

    def __init__(self) -> None:
        """Begin now."""
        self.started_s = time.time()
        self._monotonic_s = time.monotonic()

    def now_s(self) -> float:
        """Return the seconds since the epoch; never less than started_s."""
        return self.started_s + self.passed_s()

    def passed_s(self) -> float:
        """Return for how long it has run."""
        return time.monotonic() - self._monotonic_s


def aborted(
    trial: Trial,
    reason: str,
    started_s: float,
    *,
    ended_s: float | None = None,
    disturbances: tuple[Disturbance, ...] = (),
    limits: Mapping[str, Limits] = MappingProxyType({}),
    lines: Mapping[str, Carried] = MappingProxyType({}),
) -> TrialRecord:
    """Return the record of a trial that ended without a result; without `ended_s`, now."""
    return TrialRecord(
        trial=trial,
        status=TrialStatus.ABORTED,
        reason=reason,
        window=None,
        started_s=started_s,
        ended_s=max(started_s, time.time() if ended_s is None else ended_s),
        load_s=0.0,
        generator_cpu_share=None,
        disturbances=disturbances,
        limits=dict(limits),
        lines=dict(lines),
    )


def disturbed_by(error: BadgatewayError, reason: str) -> tuple[Disturbance, ...]:
    """Return what an error that ended a trial, for that reason, tells of a cause outside the configuration, if any."""
    part = next((part for kind, part in _OUTSIDE.items() if isinstance(error, kind)), None)
    return () if part is None else (Disturbance(part=part, what=first_line(reason), at_s=time.time()),)

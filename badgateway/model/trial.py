"""One configuration at one load level, once: the plan of it and the record of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from badgateway.model.axis import AXES, At, at_of, away, keys_of
from badgateway.model.design import Purpose
from badgateway.model.load_level import LoadLevel
from badgateway.model.places import Carried, Limits
from badgateway.model.study import MachineLimits

Finite = Annotated[float, Field(allow_inf_nan=False)]
"""Checked where a record is read: a file may say NaN, Infinity or -24.2."""
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_AXES = "".join(rf"(?:-{axis.folder.format(f'({_NUMBER})')})?" for axis in AXES)
_NAME = re.compile(
    rf"(\d{{3,}})-([a-z0-9][a-z0-9-]*?)-(?:(\d+)u|({_NUMBER})rps){_AXES}(-again)?"
    r"(?:-(search|confirm))?(?:-attempt-(\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A planned trial; its place in the order is part of it."""

    block: int
    """Counted from 1; every configuration has one trial per load level in each block."""
    position: int
    """Counted from 1 over the whole experiment."""
    configuration: str
    users: Count = 0
    """Load level of a closed loop; 0 in an open one."""
    seed: int
    """Seed of the users' choices and of the arrivals; the same for every configuration of a block and level."""
    rate_per_s: NotNegative | None = None
    """Load level of an open loop."""
    database_distance_ms: NotNegative = 0.0
    """Time that a round trip to the database is made to take longer."""
    cpu_limit: NotNegative = 0.0
    """CPUs that the container of each application server may use; 0 is no quota."""
    memory_limit_mb: NotNegative = 0.0
    """MiB of memory that it has; 0 is no limit."""
    proxy_cpu_limit: NotNegative = 0.0
    """CPUs that nginx may use in a container of its own; 0 is no quota."""
    proxy_memory_limit_mb: NotNegative = 0.0
    """MiB of memory that it has there; 0 is no limit."""
    purpose: Purpose = Purpose.COMPARE
    control: bool = False
    """Whether it is the second of an A/A pair; it is never counted as its configuration's own."""
    attempt: int = 1
    """2 or 3 when it repeats one that was INVALID."""
    window_s: NotNegative | None = None
    """None is what the experiment's load says."""

    def __post_init__(self) -> None:
        """Refuse a trial without a load level, or with two."""
        if bool(self.users) == (self.rate_per_s is not None):
            raise ValueError(f"trial {self.position}: {self.users} users and a rate of {self.rate_per_s}; give one")

    @property
    def id(self) -> str:
        """Name of the trial's folder, which sorts in the order of running."""
        level = f"{self.users}u" if self.rate_per_s is None else f"{self.rate_per_s:g}rps"
        at = "".join(f"-{axis.folder.format(value)}" for axis, value in away(self.at))
        control = "-again" if self.control else ""
        purpose = "" if self.purpose is Purpose.COMPARE else f"-{self.purpose.value.lower()}"
        attempt = f"-attempt-{self.attempt}" if self.attempt > 1 else ""
        return f"{self.position:03d}-{self.configuration}-{level}{at}{control}{purpose}{attempt}"

    @classmethod
    def named(cls, name: str, *, block: int = 1) -> "Trial | None":
        """Return the trial whose folder has that name, with a seed of 0; None when no trial's has."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        position, configuration, users, rate_per_s, *values, control, purpose, attempt = found.groups()
        try:
            trial = cls(
                block=block,
                position=int(position),
                configuration=configuration,
                users=int(users or 0),
                rate_per_s=float(rate_per_s) if rate_per_s else None,
                **keys_of(tuple(float(value or 0) for value in values)),
                control=bool(control),
                purpose=Purpose(purpose.upper()) if purpose else Purpose.COMPARE,
                attempt=int(attempt or 1),
                seed=0,
            )
        except ValueError:
            return None
        return trial if trial.id == name else None

    @property
    def at(self) -> At:
        """Its value on each axis."""
        return at_of(self)

    @property
    def load(self) -> LoadLevel:
        """Users, or tasks a second."""
        return LoadLevel.of(self.users, self.rate_per_s)


class TrialStatus(StrEnum):
    """How a trial ended."""

    COMPLETED = "COMPLETED"
    ABORTED = "ABORTED"


INTERRUPTED = "interrupted"
"""The reason of the trial that was in flight when the user stopped the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The counted part of a trial; times are seconds since the epoch."""

    start_s: NotNegative
    end_s: NotNegative
    drained_s: NotNegative
    """When the last request in flight had ended."""

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        if self.end_s < self.start_s or self.drained_s < self.start_s:
            raise ValueError(f"a window from {self.start_s} to {self.end_s}, drained at {self.drained_s}")

    @property
    def length_s(self) -> float:
        """Seconds in which requests were started and counted."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingCheck:
    """Whether the generator of an open loop sent its schedule, in time."""

    arrivals: Count
    """Of the window, missed ones included."""
    missed_arrivals: Count
    send_lag_p99_ms: NotNegative


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineCheck:
    """What else happened to the machine while the trial ran."""

    steal_share: NotNegative
    """Of the machine's CPU time in the window, taken by the hypervisor."""
    outside_share: NotNegative
    """Of the machine's CPU time in the window, used by processes that are no part of the trial."""
    clock_step_s: Finite
    """By how much the wall clock ran away from the monotonic one during the trial; with its sign."""
    allowed: MachineLimits
    """As the experiment declared them."""


class OutsidePart(StrEnum):
    """What a trial depends on and its configuration has no hand in."""

    GENERATOR = "generator"
    DATABASE = "database"
    PROXY = "proxy"
    RELAY = "relay"
    SERVICE = "service"
    KIT = "kit"
    MACHINE = "machine"
    CLOCK = "clock"
    SETTINGS = "settings"
    """What the running server has, where the experiment says something else."""
    BOOKS = "books"
    """The files in which the trial is recorded."""


NEVER_LEFT = "never left the load generator"
"""Of requests: its own machine let it make no connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """Evidence of a cause outside the configuration; a trial that has one is INVALID."""

    part: OutsidePart
    what: str
    """One clause for the reader, with its figures: 'the load generator stood still for 1.52 s'."""
    at_s: Finite | None = None
    """When it began, in seconds since the epoch; None when it has no moment."""
    lasted_s: NotNegative | None = None
    """None when it has no length, or nobody knows it."""


class WorkMeasure(StrEnum):
    """By what the work of a database is held against that of other trials."""

    ROWS = "rows read for each SELECT"
    CPU_MS = "milliseconds of CPU for each SELECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWork(Disturbance):
    """The database did not do the work that it did in the other trials; told by them, so in no record on disk."""

    part: OutsidePart = OutsidePart.DATABASE
    what: str = ""
    measure: WorkMeasure
    found: float
    usual: float
    trials: int
    """That it is usual in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """What is known of a trial that was run, besides its raw files."""

    trial: Trial
    status: TrialStatus
    reason: str
    """Why it was aborted: one line, then the last lines of a log; empty when completed."""
    window: Window | None
    started_s: NotNegative
    ended_s: NotNegative
    load_s: NotNegative
    """Time the load generator was sending or waiting for answers, warm-up and drain included."""
    generator_cpu_share: NotNegative | None
    """CPU seconds of the load generator per second of load; near 1 it measures itself."""
    sending: SendingCheck | None = None
    """None in a closed loop."""
    machine: MachineCheck | None = None
    """None where the system does not tell, and when nobody looked often enough; such a trial is INVALID."""
    disturbances: tuple[Disturbance, ...] = ()
    """In the order of time; those without a moment are last."""
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """What was in force on each machine of [places] that has a kernel's limits of its own, by its key."""
    lines: Mapping[str, Carried] = field(default_factory=dict)
    """What the line to each place of [places] did with the packets of the trial, by the place's key."""

    def __post_init__(self) -> None:
        """Refuse a trial that ended before it began."""
        if self.ended_s < self.started_s:
            raise ValueError(f"trial {self.trial.position} ended {self.started_s - self.ended_s:g} s before it began")

    @property
    def was_interrupted(self) -> bool:
        """Whether the user stopped it; any other trial ended by itself, well or not."""
        return self.status is TrialStatus.ABORTED and self.reason == INTERRUPTED

    @property
    def overhead_s(self) -> float:
        """Time the trial took beyond its load: start, checks, stop."""
        return self.ended_s - self.started_s - self.load_s

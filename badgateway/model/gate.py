"""What a gate holds a site to, and what it found: the trials of a baseline, those of now, and what became worse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from badgateway.model.design import Counts
from badgateway.model.load_level import LoadLevel

Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0)]


class GateVerdict(StrEnum):
    """What a gate says."""

    KEPT = "KEPT"
    """Nothing is worse beyond doubt, and what there is was looked at with enough trials to see it."""
    INCONCLUSIVE = "INCONCLUSIVE"
    """Something could not be told; it is said what."""
    BROKEN = "BROKEN"
    """Something is worse, beyond doubt."""


GATE_SEVERITY = (GateVerdict.KEPT, GateVerdict.INCONCLUSIVE, GateVerdict.BROKEN)
"""From good to bad; the worst of several wins."""


class Matter(StrEnum):
    """What a gate looks at; in the order in which it is told."""

    OBJECTIVE = "objective"
    FAILURES = "failures"
    CAUSE = "cause"
    LATENCY = "p95"
    THROUGHPUT = "throughput"


class Doubt(StrEnum):
    """Why something could not be told."""

    UNDECIDED = "undecided"
    """The trials do not decide whether the objective is kept."""
    NO_TRIAL = "no-trial"
    """No trial of it can be trusted."""
    NOTHING_BEFORE = "nothing-before"
    """The baseline has nothing of this configuration at this load."""
    FEW_TRIALS = "few-trials"
    """So few that nothing could be proven."""
    OTHER_MACHINE = "other-machine"
    """The baseline was measured on another machine."""
    OTHER_OBJECTIVE = "other-objective"
    """What counts as late was another thing, or the load's script was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTrial:
    """What one trial came to, as a baseline keeps it."""

    block: Number
    requests: Number
    failures: Number
    late: Number = 0
    """OK, but slower than the objective's p95_ms."""
    p95_ms: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None
    """Of all requests, a failed one counting as slower than any OK one; None when it would be a failed one's."""
    throughput_rps: Share
    together: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    """How many failures came as one event."""
    causes: Mapping[str, Number] = field(default_factory=dict)
    """Failures by the cause they have."""
    broke: bool = False
    """Whether the configuration did not get through it; it counts as failed from end to end."""

    @property
    def counts(self) -> Counts:
        """Its counts alone."""
        return Counts(requests=self.requests, failures=self.failures, late=self.late)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLevel:
    """The trials of one configuration at one load."""

    configuration: str
    users: Number
    """0 in an open loop."""
    rate_per_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None
    trials: tuple[GateTrial, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    """As declared; without its variables, which may be secret."""

    @property
    def load(self) -> LoadLevel:
        """Users, or tasks a second."""
        return LoadLevel.of(self.users, self.rate_per_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMachine:
    """Where a baseline was measured: on another machine no figure is to be the same."""

    cpu: str
    cores: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class GateBaseline:
    """What a site did when it was said to be good."""

    schema_version: Annotated[int, Field(ge=1, le=1)]
    experiment: str
    measured: str
    """When: UTC, ISO 8601."""
    kit_version: str
    machine: GateMachine
    asked: Mapping[str, str]
    """What must be the same for figures to be: objective, script, warm-up."""
    levels: tuple[GateLevel, ...]

    def of(self, configuration: str, load: LoadLevel) -> GateLevel | None:
        """Return a configuration's level; None when there is none."""
        found = (one for one in self.levels if (one.configuration, one.load) == (configuration, load))
        return next(found, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding:
    """One thing that was looked at."""

    matter: Matter
    verdict: GateVerdict
    doubt: Doubt | None = None
    """Why it is INCONCLUSIVE; None when it is not."""
    cause: str = ""
    """Of which cause; empty for all failures together."""
    before: float | None = None
    """Share of failures, p95 or throughput of the baseline; None where nothing is compared."""
    now: float | None = None
    ratio: float | None = None
    """By how many times it is worse, as estimated: of p95 or throughput."""
    least: float | None = None
    """By how many times it is worse at least."""
    seen_from: float | None = None
    """How many times worse it would have to be to be found in 4 of 5 gates, by the noise of these trials."""
    trials: int = 0
    """Trials, or pairs of them, that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCase:
    """A configuration at one load."""

    configuration: str
    load: LoadLevel
    findings: tuple[GateFinding, ...]
    is_paired: bool
    """Whether it was measured turn by turn with its baseline, in one run."""
    changes: tuple[str, ...] = ()
    """Settings that are not what they were: 'listen was 1024 and is 100'."""

    @property
    def verdict(self) -> GateVerdict:
        """The worst of its findings."""
        return max((one.verdict for one in self.findings), key=GATE_SEVERITY.index, default=GateVerdict.INCONCLUSIVE)

    @property
    def is_measured(self) -> bool:
        """Whether any trial of it can be trusted."""
        return any(one.doubt is not Doubt.NO_TRIAL for one in self.findings)

    @property
    def broken(self) -> tuple[GateFinding, ...]:
        """What is worse."""
        return tuple(one for one in self.findings if one.verdict is GateVerdict.BROKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a gate found."""

    experiment: str
    cases: tuple[GateCase, ...]
    baseline: str
    """Against what: a file, a run, a checkout; empty where there is none."""

    @property
    def verdict(self) -> GateVerdict:
        """The worst of its cases; without one it is INCONCLUSIVE, for nothing measured is no pass."""
        return max((one.verdict for one in self.cases), key=GATE_SEVERITY.index, default=GateVerdict.INCONCLUSIVE)

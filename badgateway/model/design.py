"""The design of a study: what is asked of which configurations, the trials due, and the facts of those that ended."""

from dataclasses import dataclass, field
from enum import StrEnum

from badgateway.model.capacity import CapacityGoal
from badgateway.model.experiment import Objective
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.outcome import SelfCheck

_NEGLIGIBLE = 0.01
"""Of the objective's p95, if nothing is declared: 50 ms against 55 ms decides nothing where 2,000 ms are allowed."""


class Purpose(StrEnum):
    """What a trial is run for; statistics never mix them."""

    COMPARE = "COMPARE"
    """One place of a block."""
    SEARCH = "SEARCH"
    """A step of a capacity search."""
    CONFIRM = "CONFIRM"
    """The long window that proves a capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCost:
    """How long one trial takes besides its window."""

    warm_up_s: float
    drain_s: float
    overhead_s: float

    def trial_s(self, window_s: float) -> float:
        """Return how long a trial with that window takes."""
        return self.warm_up_s + window_s + self.drain_s + self.overhead_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What some requests add up to: those of a second, of a trial, or of several trials."""

    requests: int
    failures: int
    late: int
    """OK, but slower than the objective's p95_ms."""

    @property
    def missed(self) -> int:
        """Requests that were not answered well in time, for either reason: a failed request is a late one too."""
        return self.failures + self.late


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Everything that decides which trials run; with the ended trials it decides the next one."""

    configurations: tuple[str, ...]
    """The configurations' names; the first is the baseline."""
    levels: tuple[float, ...]
    """Loads at which the objective must hold, ascending; configurations are compared at the last."""
    objective: Objective
    unit: LoadUnit = LoadUnit.RATE
    """Of the levels."""
    window_s: float
    cost: TrialCost
    seed: int
    blocks: int = 8
    looks: tuple[int, ...] = (3, 5)
    """After which blocks clearly worse configurations leave the race; the last block is always judged."""
    control: bool = True
    """Whether one configuration runs twice in each block, under two names: the A/A control."""
    margin: float = 0.05
    """Configurations whose p95 or throughput differ by less than this share are equivalent in practice."""
    negligible_ms: float | None = None
    """So are those whose p95 differs by less than this; None is 1 % of the objective's p95_ms."""
    capacity: CapacityGoal | None = None
    changes: tuple[int, ...] = ()
    """In how many declared settings each configuration differs from the baseline, in their order; () is not known."""
    budget_s: float | None = None
    """No block and no search begins that would not end in it; None is no limit."""

    @property
    def negligible_p95_ms(self) -> float:
        """How much more of p95 decides nothing, whatever share of the other's it is."""
        return self.negligible_ms or _NEGLIGIBLE * self.objective.p95_ms

    def load(self, level: float) -> LoadLevel:
        """Return one of its levels as a load."""
        return LoadLevel(level, self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A trial to run."""

    configuration: str
    level: float
    window_s: float
    purpose: Purpose
    block: int
    """Of a comparison: counted from 1. Of a search: the search's trial, counted from 1."""
    control: bool
    """Whether it is the second of the A/A pair; its facts are never the configuration's own."""
    attempt: int
    """1, or 2 and 3 when it repeats a trial that was INVALID."""
    seed: int
    """Of the arrivals and choices: the same for all configurations of a block and level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a valid trial's window adds up to."""

    requests: int
    failures: int
    late: int
    """OK requests slower than the objective's p95_ms."""
    p95_ms: float | None
    """Of all requests, a failed one counting as slower than any OK one; None when it would be a failed one's."""
    throughput_rps: float
    """OK requests per second of the window."""
    cpu_ms: float | None = None
    """CPU time of the application server per OK request."""
    rss_bytes: float | None = None
    """The application server's peak."""
    db_connections: float | None = None
    """The most at a time."""
    answered: float | None = None
    """Answers of any outcome that came in the window, over requests that started in it; None is not known.

    Below 1 a queue grew, which the p95 of a short window does not show.
    """
    seconds: tuple[Counts, ...] = ()
    """Of each second of the window; () is not known."""
    broke: str | SelfCheck = ""
    """Why the configuration did not get through the trial, which counts as one in which every request failed."""

    @property
    def counts(self) -> Counts:
        """The trial's counts alone."""
        return Counts(requests=self.requests, failures=self.failures, late=self.late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A trial that was run."""

    step: Step
    facts: Facts | None
    """None when the trial is INVALID: it is in no statistic."""
    took_s: float


class LimitKind(StrEnum):
    """Which of the two limits of an objective."""

    FAILED = "failed"
    MISSED = "missed"
    """Failed, or OK but slower than the objective's p95_ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCount:
    """What was counted for one limit of an objective."""

    kind: LimitKind
    p95_limit_ms: float
    """The objective's."""
    count: int
    total: int
    allowed: float
    """As a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotPass:
    """Why no further trial could save a configuration at a level."""

    limit: LimitCount | None
    """Which limit is proven to be broken; None where no request was OK."""
    requests: int
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearlySlower:
    """By how much a configuration was behind the leader when a look put it out."""

    leader: str
    ratio: float
    """Of its p95 to the leader's."""
    blocks: int
    p: float
    """Of a t test, among all pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elimination:
    """Why a configuration left the race."""

    configuration: str
    at_look: int | None
    """After which block a test put it out; None when it failed the objective or could not be measured."""
    slower: ClearlySlower | None = None
    """For one that a look put out."""
    level: float | None = None
    """For any other: the load at which it failed, or could not be measured."""
    cannot_pass: CannotPass | None = None
    """None where every attempt at that load was INVALID."""
    broken: tuple[str | SelfCheck, ...] = ()
    """What ended each of its trials at that load that it did not get through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFacts:
    """All valid facts of one configuration, as the judge reads them."""

    configuration: str
    trials: tuple[tuple[float, int, Facts], ...]
    """Level, block and facts of each valid comparison trial, in the order of running."""
    control: tuple[tuple[int, Facts], ...] = field(default=())
    """Block and facts of the second of the A/A pair, at the highest level."""

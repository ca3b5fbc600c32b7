"""What comparing configurations over blocks gives: ratios, the noise floor, and the choice."""

import math
from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.capacity import Capacity
from badgateway.model.design import Design, Elimination
from badgateway.model.summary import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRatio:
    """How one configuration's number relates to another's, block by block; 1.10 is ten per cent more."""

    ratio: float
    """Hodges-Lehmann estimate."""
    low: float
    high: float
    confidence: float
    """Of the interval from low to high: 0.95, or what so few blocks can give (3 blocks: 0.75, 1 block: 0)."""
    p: float
    """Two-sided, exact Wilcoxon signed-rank test; never below 2 / 2 ** blocks."""
    blocks: int
    spread: float | None
    """Standard deviation of the blocks' log ratios; None with one block."""

    @property
    def difference(self) -> float:
        """By what share the two differ, whichever is larger."""
        return math.expm1(abs(math.log(self.ratio)))


class Relation(StrEnum):
    """What a paired comparison with the leader says of a rival."""

    WORSE = "WORSE"
    EQUIVALENT = "EQUIVALENT"
    OPEN = "OPEN"
    """Neither a difference nor an equivalence is proven: not told apart."""


class Criterion(StrEnum):
    """By what a configuration is behind the leader; in the order in which they decide."""

    OBJECTIVE = "objective"
    LATENCY = "p95"
    THROUGHPUT = "throughput"
    CAPACITY = "capacity"
    COST = "cost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """A rival held against the leader by one criterion."""

    rival: str
    criterion: Criterion
    relation: Relation
    paired: PairedRatio | None
    """Rival over leader; None for the capacity."""
    adjusted_p: float | None
    """That any two configurations that are alike differ so much, by chance, in the whole study."""
    leader: str
    """The best by this criterion; not always the configuration that is chosen in the end."""
    margin: float | None
    """Ratios from 1 / (1 + margin) to 1 + margin are equivalent in practice; None for the capacity."""
    is_alone_behind: bool = False
    """Whether the interval of this one comparison is beyond 1, as it must be of all rivals of the one proven best."""
    detectable: float | None = None
    """The smallest difference to the leader that is found in 80 % of such studies, by the noise of these two."""
    proven_within: tuple[float, float] | None = None
    """Of an EQUIVALENT one: between which ratios all such rivals are at once, with 95 %; None for any other."""

    @property
    def told(self) -> Relation:
        """How it stands as far as it is proven: what is not proven to carry less is not proven to carry as much."""
        is_proven = self.paired is not None or self.relation is not Relation.EQUIVALENT
        return self.relation if is_proven else Relation.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """How much better than the configuration to run any other may be in p95; true with 95 %, whichever was chosen."""

    share: float
    """Of the chosen one's p95: 0.04 is "no other is more than 4 % lower"."""
    milliseconds: float
    over: tuple[str, ...]
    """The configurations that were compared for it: all that keep the objective, or may."""
    blocks: int
    """The fewest that any two of them had in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """What two names for one configuration differed by, and what that leaves visible."""

    configurations: tuple[str, ...]
    """Who ran under two names; more than one when the first of them left the race."""
    latency: PairedRatio
    detectable: float | None
    """The smallest p95 difference between any two of the compared configurations that is found in 80 % of such studies.

    A share, by the noise of the noisiest of them; None when none could be proven.
    """
    blocks_to_prove: int
    """How many blocks it takes at least until a test between two configurations can prove anything."""
    differs: bool = False
    """Whether the two names are proven to differ, which nothing but a fault of the study can do."""


class ChoiceKind(StrEnum):
    """How a study ended."""

    PICKED = "PICKED"
    """Run it: it is proven to be the best, or the only one that keeps the objective."""
    EQUIVALENT = "EQUIVALENT"
    """Run it: it keeps the objective, and others may be as good; the regret says how much better one may be."""
    NEEDS_MORE = "NEEDS_MORE"
    """No configuration can be said to keep the objective yet."""
    NONE_QUALIFIES = "NONE_QUALIFIES"
    """Every configuration was measured, and none keeps the objective."""

    @property
    def names_one(self) -> bool:
        """Whether one configuration is to be run."""
        return self in {ChoiceKind.PICKED, ChoiceKind.EQUIVALENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationVerdict:
    """How one configuration did against the objective."""

    configuration: str
    verdict: Verdict
    level: float | None
    """The level that decided; None when nothing was measured."""
    requests: int
    """At that level, in all blocks together, as are the numbers below."""
    failures: int
    late: int
    """OK, but slower than the objective."""
    trials: int = 0
    bad_trials: int = 0
    """In which a request failed."""
    broken_trials: int = 0
    """That the configuration did not get through; they are among the bad ones, with all their requests failed."""
    seconds: int = 0
    """Of those trials of which the seconds are known."""
    bad_seconds: int = 0
    """In which a request failed."""
    most_failures: float = 1.0
    """Upper end of the 95 % interval of the share of failures; it decides about PASS."""
    most_missed: float = 1.0
    """The same of requests that failed or were late."""


class TieRule(StrEnum):
    """By what one of several configurations that are as good was chosen."""

    FEWEST_CHANGES = "fewest-changes"
    """Settings changed from the baseline."""
    LEAST_CPU = "least-cpu"
    """CPU time a request."""
    FIRST = "first"
    """In the experiment file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPower:
    """What the number of blocks can prove."""

    compared: int
    """Configurations that keep the objective, or may."""
    blocks: int
    """The fewest that any of them has."""
    smallest_p: float
    """That the signed-rank test can give with so many."""
    blocks_to_prove: int
    """How many it takes at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bursts:
    """In how many trials and seconds of the first configuration that passes a request failed."""

    configuration: str
    bad_trials: int
    trials: int
    most_bad_trials: float
    """Upper end of the 95 % interval, as a share."""
    bad_seconds: int
    seconds: int
    """0: they are not known."""
    most_bad_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer of a study, or of a fixed schedule."""

    kind: ChoiceKind
    configuration: str | None
    """The configuration to run; when more is needed, the first that may keep the objective; None: none."""
    equivalent: tuple[str, ...]
    """The configurations that are as good as far as anyone can tell, the choice first; empty unless EQUIVALENT."""
    more_blocks: int | None
    """About how many more would settle what is open; None when more would hardly do, or nothing is open."""
    ranking: tuple[ConfigurationVerdict, ...]
    """Best first."""
    rivalries: tuple[Rivalry, ...]
    capacities: tuple[tuple[str, Capacity], ...]
    noise: NoiseFloor | None
    asked: Design
    """What was asked; the loads of the rest are in its unit."""
    power: StudyPower
    most_requests: int
    """That any configuration answered at the highest load."""
    bursts: Bursts | None
    """None when none passes."""
    eliminations: tuple[Elimination, ...] = ()
    """The configurations that left the race before its end."""
    tie_rule: TieRule | None = None
    """Which rule chose among the equivalent ones; None when there was nothing to choose."""
    regret: Regret | None = None
    """None without a rival, and with one block."""
    blocks_in_all: int | None = None
    """How many a run has that settles it by itself: those that there are, and `more_blocks`."""
    two_states: tuple[str, ...] = ()
    """The configurations whose p95 is one of two values from trial to trial."""

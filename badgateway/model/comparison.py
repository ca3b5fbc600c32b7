"""What comparing configurations over blocks gives: ratios, the noise floor, and the choice."""

import math
from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.capacity import Capacity
from badgateway.model.contest import Leaving
from badgateway.model.summary import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRatio:
    """How one arm's number relates to another's, block by block; 1.10 is ten per cent more."""

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
    """Neither a difference nor an equivalence is proven."""


class Criterion(StrEnum):
    """By what an arm is behind the leader; in the order in which they decide."""

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
    """After Holm's correction for the number of rivals."""
    leader: str
    """The best by this criterion; not always the arm that is chosen in the end."""
    margin: float | None
    """Ratios from 1 / (1 + margin) to 1 + margin are equivalent in practice; None for the capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """What two names for one configuration differed by, and what that leaves visible."""

    arms: tuple[str, ...]
    """Who ran under two names; more than one when the first of them left the race."""
    latency: PairedRatio
    detectable: float | None
    """The smallest p95 difference found in 80 % of such studies, as a share; None when none could be proven."""
    blocks_to_prove: int
    """How many blocks it takes at least until a test between two arms can prove anything."""


LEFT = "LEFT"
"""The outcome of an arm that a look put out of the race."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One link of the chain."""

    criterion: Criterion
    arm: str
    """Whom it is about."""
    outcome: str
    """A Verdict, Relation or CapacityStatus, whichever the reason is about, or LEFT."""
    sentence: str


class ChoiceKind(StrEnum):
    """How a contest ended."""

    PICKED = "PICKED"
    EQUIVALENT = "EQUIVALENT"
    """Several reach the objective and do not differ by more than the margin; the cheapest is the choice."""
    NEEDS_MORE = "NEEDS_MORE"
    NONE_QUALIFIES = "NONE_QUALIFIES"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmStanding:
    """How one arm stands against the objective."""

    arm: str
    verdict: Verdict
    level: float | None
    """The level that decided; None when nothing was measured."""
    requests: int
    """At that level, in all blocks together, as are the numbers below."""
    failures: int
    late: int
    """OK, but slower than the objective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer of a contest."""

    kind: ChoiceKind
    arm: str | None
    """The configuration to run; of equivalent ones the cheapest; the leader when more is needed; None: none."""
    equivalent: tuple[str, ...]
    """The arms that could not be told apart, the choice first; empty unless EQUIVALENT."""
    more_blocks: int | None
    """About how many more it takes; None when more would hardly decide, or nothing is open."""
    sentence: str
    chain: tuple[Reason, ...]
    """What put out whom, in the order of the criteria."""
    ranking: tuple[ArmStanding, ...]
    """Best first."""
    rivalries: tuple[Rivalry, ...]
    capacities: tuple[tuple[str, Capacity], ...]
    noise: NoiseFloor | None
    certainty: str
    """How sure so many blocks can make anyone, one sentence."""
    unseen: tuple[str, ...]
    """What the study could not have seen, sentences."""
    leaving: tuple[Leaving, ...] = ()
    """The arms that left the race before its end."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences of the chain."""
        return tuple(one.sentence for one in self.chain)

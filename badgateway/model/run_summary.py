"""What a run adds up to: the answer to its question, and everything a report shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from badgateway.model.axis import Axis
from badgateway.model.comparison import Choice
from badgateway.model.experiment import Experiment
from badgateway.model.ladder import Ladder
from badgateway.model.manifest import Circumstances, Environment
from badgateway.model.places import Carried, Limits
from badgateway.model.summary import ConfigurationSummary, LevelSummary, TrialSummary, Verdict
from badgateway.model.worker_checks import WorkerChecks


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisOrder:
    """The order at one value of an axis."""

    value: float
    configurations: tuple[str, ...]
    """Best first: verdict, then failures, then the p95 of OK requests, then throughput."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaking:
    """A configuration that is ahead of others at some values of an axis, and behind them at the least."""

    configuration: str
    ahead_of: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisRanking:
    """One load level at all values of an axis; on the other axes each configuration has its first value."""

    axis: Axis
    users: int
    orders: tuple[AxisOrder, ...]
    """The least value first."""
    changes: tuple[Overtaking, ...]
    """By more than noise; empty when the order is the same, or only those change places that are close."""
    left_out: tuple[str, ...]
    """Configurations that were to be measured at several of the values, but were not at all of them."""


class Decision(StrEnum):
    """What kind of answer an experiment got."""

    PICKED = "PICKED"
    NONE_QUALIFIES = "NONE_QUALIFIES"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The answer to the experiment's question."""

    decision: Decision
    configuration: str | None
    sentence: str
    """One sentence to act on."""
    reasons: tuple[str, ...]
    """The facts that decided, most important first."""
    ranking: tuple[str, ...]
    """All configurations, best first: failures, then latency, then throughput; INVALID ones last."""


LEAST_SENT_SHARE = 0.95
"""Of the rate of a confirmation: a generator that sent less has confirmed another rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One configuration under requests that come at a rate, however slow the answers are."""

    level: LevelSummary
    """Judged by the experiment's objective; its users are those it took to keep the rate."""
    rate_per_minute: float
    """Asked for."""
    sent_per_minute: float | None
    """None when no trial is valid."""
    is_sent: bool
    """Whether that is the rate, or nearly."""

    @property
    def is_refuted(self) -> bool:
        """Whether it is proven that the configuration misses the objective at the rate."""
        return self.is_sent and self.level.verdict is Verdict.FAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """Everything a report shows."""

    experiment: Experiment
    started: str
    """UTC, ISO 8601."""
    command: str
    """The command line that started the run, to repeat it."""
    seed: int
    environment: Environment
    complete: bool
    """False when the run was interrupted before its last trial."""
    configurations: tuple[ConfigurationSummary, ...]
    """In the order of the experiment file."""
    recommendation: Recommendation
    ladder: Ladder | None = None
    """None when no configuration belongs to a step."""
    axis_rankings: tuple[AxisRanking, ...] = ()
    """One for each axis and load level; empty when every configuration has one value on each axis."""
    confirmation: Confirmation | None = None
    """None when no pick was confirmed."""
    worker_checks: WorkerChecks | None = None
    """How one worker's requests share its time; None when nothing was tried."""
    choice: Choice | None = None
    """What a study found; None when the experiment is none. The recommendation says the same in short."""
    circumstances: Circumstances | None = None
    """Under which it was begun; None in runs of earlier kits."""
    other_trials: tuple[TrialSummary, ...] = ()
    """Of A/A controls and of capacity searches, each on its own: no configuration is summed up from them."""
    files: frozenset[str] = frozenset()
    """Of the trials, those that lie beside the reports, from their folder; none where reports are kept elsewhere."""
    limits: Mapping[str, Limits] = field(default_factory=dict)
    """What was in force on each machine of [places], by its key; none where all shared this machine's network."""
    lines: Mapping[str, Carried] = field(default_factory=dict)
    """What the line to each of them did with the packets of all trials that nothing disturbed, by its key."""

    @property
    def has_trusted_trial(self) -> bool:
        """Whether at least one trial of the comparison is not INVALID; without one the run says nothing."""
        levels = [level for one in self.configurations for level in (*one.levels, *one.distant_levels)]
        return any(level.valid_trials for level in levels)

"""What the ledgers of a run add up to, trial by trial and level by level."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.axis import USUAL, At
from badgateway.model.configuration import Configuration
from badgateway.model.design import Counts
from badgateway.model.diagnosis import Diagnosis
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import Outcome
from badgateway.model.samples import ContainerUse, DatabaseConnections, Pressure, WorkerGaps
from badgateway.model.site_log import SiteAccount
from badgateway.model.trial import SendingCheck, Trial
from badgateway.model.verdict_reason import Reason


class Verdict(StrEnum):
    """How a trial, a level or a configuration stands against the objective."""

    PASS = "PASS"  # noqa: S105 # a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    """Enough was measured to count, not enough to decide."""
    INVALID = "INVALID"
    """The measurement itself cannot be trusted; it is in no statistic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A share with its 95 % interval: exact (Clopper-Pearson), and wider where trials differ by more than chance."""

    count: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself; a Proportion is never made of nothing."""
        return self.count / self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Quantiles of OK requests, from raw rows, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long the OK requests of one second took, in milliseconds."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBin:
    """How many OK requests took so long; each bin is higher than the one before by the same factor."""

    low_ms: float
    high_ms: float
    """Just above."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeShare:
    """How many requests ended so."""

    outcome: Outcome
    proportion: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMeasurement:
    """What the requests of one route add up to."""

    name: str
    """As the users' script calls it: 'GET /members/'."""
    requests: int
    outcomes: tuple[OutcomeShare, ...]
    """One entry for each outcome that occurred, in the order of Outcome; the shares are of the route's requests."""
    failures: Proportion
    latency: Quantiles | None
    """Start to last byte; None when no request was OK."""
    first_byte: Quantiles | None
    seconds: tuple[Counts, ...] = ()
    """Of each second of the windows that had such a request, in their order; () is not known."""

    def count(self, outcome: Outcome) -> int:
        """Return how many requests had the outcome."""
        return next((entry.proportion.count for entry in self.outcomes if entry.outcome is outcome), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyMessage:
    """A kind of line in the proxy's error log, with what differs between lines taken out."""

    message: str
    count: int
    first_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a set of requests adds up to: those of one trial, or of all valid trials of a level."""

    requests: int
    outcomes: tuple[OutcomeShare, ...]
    """One entry for each outcome that occurred, in the order of Outcome."""
    failures: Proportion
    latency: Quantiles | None
    """Start to last byte; None when no request was OK."""
    first_byte: Quantiles | None
    over_objective: Proportion | None
    """OK requests slower than the objective's p95_ms; None when no request was OK."""
    throughput_rps: float
    """OK requests started in the window, per second of it."""
    routes: tuple[RouteMeasurement, ...] = ()
    """By name; requests of which the client knows nothing belong to none."""
    seconds: tuple[Counts, ...] = ()
    """Of each second of the windows, in their order; () is not known."""
    paces: tuple[Pace | None, ...] = ()
    """Of the same seconds; None where no request was OK; () is not known."""
    latency_bins: tuple[LatencyBin, ...] = ()
    """From the fastest to the slowest, without those that are empty; () is not known."""

    def count(self, outcome: Outcome) -> int:
        """Return how many requests had the outcome."""
        return next((entry.proportion.count for entry in self.outcomes if entry.outcome is outcome), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """What one part of the stack used during a trial."""

    part: str
    """server, nginx, database or locust."""
    cpu_s: float
    peak_rss_bytes: int
    rss_growth_bytes: int
    """Last sample minus the first one in the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialSummary:
    """One trial, judged."""

    trial: Trial
    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Why the verdict is not PASS, the worst first."""
    measurement: Measurement | None
    """None for a trial that is INVALID."""
    proxy_messages: tuple[ProxyMessage, ...]
    """Most frequent first."""
    uses: tuple[ProcessUse, ...]
    overhead_s: float
    diagnosis: Diagnosis | None = None
    """Why the window's requests failed; None when it was not looked into (an ABORTED trial, unreadable files)."""
    connections: DatabaseConnections | None = None
    """None when nobody sampled them."""
    worker_gaps: WorkerGaps | None = None
    """None when nothing tells when workers came and went."""
    pressure: Pressure | None = None
    """None when nobody sampled the accept queue."""
    container: ContainerUse | None = None
    """None where the server's container has no size."""
    sending: SendingCheck | None = None
    """Whether the generator kept its schedule; None in a closed loop."""
    site: SiteAccount | None = None
    """How far the logs of a site that already runs tell of it; None where the servers are the run's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSummary:
    """One configuration at one load level, over all blocks."""

    configuration: str
    users: int
    """0 in an open loop."""
    verdict: Verdict
    reasons: tuple[Reason, ...]
    measurement: Measurement | None
    """Of the valid trials' requests together; None when there is no valid trial."""
    trials: tuple[TrialSummary, ...]
    diagnosis: Diagnosis | None = None
    """Of the valid trials together; None unless all of them have one."""
    at: At = USUAL
    rate_per_s: float | None = None
    """None in a closed loop."""
    counts: tuple[Counts, ...] = ()
    """Of each trial that is not INVALID; one that the configuration did not get through counts as failed throughout."""

    @property
    def load(self) -> LoadLevel:
        """Users, or tasks a second."""
        return LoadLevel.of(self.users, self.rate_per_s)

    @property
    def valid_trials(self) -> tuple[TrialSummary, ...]:
        """All trials but the INVALID ones."""
        return tuple(trial for trial in self.trials if trial.verdict is not Verdict.INVALID)

    @property
    def trials_lost(self) -> tuple[TrialSummary, ...]:
        """Trials that the configuration did not get through: failed from end to end, and measured in no request."""
        return tuple(trial for trial in self.valid_trials if trial.measurement is None)

    @property
    def measured(self) -> Measurement:
        """The measurement of a level that is known to have one."""
        assert self.measurement is not None
        return self.measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSummary:
    """One configuration over all load levels; its verdict is its worst level's."""

    configuration: Configuration
    verdict: Verdict
    reasons: tuple[Reason, ...]
    levels: tuple[LevelSummary, ...]
    """At the first value of the configuration on each axis."""
    distant_levels: tuple[LevelSummary, ...] = ()
    """At its other values; shown, but in no verdict."""

"""How the requests of one worker share its time: proven beside the trials of a run, and seen under load."""

from dataclasses import dataclass

from badgateway.model.configuration import Configuration
from badgateway.model.cooperation import BlockingLine, ConnectCost, CooperationProof
from badgateway.model.experiment import Load
from badgateway.model.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCheckPlan:
    """What a run does besides its measured trials; no number of it is in a verdict."""

    pairs: tuple[Configuration, ...]
    """Each server file with each driver that some configuration has, one worker each."""
    trials: tuple[Trial, ...]
    """One for each configuration on greenlets, at the highest load level; their positions are counted on their own."""
    load: Load
    """The experiment's, with a shorter window."""

    @property
    def steps(self) -> int:
        """How many things there are to do, the cost of a connect being one."""
        return len(self.pairs) + len(self.trials) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopStops:
    """How long the event loops of a configuration's workers stood still in a trial's window."""

    window_s: float
    workers: int
    """Each has a loop of its own."""
    stops: int
    """How often a loop was late by more than the journal's limit."""
    blocked_s: float
    """Sum over all workers."""
    longest_s: float
    typical_s: float | None
    """Median of the stops; None when there was none."""
    given_up: int
    """Workers that their server killed in the trial; how long they had stood still nobody knows."""

    @property
    def share(self) -> float:
        """Blocked time as a share of the workers' time."""
        return self.blocked_s / (self.window_s * self.workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopWatch:
    """What was seen of the event loops of one configuration, or why nothing was."""

    configuration: str
    users: int
    rate_per_s: float | None = None
    """None in a closed loop; otherwise there are no users."""
    stops: LoopStops | None
    blocked_by: tuple[BlockingLine, ...]
    """Most often seen first."""
    problem: str
    """Why there are no numbers; empty when there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the worker checks of a run found."""

    proofs: tuple[CooperationProof, ...]
    connect_costs: tuple[ConnectCost, ...]
    """Empty when the run was interrupted before."""
    loops: tuple[LoopWatch, ...]
    complete: bool
    """False when the run was interrupted before the end of them."""

"""Worker checks: do the requests of one worker wait side by side, what held its loop, and what does a connect cost."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Load
from badgateway.model.trial import Trial


class WorkerVerdict(StrEnum):
    """How requests that wait for the database share one worker."""

    COOPERATIVE = "COOPERATIVE"
    """Side by side: all of them took about as long as one."""
    PARTIAL = "PARTIAL"
    """Some side by side: the worker has fewer places than there were requests, or something held it up."""
    BLOCKING = "BLOCKING"
    """One after the other: all of them took about as long as their sum."""
    ERRORS = "ERRORS"
    """Not every request was answered with 200, so their time says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingLine:
    """A line of code that was seen holding an event loop."""

    place: str
    """File, line and function, such as 'app/school/pages/wait.py:16 wait'."""
    is_own: bool
    """Of the application; a line of an installed package is named only where none of the application led to it."""
    sightings: int
    """A long stop is seen several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCheck:
    """One server file with one driver and one worker, and what became of requests sent all at once."""

    server: str
    """Path of the server file in the project."""
    driver: str
    threads: int
    greenlets: int
    requests: int
    wait_ms: int
    """What each request spends in one query."""
    verdict: WorkerVerdict
    wall_ms: float | None
    """From the first request's start to the last one's end, the better of two rounds; None with errors."""
    statuses: tuple[tuple[int, int], ...]
    """Status and count over all rounds, the most frequent first; 0 is no answer."""
    reason: str
    """Why there were errors, with the server's own log line where there is one; empty without errors."""
    blocked_by: tuple[BlockingLine, ...] = ()
    """What held the event loop meanwhile, most often seen first; empty for a worker without one."""

    @property
    def serial_ms(self) -> int:
        """How long the requests take one after the other."""
        return self.requests * self.wait_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectCost:
    """What it costs the application's process to connect to its database once."""

    client: str
    """The driver and how it was told to connect."""
    connects: int
    median_ms: float | None
    """None when it could not be measured."""
    cpu_ms: float | None
    """Mean CPU time of the connecting process, the server's not in it."""
    problem: str
    """Why it could not be measured; empty when it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCheckReport:
    """All server files of an experiment with all its drivers."""

    experiment: str
    proofs: tuple[WorkerCheck, ...]
    connect_costs: tuple[ConnectCost, ...]


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
class WorkerChecks:
    """What the worker checks of a run found."""

    proofs: tuple[WorkerCheck, ...]
    connect_costs: tuple[ConnectCost, ...]
    """Empty when the run was interrupted before."""
    loops: tuple[LoopWatch, ...]
    complete: bool
    """False when the run was interrupted before the end of them."""

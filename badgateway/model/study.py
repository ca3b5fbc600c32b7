"""What a user declares of how an experiment is run: as a study in blocks, confirmed at a rate, on a quiet machine."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from badgateway.model.declared import Declared, Seconds, Share
from badgateway.model.load_level import LoadUnit

_Blocks = Annotated[int, Field(ge=1, le=100)]
_Budget = Annotated[float, Field(gt=0, le=86_400)]
_Milliseconds = Annotated[float, Field(gt=0, le=3_600_000)]
_Load = Annotated[float, Field(gt=0, le=10_000)]


class CapacitySearch(Declared):
    """Where the capacity of each configuration is looked for: the highest load that keeps the objective."""

    unit: LoadUnit = LoadUnit.USERS
    lowest: _Load
    """Tried first; only when it fails is there no capacity."""
    highest: _Load
    max_trials: Annotated[int, Field(ge=4, le=40)] = 14
    """For each configuration, confirmations included."""
    max_failure_share: Share = 0.001
    """Of a window that passes; its p95 is the objective's."""

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if self.lowest >= self.highest:
            message = f"lowest ({self.lowest:g}) must be below highest ({self.highest:g})"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _whole_users(self) -> Self:
        whole = self.lowest.is_integer() and self.highest.is_integer()
        if self.unit is LoadUnit.USERS and not whole:
            message = f"lowest ({self.lowest:g}) and highest ({self.highest:g}) must be whole numbers of users"
            raise ValueError(message)
        return self


class Study(Declared):
    """The experiment is run in blocks, ended early for whoever is out, until there is an answer."""

    blocks: _Blocks = 8
    """At most; fewer than six prove no difference in p95."""
    looks: tuple[_Blocks, ...] = (3, 5)
    """After these blocks, clearly slower configurations leave."""
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Configurations that differ by less than this share are equivalent in practice."""
    negligible_ms: _Milliseconds | None = None
    """So are those whose p95 differs by less than this; None is 1 % of the objective's p95_ms."""
    control: bool = True
    """Whether one configuration runs twice in each block, under two names: the A/A control."""
    capacity: CapacitySearch | None = None
    budget_s: _Budget | None = None
    """For all trials together; None is no limit."""

    @model_validator(mode="after")
    def _looks_ascend(self) -> Self:
        if list(self.looks) != sorted(set(self.looks)):
            message = f"looks {list(self.looks)}: must ascend"
            raise ValueError(message)
        return self


class StudyVariant(Declared):
    """Another size of a study; what is not given stays as it is."""

    blocks: _Blocks | None = None
    looks: tuple[_Blocks, ...] | None = None
    margin: Annotated[float, Field(gt=0, lt=1)] | None = None
    negligible_ms: _Milliseconds | None = None
    control: bool | None = None
    capacity: CapacitySearch | Literal[False] | None = None
    """False: it is not searched."""
    budget_s: _Budget | None = None


class AtRate(Declared):
    """The picked configuration is run once more, in an open loop: a pick from a closed loop is held against a rate."""

    rate_per_s: _Load
    """Tasks of the users' script started a second, whether or not those before them have ended."""
    window_s: Seconds = 30


class MachineLimits(Declared):
    """What others may take of the machine during a trial's window; a trial with more is INVALID."""

    max_steal_share: Share = 0.05
    """Of the machine's CPU time, taken by the hypervisor for its other guests."""
    max_outside_share: Share = 0.25
    """Of the machine's CPU time, used by processes that are no part of the trial."""

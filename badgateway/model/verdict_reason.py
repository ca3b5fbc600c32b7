"""Why a trial, a level or a configuration is not PASS."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.design import LimitCount
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import CheckReason, Outcome
from badgateway.model.trial import Disturbance

OutcomeCounts = tuple[tuple[Outcome, int], ...]
"""The kinds of failure that occurred, the most frequent first."""


class Unit(StrEnum):
    """By what a share of failures is judged."""

    TRIAL = "trial"
    SECOND = "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """What it takes to decide about a limit."""

    unit: Unit
    units: int
    """That there are."""
    more: int | None
    """That it takes about, if all goes on so; None where more would hardly do."""
    most: float
    """Upper end of the 95 % interval of the share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReason:
    """A limit of the objective that is broken, or not proven to be kept."""

    counted: LimitCount
    outcomes: OutcomeCounts
    """Of the failures; empty for the limit on late requests."""
    p95_ms: float | None
    """Of the OK requests, for the limit on late requests."""
    undecided: Undecided | None
    """None where the limit is proven to be broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOk:
    """No request was OK."""

    requests: int
    outcomes: OutcomeCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed:
    """Something befell the trial from outside its configuration."""

    first: Disturbance
    after_s: float | None
    """From the trial's beginning; None where nobody knows when."""
    more: int
    """Disturbances besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsReason:
    """Why some trials of a level have no measurement of their own."""

    count: int
    of: int
    is_counted: bool
    """As failed from end to end; else they are INVALID, and in no statistic."""
    reason: "Reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReason:
    """Why a configuration is not PASS at one of its loads."""

    load: LoadLevel
    reason: "Reason"


Reason = str | LimitReason | NoneOk | CheckReason | Disturbed | TrialsReason | LoadReason
"""A text is what a file, a record or another program says."""

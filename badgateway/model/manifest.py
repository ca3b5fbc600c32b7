"""What a run set out to do, written before its first trial."""

from dataclasses import dataclass

from badgateway.model.circumstances import Circumstances
from badgateway.model.environment import Environment
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial
from badgateway.model.waiting import DiagnosisPlan

SCHEMA_VERSION = 2
"""1 had neither lists of files, nor heartbeats, nor disturbances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """With the trials' folders beside it, all that a report is made of."""

    schema_version: int
    kit_version: str
    command: str
    """The command line that started the run, to repeat it."""
    started: str
    """UTC, ISO 8601, to the second."""
    experiment: Experiment
    environment: Environment
    trials: tuple[Trial, ...]
    """In the order of running; empty in a study, whose trials follow from those that ended."""
    diagnosis: DiagnosisPlan | None = None
    """None when it was not asked for, and in runs of before there was one."""
    attempts: int = 1
    """How often a trial of the schedule is run at most, when it is INVALID; in runs of earlier kits it was run once."""
    circumstances: Circumstances | None = None
    """None in runs of earlier kits."""

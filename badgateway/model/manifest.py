"""What a run set out to do, on which machine, and what was known when it was begun."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AliasChoices, Field

from badgateway.model.experiment import Experiment
from badgateway.model.secrets import Withheld
from badgateway.model.trial import Trial
from badgateway.model.worker_checks import WorkerCheckPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRun:
    """A run of the same name in the same results folder, of which a trial had ended."""

    started: str
    """UTC, ISO 8601, or the name of its folder where its manifest cannot be read."""
    experiment_digest: str
    """Of its experiment file; empty when it is not known."""
    differences: tuple[str, ...]
    """In objective, load and margin, one clause each; empty when it asked the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a reader should know of the moment at which a run was begun."""

    experiment_digest: str
    """SHA-256 of the experiment file, in hexadecimal."""
    earlier: tuple[EarlierRun, ...]
    """In the order of their beginning."""
    busy: str = ""
    """Who kept the machine busy, in a clause; empty when it was quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Recorded once per experiment and printed in every report."""

    system: str
    """Kernel and distribution, for example 'Linux 6.18.5, Debian GNU/Linux 12 (bookworm)'."""
    cpu: str
    cores: int
    memory_bytes: int
    python: str
    somaxconn: int | None
    """Kernel's ceiling for every accept queue; None where there is no such setting."""
    account: str
    """Whose processes the servers were."""
    versions: tuple[tuple[str, str], ...]
    """Name and version of every server, driver and library that can matter, sorted by name."""


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
    """Without the values that may be secret."""
    environment: Environment
    trials: tuple[Trial, ...]
    """In the order of running; empty in a study, whose trials follow from those that ended."""
    worker_checks: Annotated[
        WorkerCheckPlan | None, Field(validation_alias=AliasChoices("worker_checks", "diagnosis"))
    ] = None
    """None when it was not asked for, and in runs of before there was one."""
    attempts: int = 1
    """How often a trial of the schedule is run at most, when it is INVALID; in runs of earlier kits it was run once."""
    circumstances: Circumstances | None = None
    """None in runs of earlier kits."""
    withheld: Withheld | None = None
    """What was left out of the experiment; None where nothing was."""
    locust_digest: str = ""
    """SHA-256 of the Locust file, in hexadecimal; empty in runs of earlier kits, and where it could not be read."""

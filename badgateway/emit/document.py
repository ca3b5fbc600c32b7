"""What of a run's report.json is read to deploy its answer: declared and measured, checked as it is read."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from badgateway.errors import ConfigurationError
from badgateway.model.application import Application
from badgateway.model.axis import AXES, At
from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.decoding import decoded_json, first_fault
from badgateway.model.experiment import Database, Load, Objective
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.places import KERNEL_FILES, Places
from badgateway.model.printable import printable_part
from badgateway.model.run_summary import LEAST_SENT_SHARE
from badgateway.model.summary import Verdict

SCHEMA_VERSION = 1
EARLIER_GRACEFUL_STOP = "reload_mercy_s"
"""What graceful_stop_s was called in an earlier version."""


class _Read(BaseModel):
    """A table of the document: what else is in it is left."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def _known(model: type[BaseModel]) -> BeforeValidator:
    """Return what takes only the keys that a declared table has: a report has more."""
    fields = model.model_fields

    def only(found: Any) -> Any:
        return {key: value for key, value in found.items() if key in fields} if isinstance(found, Mapping) else found

    return BeforeValidator(only)


class Count(_Read):
    """How many of how many."""

    count: int
    total: int
    share: float
    high: float
    """Upper end of its 95 % interval."""


class Latency(_Read):
    """Of OK requests."""

    p50: float
    p95: float
    max: float


class Measured(_Read):
    """A load level of a configuration, or one trial."""

    users: int | None
    rate_per_s: float | None
    requests: int | None
    failures: Count | None
    latency_ms: Latency | None
    throughput_rps: float | None

    @property
    def load(self) -> LoadLevel:
        """Its load."""
        return (
            LoadLevel(self.rate_per_s, LoadUnit.RATE) if self.rate_per_s else LoadLevel(self.users or 0, LoadUnit.USERS)
        )


class Level(Measured):
    """All valid trials of a configuration at one load."""

    verdict: str
    reasons: tuple[str, ...] = ()


class Connections(_Read):
    """To the database, in one trial's window."""

    peak: int | None
    limit: int | None


class Process(_Read):
    """A part of the trial, all its processes together."""

    part: str
    cpu_s: float | None
    peak_rss_bytes: int | None


def _placed(found: Any) -> Any:
    return {**found, "at": tuple(found.get(axis.key, 0.0) for axis in AXES)} if isinstance(found, Mapping) else found


class Trial(Measured):
    """One trial."""

    at: At
    """Its value of each axis."""
    purpose: str
    control: bool
    status: str
    database_connections: Connections | None = None
    processes: tuple[Process, ...] = ()


class Measurements(_Read):
    """A configuration: what it was, and what became of it."""

    name: str
    verdict: str
    reasons: tuple[str, ...]
    settings: dict[str, Any]
    levels: tuple[Level, ...]
    trials: tuple[Annotated[Trial, BeforeValidator(_placed)], ...]

    @cached_property
    def configuration(self) -> Configuration:
        """As it was declared."""
        settings = {key: value for key, value in self.settings.items() if key in Configuration.model_fields}
        if EARLIER_GRACEFUL_STOP in self.settings:
            settings.setdefault("graceful_stop_s", self.settings[EARLIER_GRACEFUL_STOP])
        return Configuration.model_validate({"name": self.name, **settings})


class Asked(_Read):
    """The experiment."""

    name: str
    question: str
    objective: Annotated[Objective, _known(Objective)]
    timeouts: Annotated[Timeouts, _known(Timeouts)]
    load: Annotated[Load, _known(Load)]
    database: Annotated[Database, _known(Database)]
    application: Annotated[Application, _known(Application)]
    places: Annotated[Places, _known(Places)] = Places()


class Kernel(_Read):
    """What was in force on a machine of [places]."""

    somaxconn: int
    ip_local_port_range: tuple[int, int]

    def text(self, file: str) -> str:
        """Return what was in one of the kernel's files there."""
        ports = "{} {}".format(*self.ip_local_port_range)
        return {KERNEL_FILES["somaxconn"]: str(self.somaxconn), KERNEL_FILES["ip_local_port_range"]: ports}[file]


class Machine(_Read):
    """Where it was measured."""

    system: str
    cpu: str
    cores: int
    memory_bytes: int
    python: str
    somaxconn: int | None
    places: dict[str, Kernel] = {}
    versions: dict[str, str]

    @property
    def server_somaxconn(self) -> int | None:
        """What cut the servers' accept queues: that of their own machine, where they had one."""
        return self.places["target"].somaxconn if "target" in self.places else self.somaxconn


class Recommended(_Read):
    """The answer."""

    decision: str
    configuration: str | None
    sentence: str


class Capacity(_Read):
    """The highest load that a configuration carried."""

    configuration: str
    unit: str
    status: str
    confirmed: float | None


class Rated(_Read):
    """The level of a confirmation."""

    verdict: str


class Confirmation(_Read):
    """What became of the pick under requests that come at a rate."""

    configuration: str
    rate_per_minute: float
    sent_per_minute: float | None
    sentence: str
    level: Rated

    @property
    def is_refuted(self) -> bool:
        """Whether the rate was sent, and the objective is proven to be missed at it."""
        is_sent = (self.sent_per_minute or 0) >= LEAST_SENT_SHARE * self.rate_per_minute
        return is_sent and self.level.verdict == Verdict.FAIL


class Choice(_Read):
    """How it was decided."""

    capacities: tuple[Capacity, ...] = ()


class Document(_Read):
    """The report of one run."""

    schema_version: Annotated[int, Field(ge=SCHEMA_VERSION, le=SCHEMA_VERSION)]
    started: str
    complete: bool
    recommendation: Recommended
    experiment: Asked
    environment: Machine
    configurations: tuple[Measurements, ...]
    choice: Choice | None = None
    confirmation: Confirmation | None = None

    def of(self, name: str) -> Measurements | None:
        """Return a configuration's; None when there is none of that name."""
        return next((one for one in self.configurations if one.name == name), None)


def read_document(content: bytes, where: PurePosixPath) -> Document:
    """Return what is read of a report.json.

    Raises:
        ConfigurationError: It is none, or of another schema.
    """
    try:
        document = Document.model_validate(decoded_json(content))
        for one in document.configurations:
            _ = one.configuration
    except ValidationError as error:
        key, fault = first_fault(error)
        raise ConfigurationError(f"{where}: {printable_part(key)}: {fault}; give a run's report.json") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{where}: is no report.json: {printable_part(str(error))}; give that of a run"
        ) from error
    return document

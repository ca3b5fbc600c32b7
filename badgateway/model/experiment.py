"""What a user declares: the question, the load and the objective, beside the configurations."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator, model_validator

from badgateway.model.application import Application
from badgateway.model.configuration import Configuration, CpuLimit, MemoryLimit, Timeouts
from badgateway.model.declared import (
    Declared,
    Name,
    ProjectPath,
    Seconds,
    Share,
    Variable,
    text_like,
)
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.places import Places
from badgateway.model.running_site import RunningSite
from badgateway.model.study import AtRate, MachineLimits, Study, StudyVariant

MOST_SEED = 2**53
"""What is written into a manifest is read back as it was, and by every other reader of JSON too."""
MAX_SHARE_OVER_P95 = 0.05
MOST_LEVELS = 20
"""A report has a panel for each level in every chart: hundreds take minutes to draw, and nobody could read them."""


class _Declared(Declared, BaseModel):
    # BaseModel again, for ruff: it looks no further than this file, and takes the defaults below for shared values.
    pass


def _of_locust(path: PurePosixPath) -> PurePosixPath:
    if path.suffix != ".py" or "," in str(path):
        message = "a Locust file ends with .py and has no comma in its path"
        raise ValueError(message)
    return path


LocustPath = Annotated[ProjectPath, AfterValidator(_of_locust)]


ShellVariable = Annotated[
    str, text_like(r"env:[A-Za-z_]\w*", "env: and the name of a variable of your shell, such as env:STAGING_URL")
]
DatabasePlace = Annotated[
    str, text_like(r"[^/\s]+/[^/\s]+", "host and name of a database, such as db.test.example.org/shop")
]


class Database(_Declared):
    """The one database of an experiment."""

    system: Name = "mariadb"
    """What it is run on; badgateway/databases/ has a module for each."""
    driver: Name | None = None
    """That of every configuration that names none."""
    max_connections: Annotated[int, Field(ge=10, le=10_000)] = 151
    """MariaDB's own default: the ceiling a site meets when nobody chose one."""
    url: ShellVariable | None = None
    """Of a database that is there already, which is used in place of one of the run's own."""
    may_write: DatabasePlace | None = None
    """Which one that has to be, spelled out, for anything to be written to it."""

    @property
    def is_read_only(self) -> bool:
        """Whether nothing of a run may write to it."""
        return self.url is not None and self.may_write is None


class ArrivalKind(StrEnum):
    """How the requests of an open loop follow each other."""

    POISSON = "poisson"
    """Independent visitors: the gaps are exponential."""
    CONSTANT = "constant"
    """Equal gaps."""


class Load(_Declared):
    """The workload: a Locust file and its load levels, numbers of users (a closed loop) or rates (an open one)."""

    locustfile: LocustPath
    rates_per_s: tuple[Annotated[float, Field(gt=0, le=10_000)], ...] = ()
    """Open loop: tasks started a second, whether or not those before them have ended."""
    # Behind the rates, because its validator looks at them.
    users: Annotated[tuple[Annotated[int, Field(ge=1, le=5000)], ...], Field(validate_default=True)] = ()
    """Closed loop: each user waits for its answer before it goes on."""
    arrivals: ArrivalKind = ArrivalKind.POISSON
    max_in_flight: Annotated[int, Field(ge=1, le=50_000)] = 2000
    """Open loop: an arrival that finds so many requests unanswered is not sent, but counted as missed."""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes of Locust that share the load; more than one for a load that one core cannot send."""
    login: Literal["none", "sessions"] = "none"
    """Whether users begin logged in, each with a session that was made before; Django's sites alone have them."""
    warm_up_s: Annotated[float, Field(ge=0, le=3600)] = 3
    """Load that is sent and recorded but not counted; the users are spawned in it."""
    window_s: Seconds = 10
    """Requests that start in the window are counted, however late they end."""

    @property
    def levels(self) -> tuple[LoadLevel, ...]:
        """Its load levels, as declared."""
        users = (LoadLevel(users, LoadUnit.USERS) for users in self.users)
        return (*users, *(LoadLevel(rate, LoadUnit.RATE) for rate in self.rates_per_s))

    @field_validator("users")
    @classmethod
    def _some_level(cls, users: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        if not users and not info.data.get("rates_per_s", True):
            message = "name at least one load level, in users (closed loop) or rates_per_s (open loop)"
            raise ValueError(message)
        return users

    @model_validator(mode="after")
    def _levels_differ(self) -> Self:
        levels: tuple[tuple[str, tuple[float, ...]], ...] = (("users", self.users), ("rates_per_s", self.rates_per_s))
        for name, values in levels:
            if len(set(values)) != len(values):
                message = f"{name} {list(values)}: a level is listed twice"
                raise ValueError(message)
        if len(self.levels) > MOST_LEVELS:
            message = (
                f"users and rates_per_s list {len(self.levels):,} load levels, and {MOST_LEVELS} are allowed, for each "
                "has a panel in every chart; list fewer"
            )
            raise ValueError(message)
        return self


class Objective(_Declared):
    """What a configuration must reach at every load level to be picked."""

    max_failure_share: Share
    p95_ms: Annotated[float, Field(gt=0)]
    """At least 95 % of the requests must be answered well this fast; fewer where more may fail, for those are not."""

    @property
    def max_missed_share(self) -> float:
        """The share of requests that may be late or fail: that of a p95, or what may fail, if that is more."""
        return max(MAX_SHARE_OVER_P95, self.max_failure_share)


class Variant(_Declared):
    """Another size of the same experiment, such as a quick one; what is not given stays as it is."""

    only: tuple[Name, ...] = ()
    """The configurations it has; all when empty."""
    users: tuple[Annotated[int, Field(ge=1, le=5000)], ...] = ()
    warm_up_s: Annotated[float, Field(ge=0, le=3600)] | None = None
    window_s: Seconds | None = None
    objective: Objective | None = None
    timeouts: Timeouts | None = None
    """Instead of the experiment's; a configuration with time limits of its own keeps them."""
    database_distances_ms: tuple[Annotated[float, Field(ge=0, le=1000)], ...] = ()
    """Instead of those of each configuration."""
    cpu_limits: tuple[CpuLimit, ...] = ()
    """The same."""
    memory_limits_mb: tuple[MemoryLimit, ...] = ()
    """The same."""
    proxy_cpu_limits: tuple[CpuLimit, ...] = ()
    """The same."""
    proxy_memory_limits_mb: tuple[MemoryLimit, ...] = ()
    """The same."""
    environment: dict[Variable, str] = {}
    """Changes the application's settings; a configuration's own are stronger."""
    study: StudyVariant | None = None
    """Of an experiment that is a study."""


class Experiment(_Declared):
    """One question, the configurations that may answer it, the load and the objective."""

    name: Name
    question: Annotated[str, Field(min_length=1)]
    seed: Annotated[int, Field(ge=-MOST_SEED, le=MOST_SEED)] = 1
    blocks: Annotated[int, Field(ge=1, le=100)] = 1
    load: Load
    objective: Objective
    timeouts: Timeouts = Timeouts()
    database: Database = Database()
    places: Places = Places()
    application: Application = Application()
    target: RunningSite | None = None
    """A site that already runs, in place of servers of the run's own."""
    study: Study | None = None
    """Run as a study, which decides on the next trial by those that ended; None is the fixed schedule of blocks."""
    confirmation: AtRate | None = None
    """After the fixed schedule."""
    machine: MachineLimits = MachineLimits()
    configurations: Annotated[tuple[Configuration, ...], Field(min_length=1)]
    variants: dict[Name, Variant] = {}
    """Chosen by an option of the same name: quick by --quick."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [configuration.name for configuration in self.configurations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"configuration name used twice: {', '.join(twice)}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_baseline(self) -> Self:
        named = [configuration.name for configuration in self.configurations if configuration.baseline]
        if len(named) > 1:
            message = f"baseline = true for {', '.join(named)}: one configuration is what runs today"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _configurations_to_compare_with_exist(self) -> Self:
        names = {configuration.name for configuration in self.configurations}
        for configuration in self.configurations:
            if configuration.against is not None and configuration.against not in names - {configuration.name}:
                message = f"configuration {configuration.name}: against {configuration.against}: no other has that name"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _variants_have_known_configurations(self) -> Self:
        names = {configuration.name for configuration in self.configurations}
        for variant, size in self.variants.items():
            unknown = [name for name in size.only if name not in names]
            if unknown:
                message = f"variant {variant}: only: no configuration {', '.join(unknown)}"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_way_to_run(self) -> Self:
        if self.study is None:
            return self
        if self.confirmation is not None or self.blocks != 1:
            message = "an experiment with [study] has neither [confirmation] nor blocks of its own; see study.blocks"
            raise ValueError(message)
        if bool(self.load.users) == bool(self.load.rates_per_s):
            message = "an experiment with [study] has load levels of one kind, users or rates_per_s"
            raise ValueError(message)
        if not all(configuration.candidate for configuration in self.configurations):
            message = "an experiment with [study] races candidates only; leave out those with candidate = false"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _a_running_site_is_loaded_as_it_may_be(self) -> Self:
        if self.target is None:
            return self
        load = self.load
        is_shared = load.processes > 1 or self.places != Places()
        if is_shared or load.login != "none" or load.rates_per_s or self.study or self.confirmation:
            message = (
                "target: a site that already runs is loaded by users alone, who are strangers, from one process here; "
                "take load.processes, load.login, load.rates_per_s, [places], [study] and [confirmation] out"
            )
            raise ValueError(message)
        for fault in self.target.faults(users=max(load.users), load_s=load.warm_up_s + load.window_s):
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _an_existing_database_is_read(self) -> Self:
        if self.database.may_write and self.database.url is None:
            message = "database.may_write: a database of the run's own is written to anyhow; take it out"
            raise ValueError(message)
        writing = "prepare" if self.application.prepare else "restore" if self.application.restore else ""
        if self.database.is_read_only and writing:
            message = (
                f"application.{writing}: it may write to a database that is there already; take it out, or spell out "
                'which one it may write to: database.may_write = "host/name"'
            )
            raise ValueError(message)
        if self.database.is_read_only and self.load.login != "none":
            message = 'load.login: sessions are written to the database; spell out database.may_write = "host/name"'
            raise ValueError(message)
        return self

    def configuration(self, name: str) -> Configuration:
        """Return the configuration of that name; KeyError when there is none."""
        by_name = {configuration.name: configuration for configuration in self.configurations}
        return by_name[name]

    @property
    def baseline(self) -> Configuration:
        """What runs today: the configuration that says so, or the first."""
        return next((one for one in self.configurations if one.baseline), self.configurations[0])

    def timeouts_of(self, configuration: Configuration) -> Timeouts:
        """Return the time limits that hold for a configuration."""
        return configuration.timeouts or self.timeouts

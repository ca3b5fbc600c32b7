"""What a user declares: the question, the configurations, the load and the objective."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]


def _relative(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        message = "must be a path inside the project, such as servers/uwsgi.ini"
        raise ValueError(message)
    return path


ProjectPath = Annotated[PurePosixPath, AfterValidator(_relative)]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ServerKind(StrEnum):
    """The application servers that have a driver."""

    UWSGI = "uwsgi"
    GUNICORN = "gunicorn"


class Configuration(_Declared):
    """One arm of an experiment: a server file and everything that makes it differ from the others."""

    name: Name
    server: ProjectPath
    driver: Literal["pymysql", "mysqlclient"]
    workers: Annotated[int, Field(ge=1, le=256)]
    threads: Annotated[int, Field(ge=1, le=1000)] = 1
    greenlets: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Concurrent requests of one gevent worker; other worker models ignore it."""
    listen: Annotated[int, Field(ge=1, le=65_535)] = 1024
    """Length of the accept queue asked for (uWSGI's listen, Gunicorn's backlog)."""
    conn_max_age_s: Annotated[int, Field(ge=0)] = 0
    environment: dict[Annotated[str, Field(pattern=r"^APP_[A-Z0-9_]+$")], str] = {}
    """Further settings of the application itself; the names start with APP_."""
    note: str = ""
    """One sentence for the report: why this arm is here."""

    @property
    def kind(self) -> ServerKind:
        """Which driver runs the server file, told by its suffix: .ini is uWSGI's, .py is Gunicorn's."""
        return ServerKind.UWSGI if self.server.suffix == ".ini" else ServerKind.GUNICORN

    @model_validator(mode="after")
    def _known_suffix(self) -> Self:
        if self.server.suffix not in {".ini", ".py"}:
            message = f"server {self.server}: allowed are .ini (uWSGI) and .py (Gunicorn)"
            raise ValueError(message)
        return self


class Application(_Declared):
    """The WSGI project under test and the commands that give every trial the same data."""

    directory: ProjectPath = PurePosixPath("app")
    wsgi: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] = "school_site.wsgi:application"
    health_path: Annotated[str, Field(pattern=r"^/")] = "/healthz"
    prepare: tuple[str, ...] = ("python", "manage.py", "prepare")
    """Run once per experiment: makes the tables and loads the data."""
    restore: tuple[str, ...] = ("python", "manage.py", "restore")
    """Run before every trial: takes back what the trial before it wrote."""
    environment: dict[Annotated[str, Field(pattern=r"^APP_[A-Z0-9_]+$")], str] = {}


class Timeouts(_Declared):
    """The time limits of the three parties; each must outlast the one behind it, or the failures change their name."""

    app_s: Annotated[int, Field(ge=1, le=3600)] = 4
    """Limit of the application server itself (Gunicorn's timeout, uWSGI's harakiri)."""
    proxy_connect_s: Annotated[int, Field(ge=1, le=3600)] = 3
    proxy_read_s: Annotated[int, Field(ge=1, le=3600)] = 5
    client_s: Seconds = 10

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.app_s < self.proxy_read_s < self.client_s:
            message = (
                f"app_s ({self.app_s}) must be below proxy_read_s ({self.proxy_read_s}), "
                f"and that below client_s ({self.client_s:g})"
            )
            raise ValueError(message)
        return self


class Database(_Declared):
    """The one MariaDB of an experiment."""

    max_connections: Annotated[int, Field(ge=10, le=10_000)] = 151
    """MariaDB's own default: the ceiling a site meets when nobody chose one."""


class ArrivalKind(StrEnum):
    """How the requests of an open loop follow each other."""

    POISSON = "poisson"
    """Independent visitors: the gaps are exponential."""
    CONSTANT = "constant"
    """Equal gaps."""


class Load(_Declared):
    """The workload: a Locust file and its load levels, numbers of users (a closed loop) or rates (an open one)."""

    locustfile: ProjectPath
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
    warm_up_s: Annotated[float, Field(ge=0, le=3600)] = 3
    """Load that is sent and recorded but not counted; the users are spawned in it."""
    window_s: Seconds = 10
    """Requests that start in the window are counted, however late they end."""

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
        return self


class Objective(_Declared):
    """What a configuration must reach at every load level to be picked."""

    max_failure_share: Share
    p95_ms: Annotated[float, Field(gt=0)]
    """At least 95 % of the OK requests must be this fast."""


class Experiment(_Declared):
    """One question, the configurations that may answer it, the load and the objective."""

    name: Name
    question: Annotated[str, Field(min_length=1)]
    seed: int = 1
    blocks: Annotated[int, Field(ge=1, le=100)] = 1
    load: Load
    objective: Objective
    timeouts: Timeouts = Timeouts()
    database: Database = Database()
    application: Application = Application()
    configurations: Annotated[tuple[Configuration, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [configuration.name for configuration in self.configurations]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"configuration name used twice: {', '.join(twice)}"
            raise ValueError(message)
        return self

    def configuration(self, name: str) -> Configuration:
        """Return the configuration of that name; KeyError when there is none."""
        by_name = {configuration.name: configuration for configuration in self.configurations}
        return by_name[name]

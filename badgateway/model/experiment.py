"""What a user declares: the question, the configurations, the load and the objective."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator, model_validator

from badgateway.model.declared import Declared, Name, Seconds, Share
from badgateway.model.study import AtRate, MachineLimits, Study, StudyVariant


def _relative(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        message = "must be a path inside the project, such as servers/uwsgi.ini"
        raise ValueError(message)
    return path


ProjectPath = Annotated[PurePosixPath, AfterValidator(_relative)]


class _Declared(Declared, BaseModel):
    # BaseModel again, for ruff: it looks no further than this file, and takes the defaults below for shared values.
    pass


class ServerKind(StrEnum):
    """The application servers that have a driver."""

    UWSGI = "uwsgi"
    GUNICORN = "gunicorn"

    @property
    def label(self) -> str:
        """The name as its makers write it."""
        return "uWSGI" if self is ServerKind.UWSGI else "Gunicorn"


class FrontDoor(StrEnum):
    """How the proxy behaves."""

    NGINX = "nginx"
    """As nginx does: a connection to the server for every request."""
    LOAD_BALANCER = "load-balancer"
    """As a cloud's load balancer does: connections to the server are kept for 60 s, nothing is tried twice."""


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


class Configuration(_Declared):
    """One arm of an experiment: a server file and everything that makes it differ from the others."""

    name: Name
    server: ProjectPath
    driver: Literal["pymysql", "mysqlclient"]
    workers: Annotated[int, Field(ge=1, le=256)]
    least_workers: Annotated[int, Field(ge=0, le=256)] = 0
    """Idle, uWSGI keeps so many of them (cheaper); 0 is all, and so it is where the server file has no use for it."""
    threads: Annotated[int, Field(ge=1, le=1000)] = 1
    greenlets: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Concurrent requests of one gevent worker; other worker models ignore it."""
    listen: Annotated[int, Field(ge=1, le=65_535)] = 1024
    """Length of the accept queue asked for (uWSGI's listen, Gunicorn's backlog)."""
    transport: Literal["unix", "tcp"] = "unix"
    """Socket between the proxy and the server; a full accept queue is a 502 on one, and slow or a 504 on the other."""
    front_door: FrontDoor = FrontDoor.NGINX
    proxy_http: Literal["1.0", "1.1"] = "1.1"
    """HTTP that the proxy speaks to the server; 1.0 cannot tell a body that was cut short from a whole one."""
    keepalive_s: Annotated[int, Field(ge=0, le=3600)] = 75
    """How long the server keeps an idle connection; only a front door that keeps its own open notices."""
    preload: bool = True
    """Import the application once, before the workers are forked; off, each worker imports it by itself."""
    max_requests: Annotated[int, Field(ge=0)] = 0
    """A worker is replaced after so many requests; 0 is never."""
    max_requests_delta: Annotated[int, Field(ge=0)] = 0
    """What the workers' limits differ by, so that they are not replaced together (uWSGI's delta, Gunicorn's jitter)."""
    least_lifetime_s: Annotated[int, Field(ge=1, le=3600)] = 10
    """Younger than this, uWSGI replaces no worker (min-worker-lifetime); Gunicorn knows no such age."""
    reload_mercy_s: Annotated[int, Field(ge=1, le=3600)] = 60
    """How long a worker that is being replaced may finish its requests (worker-reload-mercy, graceful_timeout)."""
    conn_max_age_s: Annotated[int, Field(ge=0)] = 0
    pool: Annotated[int, Field(ge=0, le=1000)] = 0
    """Database connections that a worker process shares out; 0 is no pool, but Django's connection per thread."""
    database_tls: bool = False
    """Whether the driver makes a TLS context for every connection, which is PyMySQL's default."""
    database_distances_ms: Annotated[tuple[Annotated[float, Field(ge=0, le=1000)], ...], Field(min_length=1)] = (0.0,)
    """Round trips to the database that it is measured with; the first counts for the verdict, the others are shown."""
    background: tuple[str, ...] = ()
    """A command of the application's that runs beside the server, such as the worker of its task queue."""
    must_answer: bool = True
    """Whether the site has to be well before it is loaded; off for a trap that answers with errors from the start."""
    timeouts: Timeouts | None = None
    """Its own time limits, where they are what makes it differ; None is the experiment's."""
    environment: dict[Annotated[str, Field(pattern=r"^APP_[A-Z0-9_]+$")], str] = {}
    """Further settings of the application itself, which the users' script sees too; the names start with APP_."""
    candidate: bool = True
    """Whether it may be picked; off for a control, a trap, and an arm with other work than the first one's."""
    note: str = ""
    """One sentence for the report: why this arm is here."""
    step: str = ""
    """Title of the step of a story that this arm belongs to; arms with the same title are told together."""
    against: Name | None = None
    """The arm that this one changes something of; None is the experiment's first."""

    @property
    def kind(self) -> ServerKind:
        """Which driver runs the server file, told by its suffix: .ini is uWSGI's, .py is Gunicorn's."""
        return ServerKind.UWSGI if self.server.suffix == ".ini" else ServerKind.GUNICORN

    @model_validator(mode="after")
    def _distances_differ(self) -> Self:
        if len(set(self.database_distances_ms)) != len(self.database_distances_ms):
            message = f"database_distances_ms {list(self.database_distances_ms)}: a distance is listed twice"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _connections_can_be_kept(self) -> Self:
        if self.front_door is FrontDoor.LOAD_BALANCER and self.proxy_http == "1.0":
            message = "proxy_http 1.0: a load-balancer keeps its connections to the server, which takes 1.1"
            raise ValueError(message)
        return self

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
    environment: dict[Annotated[str, Field(pattern=r"^APP_[A-Z0-9_]+$")], str] = {}
    """Changes the application's settings; a configuration's own are stronger."""
    study: StudyVariant | None = None
    """Of an experiment that is a study."""


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
    def _arms_to_compare_with_exist(self) -> Self:
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

    def configuration(self, name: str) -> Configuration:
        """Return the configuration of that name; KeyError when there is none."""
        by_name = {configuration.name: configuration for configuration in self.configurations}
        return by_name[name]

    def timeouts_of(self, configuration: Configuration) -> Timeouts:
        """Return the time limits that hold for a configuration."""
        return configuration.timeouts or self.timeouts

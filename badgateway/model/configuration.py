"""One configuration, as an experiment's file declares it: a server, and all that makes it differ from the others."""

import shlex
from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, Field, model_validator

from badgateway.model.axis import AXES, SIZE_CPU, SIZE_MEMORY, At, Axis, every_at
from badgateway.model.declared import Declared, Name, OptionalCommand, Seconds, ServerPath, Variable
from badgateway.model.knob import ATTACHED, FrontDoor, WorkerModel

CpuLimit = Annotated[float, Field(ge=0, le=SIZE_CPU.most)]
MemoryLimit = Annotated[float, Field(ge=0, le=SIZE_MEMORY.most)]


class _Declared(Declared, BaseModel):
    # BaseModel again, for ruff: it looks no further than this file, and takes the defaults below for shared values.
    pass


class Timeouts(_Declared):
    """The time limits of the three parties; each must outlast the one behind it, or the failures change their name."""

    app_s: Annotated[int, Field(ge=1, le=3600)] = 4
    """Limit of the application server itself."""
    proxy_connect_s: Annotated[int, Field(ge=1, le=3600)] = 3
    proxy_read_s: Annotated[int, Field(ge=1, le=3600)] = 5
    client_s: Seconds = 10
    any_order: bool = False
    """Let app_s reach proxy_read_s or go beyond: where who gives up first is the question itself."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.any_order:
            if self.proxy_read_s < self.client_s:
                return self
            message = f"proxy_read_s ({self.proxy_read_s}) must be below client_s ({self.client_s:g}), in any_order too"
            raise ValueError(message)
        if not self.app_s < self.proxy_read_s < self.client_s:
            message = (
                f"app_s ({self.app_s}) must be below proxy_read_s ({self.proxy_read_s}), "
                f"and that below client_s ({self.client_s:g})"
            )
            raise ValueError(message)
        return self


class Configuration(_Declared):
    """One configuration of an experiment: a server file and everything that makes it differ from the others."""

    name: Name
    server: ServerPath
    """The server file; kit:NAME is one of the kit's own."""
    command: Annotated[str, Field(max_length=2000)] = ""
    """A command that starts the server, in place of a server file: what the site's own deployment has."""
    kind: Annotated[str, Field(max_length=80)] = ""
    """Which server reads it; empty where its name tells. Once an experiment has been read, it is always said."""
    worker_model: WorkerModel | None = None
    """How the file's workers serve requests; None where the file is to tell, and in runs of version 0.1."""
    driver: Name
    """One of the drivers of the experiment's database."""
    workers: Annotated[int, Field(ge=1, le=256)]
    instances: Annotated[int, Field(ge=1, le=16)] = 1
    """So many servers, each with all these workers and a queue of its own, take turns behind the one proxy."""
    cores: Annotated[int, Field(ge=0, le=1024)] = 0
    """Its servers' processes may run on so many CPUs only (affinity, which is no container's quota); 0 is all."""
    least_workers: Annotated[int, Field(ge=0, le=256)] = 0
    """Idle, it keeps so many of them; 0 is all, and so it is where the server or its file has no use for it."""
    threads: Annotated[int, Field(ge=1, le=1000)] = 1
    greenlets: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Concurrent requests of a worker that runs greenlets; other worker models ignore it."""
    listen: Annotated[int, Field(ge=1, le=65_535)] = 1024
    """Length of the accept queue asked for."""
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
    """What the workers' limits differ by, so that they are not replaced together."""
    least_lifetime_s: Annotated[int, Field(ge=1, le=3600)] = 10
    """No worker younger than this is replaced, where the server knows such an age."""
    graceful_stop_s: Annotated[
        int, Field(ge=1, le=3600, validation_alias=AliasChoices("graceful_stop_s", "reload_mercy_s"))
    ] = 60
    """How long a worker that is being replaced may finish its requests."""
    conn_max_age_s: Annotated[int, Field(ge=0)] = 0
    pool: Annotated[int, Field(ge=0, le=1000)] = 0
    """Database connections that a worker process shares out; 0 is no pool, but Django's connection per thread."""
    database_tls: bool = False
    """Whether the driver makes a TLS context for every connection, which is PyMySQL's default."""
    database_distances_ms: Annotated[tuple[Annotated[float, Field(ge=0, le=1000)], ...], Field(min_length=1)] = (0.0,)
    """Round trips to the database that it is measured with; the first counts for the verdict, the others are shown."""
    cpu_limits: Annotated[tuple[CpuLimit, ...], Field(min_length=1)] = (0.0,)
    """CPUs that a container of each server may use, as a quota; 0 is no quota, and the first counts for the verdict."""
    memory_limits_mb: Annotated[tuple[MemoryLimit, ...], Field(min_length=1)] = (0.0,)
    """MiB of memory that a container of each server has; 0 is no limit, and the first counts for the verdict."""
    proxy_cpu_limits: Annotated[tuple[CpuLimit, ...], Field(min_length=1)] = (0.0,)
    """CPUs that nginx may use in a container of its own, as a quota; 0 is no quota, and the first counts."""
    proxy_memory_limits_mb: Annotated[tuple[MemoryLimit, ...], Field(min_length=1)] = (0.0,)
    """MiB of memory that nginx has in a container of its own; 0 is no limit, and the first counts."""
    background: OptionalCommand = ()
    """A command of the application's that runs beside the server, such as the worker of its task queue."""
    must_answer: bool = True
    """Whether the site has to be well before it is loaded; off for a trap that answers with errors from the start."""
    timeouts: Timeouts | None = None
    """Its own time limits, where they are what makes it differ; None is the experiment's."""
    environment: dict[Variable, str] = {}
    """Further settings of the application itself, which the users' script sees too; the names start with APP_."""
    candidate: bool = True
    """Whether it may be picked; off for a control, a trap, and a configuration with other work than the first one's."""
    baseline: bool = False
    """Whether it is what runs today, from which every change costs something; the first one if none says so."""
    note: str = ""
    """One sentence for the report: why this configuration is here."""
    step: str = ""
    """Title of the step of a story that it belongs to; configurations with the same title are told together."""
    against: Name | None = None
    """The configuration that this one changes something of; None is the experiment's first."""

    @model_validator(mode="after")
    def _values_on_an_axis_differ(self) -> Self:
        for axis in AXES:
            values = self.values_on(axis)
            if len(set(values)) != len(values):
                message = f"{axis.values} {list(values)}: a {axis.noun} is listed twice"
                raise ValueError(message)
            for value in values:
                if axis.fault(value):
                    message = f"{axis.values} {value:g}: {axis.fault(value)}"
                    raise ValueError(message)
        return self

    @property
    def command_words(self) -> tuple[str, ...]:
        """The words of its command behind the server's own name."""
        words = shlex.split(self.command)
        at = next((number for number, word in enumerate(words) if PurePath(word).name == self.kind), len(words))
        return tuple(words[at + 1 :])

    @property
    def is_attached(self) -> bool:
        """Whether it is how a site that already runs is now: what it declares of a server says nothing."""
        return self.kind == ATTACHED

    @property
    def served_by(self) -> str:
        """What starts its server: a command, or the path of a server file."""
        return self.command or str(self.server)

    def values_on(self, axis: Axis) -> tuple[float, ...]:
        """Return the values of an axis that it is measured at; the first counts for its verdict."""
        return tuple(getattr(self, axis.values))

    @property
    def measured_at(self) -> tuple[At, ...]:
        """All combinations of its values on the axes; the first counts for its verdict."""
        return every_at({axis: self.values_on(axis) for axis in AXES})

    @model_validator(mode="after")
    def _connections_can_be_kept(self) -> Self:
        if self.front_door is FrontDoor.LOAD_BALANCER and self.proxy_http == "1.0":
            message = "proxy_http 1.0: a load-balancer keeps its connections to the server, which takes 1.1"
            raise ValueError(message)
        return self

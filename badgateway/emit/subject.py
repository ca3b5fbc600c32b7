"""What is deployed: one configuration of a run, with the server that runs it and the text of its file."""

from dataclasses import dataclass

from badgateway.databases.database_system import Driver
from badgateway.databases.registry import databases
from badgateway.emit.document import Document, Level, Measurements, Trial
from badgateway.emit.place import DeployedPlace, place_of
from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.knob import FrontDoor, Knob, WorkerModel
from badgateway.model.summary import Verdict
from badgateway.servers.deployable import Deployable, Filling
from badgateway.servers.registry import server_of, worker_model
from badgateway.servers.server import Server
from badgateway.servers.web_variables import web_variables

KEPT = Verdict.PASS
_INVALID = "INVALID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One configuration of a run."""

    document: Document
    source: str
    """Where the report was read, as the user named it."""
    chosen: Measurements
    configuration: Configuration
    server: Server
    deployable: Deployable
    place: DeployedPlace
    filled: frozenset[str]
    """The settings that its server file takes; others had no effect in a trial."""

    @property
    def is_pick(self) -> bool:
        """Whether the run's answer names it."""
        return self.document.recommendation.configuration == self.chosen.name

    @property
    def kept(self) -> bool:
        """Whether it kept the objective."""
        return self.chosen.verdict == KEPT

    @property
    def shortfall(self) -> str:
        """How it stands to the objective that it did not keep, to follow its name."""
        failed = self.chosen.verdict == Verdict.FAIL
        said = "did not keep the objective" if failed else "is not proven to keep the objective"
        return f"{said} ({self.chosen.verdict})"

    @property
    def at_a_rate(self) -> str:
        """What became of it under requests that come at a rate, a sentence; empty where nobody asked."""
        found = self.document.confirmation
        return found.sentence if found and found.configuration == self.chosen.name else ""

    @property
    def is_refuted(self) -> bool:
        """Whether it is proven to miss the objective at that rate."""
        found = self.document.confirmation
        return bool(self.at_a_rate and found and found.is_refuted)

    @property
    def model(self) -> WorkerModel | None:
        """How one of its workers serves requests."""
        return worker_model(self.configuration)

    @property
    def timeouts(self) -> Timeouts:
        """The time limits that it was measured with."""
        return self.configuration.timeouts or self.document.experiment.timeouts

    @property
    def cpu(self) -> float:
        """CPUs of the container that counted for its verdict; 0 is no quota."""
        return self.configuration.cpu_limits[0]

    @property
    def memory_mb(self) -> int:
        """MiB of its memory; 0 is no limit."""
        return round(self.configuration.memory_limits_mb[0])

    @property
    def speaks_http(self) -> bool:
        """Whether nginx spoke HTTP to it."""
        return self.server.protocol == "http" or self.keeps_connections

    @property
    def keeps_connections(self) -> bool:
        """Whether the front door kept its connections to the server."""
        return self.configuration.front_door is FrontDoor.LOAD_BALANCER

    @property
    def has_time_limit(self) -> bool:
        """Whether the server itself ends a request that takes too long."""
        return "app_s" in self.filled and bool(self.server.spelled((Knob.TIME_LIMIT,), self.model))

    @property
    def driver(self) -> Driver | None:
        """The database driver; None where the kit does not know it."""
        name = self.document.experiment.database.system
        system = next((one for one in databases() if one.name == name), None)
        return system.driver(self.configuration.driver) if system else None

    @property
    def top_level(self) -> Level | None:
        """What it did at the highest load that was measured; None where nothing was."""
        measured = [level for level in self.chosen.levels if level.requests]
        return max(measured, key=lambda level: level.load.order, default=None)

    @property
    def top_trials(self) -> tuple[Trial, ...]:
        """The trials at that load that can be trusted, where they counted for its verdict: not at other distances."""
        top, usual = self.top_level, self.configuration.measured_at[0]
        measured = (one for one in self.chosen.trials if one.status != _INVALID and one.requests and one.at == usual)
        return tuple(one for one in measured if top is not None and one.load == top.load)

    @property
    def most_connections(self) -> int | None:
        """How many database connections it can open at most; None where nothing limits them."""
        one = self.configuration
        if one.pool:
            return one.instances * one.workers * one.pool
        per_worker = {WorkerModel.EVENT_LOOP: None, WorkerModel.GREENLETS: one.greenlets}.get(
            self.model or WorkerModel.THREADS, one.threads
        )
        return None if per_worker is None else one.instances * one.workers * per_worker


def subject_of(document: Document, name: str | None, *, source: str) -> tuple[Measurements, Configuration]:
    """Return the configuration of that name; without a name, the one that the run picked.

    Raises:
        ConfigurationError: There is none.
    """
    names = ", ".join(one.name for one in document.configurations)
    wanted = name or document.recommendation.configuration
    if wanted is None:
        raise ConfigurationError(
            f"{source}: the run picked no configuration ({document.recommendation.decision}): "
            f"{document.recommendation.sentence} Name one of {names} to have its files nevertheless"
        )
    chosen = document.of(wanted)
    if chosen is None:
        raise ConfigurationError(f"{source}: has no configuration {wanted}; it has {names}")
    if chosen.configuration.is_attached:
        raise ConfigurationError(
            f"{source}: {wanted} is how a site that already runs was set up, which nobody has told the kit: it "
            "has no files to write"
        )
    return chosen, chosen.configuration


def subject(document: Document, chosen: Measurements, text: str, *, source: str) -> Subject:
    """Return a configuration with the text of its server file.

    Raises:
        ConfigurationError: Nobody has said how its server is deployed.
    """
    configuration = chosen.configuration
    server = server_of(configuration)
    if server.deployable is None:
        raise ConfigurationError(
            f"{source}: {chosen.name} runs on {server.label}, and its package does not say how that is deployed: it "
            "needs `deployable` in its SERVER"
        )
    place = place_of(document.experiment.application, configuration, file_name=server.deployable.file, text=text)
    timeouts = configuration.timeouts or document.experiment.timeouts
    values = values_of(server, server.deployable, configuration, place, timeouts)
    try:
        filled = server.deployable.plain(text, Filling(values=values)).filled
    except ConfigurationError as error:
        raise ConfigurationError(f"{configuration.server}: {error}") from error
    return Subject(
        document=document,
        source=source,
        chosen=chosen,
        configuration=configuration,
        server=server,
        deployable=server.deployable,
        place=place,
        filled=frozenset(field for field, variable in server.deployable.variables.items() if variable in filled),
    )


def values_of(
    server: Server, deployable: Deployable, configuration: Configuration, place: DeployedPlace, timeouts: Timeouts
) -> dict[str, str | None]:
    """Return the variables that a server file is filled with, and their values; None: it is not set."""
    own = server.values(configuration, place)
    if deployable.is_environment:
        return dict(own)
    shared = web_variables(configuration, bind=place.address, target=place.target, timeout_s=timeouts.app_s)
    return {**shared, **own}

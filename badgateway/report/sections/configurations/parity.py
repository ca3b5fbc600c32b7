"""The proof of parity: which settings the configurations have in common, and which make them differ."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import database_of
from badgateway.model.axis import AXES
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment, Load
from badgateway.report.cells import Setting

_LABELS = {
    "server": "server file",
    "driver": "database driver",
    "workers": "workers",
    "instances": "servers behind the proxy",
    "cores": "CPUs it may run on (affinity; 0: all)",
    "least_workers": "workers when idle (0: all)",
    "threads": "threads",
    "greenlets": "greenlets (gevent only)",
    "listen": "accept queue",
    "transport": "socket",
    "front_door": "front door",
    "proxy_http": "HTTP to the server",
    "keepalive_s": "server's keep-alive",
    "preload": "preload",
    "max_requests": "max requests",
    "max_requests_delta": "max requests delta",
    "least_lifetime_s": "least lifetime of a worker",
    "graceful_stop_s": "time a replaced worker has to finish",
    "conn_max_age_s": "connection max age",
    "pool": "connection pool",
    "database_tls": "TLS to the database",
    **{axis.values: axis.name for axis in AXES},
    "background": "runs beside the server",
    "candidate": "may be picked",
}
_SECONDS = ("keepalive_s", "least_lifetime_s", "graceful_stop_s", "conn_max_age_s")
_AXES = {axis.values: axis for axis in AXES}
_SWITCHES = ("preload", "database_tls", "candidate")
_LIMITS = {
    "app_s": "application time limit",
    "proxy_connect_s": "proxy connect time limit",
    "proxy_read_s": "proxy read time limit",
    "client_s": "client time limit",
}
"""An experiment's, unless a configuration declares its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingRow:
    """One configuration's values of the settings that differ, in the order of Parity.differing."""

    configuration: str
    values: tuple[tuple[str, bool], ...]
    """Each value, and whether it differs from the most frequent one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What differs between the configurations, and nothing else."""

    differing: tuple[str, ...]
    rows: tuple[DifferingRow, ...]
    common: tuple[Setting, ...]


def parity(experiment: Experiment, configurations: tuple[Configuration, ...]) -> Parity:
    """Part the settings of the configurations into those that differ and those that all have."""
    columns = _columns(experiment, configurations)
    differing = {name: values for name, values in columns.items() if len(set(values)) > 1}
    usual = {name: Counter(values).most_common(1)[0][0] for name, values in differing.items()}
    rows = tuple(
        DifferingRow(
            configuration=configuration.name,
            values=tuple((values[index], values[index] != usual[name]) for name, values in differing.items()),
        )
        for index, configuration in enumerate(configurations)
    )
    common = tuple(Setting(name=name, value=values[0]) for name, values in columns.items() if name not in differing)
    return Parity(differing=tuple(differing), rows=rows, common=(*common, *_surroundings(experiment)))


def _columns(experiment: Experiment, configurations: tuple[Configuration, ...]) -> dict[str, tuple[str, ...]]:
    if experiment.target is not None:
        # What is switched on a site that already runs, its owner knows.
        return {_LIMITS["client_s"]: (numbers.declared_seconds(experiment.timeouts.client_s),) * len(configurations)}
    variables = sorted({name for configuration in configurations for name in configuration.environment})
    declared = {
        label: tuple(_printed(configuration, field) for configuration in configurations)
        for field, label in _LABELS.items()
    }
    application = {
        name: tuple(configuration.environment.get(name, "not set") for configuration in configurations)
        for name in variables
    }
    limits = {
        label: tuple(
            numbers.declared_seconds(getattr(experiment.timeouts_of(configuration), field))
            for configuration in configurations
        )
        for field, label in _LIMITS.items()
    }
    return declared | application | limits


def _printed(configuration: Configuration, field: str) -> str:
    if field == "server":
        return configuration.served_by
    value = getattr(configuration, field)
    if field in _SECONDS:
        return numbers.declared_seconds(value)
    if field in _SWITCHES:
        return "on" if value else "off"
    axis = _AXES.get(field)
    if axis is not None:
        return numbers.listed(axis.shown(one) for one in value)
    if field == "background":
        return " ".join(value) or "nothing"
    return str(value)


def _surroundings(experiment: Experiment) -> tuple[Setting, ...]:
    load = experiment.load
    limits = (("warm-up", load.warm_up_s), ("window", load.window_s))
    return (
        *_site(experiment),
        Setting(name="Locust file", value=str(load.locustfile)),
        *_levels(load),
        *(Setting(name=name, value=numbers.declared_seconds(value)) for name, value in limits),
    )


def _site(experiment: Experiment) -> Iterator[Setting]:
    application = experiment.application
    if experiment.target is None:
        yield Setting(name="application", value=f"{application.wsgi} in {application.directory}")
    else:
        yield Setting(name="site", value=experiment.target.url)
    yield from (Setting(name=name, value=value) for name, value in sorted(application.environment.items()))
    if experiment.target is None:
        yield _database(experiment)


def _database(experiment: Experiment) -> Setting:
    found, there = database_of(experiment), experiment.database
    if there.url is not None:
        use = f"may write to {there.may_write}" if there.may_write else "only read from"
        return Setting(name="database", value=f"{found.label}, that of {there.url}, {use}")
    if isinstance(found, DatabaseSystem):
        value = numbers.count(experiment.database.max_connections)
        return Setting(name=f"{found.label} max_connections", value=value)
    return Setting(name="database", value=found.label)


def _levels(load: Load) -> Iterator[Setting]:
    if load.users:
        yield Setting(name="users", value=numbers.listed(load.users))
    if load.rates_per_s:
        rates = numbers.listed(map(numbers.load, load.rates_per_s))
        yield Setting(name="tasks started a second", value=f"{rates} ({load.arrivals})")
        yield Setting(name="most requests in flight", value=numbers.count(load.max_in_flight))

"""The proof of parity: which settings the configurations have in common, and which make them differ."""

from collections import Counter
from dataclasses import dataclass

from badgateway.model.experiment import Configuration, Experiment
from badgateway.report import numbers, wording

_LABELS = {
    "server": "server file",
    "driver": "database driver",
    "workers": "workers",
    "threads": "threads",
    "greenlets": "greenlets (gevent only)",
    "listen": "accept queue",
    "conn_max_age_s": "connection max age",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A name and its value, as printed."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferingRow:
    """One configuration's values of the settings that differ, in the order of Parity.differing."""

    configuration: str
    values: tuple[tuple[str, bool], ...]
    """Each value, and whether it is another one than the commonest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What differs between the configurations, and nothing else."""

    differing: tuple[str, ...]
    rows: tuple[DifferingRow, ...]
    common: tuple[Setting, ...]


def parity(experiment: Experiment, configurations: tuple[Configuration, ...]) -> Parity:
    """Part the settings of the configurations into those that differ and those that all have."""
    columns = _columns(configurations)
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


def _columns(configurations: tuple[Configuration, ...]) -> dict[str, tuple[str, ...]]:
    variables = sorted({name for configuration in configurations for name in configuration.environment})
    declared = {
        label: tuple(_printed(configuration, field) for configuration in configurations)
        for field, label in _LABELS.items()
    }
    application = {
        name: tuple(configuration.environment.get(name, "not set") for configuration in configurations)
        for name in variables
    }
    return declared | application


def _printed(configuration: Configuration, field: str) -> str:
    if field == "conn_max_age_s":
        return numbers.declared_seconds(configuration.conn_max_age_s)
    return str(getattr(configuration, field))


def _surroundings(experiment: Experiment) -> tuple[Setting, ...]:
    timeouts, load = experiment.timeouts, experiment.load
    limits = (
        ("application time limit", timeouts.app_s),
        ("proxy connect time limit", timeouts.proxy_connect_s),
        ("proxy read time limit", timeouts.proxy_read_s),
        ("client time limit", timeouts.client_s),
        ("warm-up", load.warm_up_s),
        ("window", load.window_s),
    )
    return (
        Setting(name="application", value=f"{experiment.application.wsgi} in {experiment.application.directory}"),
        *(Setting(name=name, value=value) for name, value in sorted(experiment.application.environment.items())),
        Setting(name="MariaDB max_connections", value=numbers.count(experiment.database.max_connections)),
        Setting(name="Locust file", value=str(load.locustfile)),
        Setting(name="users", value=wording.listed(load.users)),
        *(Setting(name=name, value=numbers.declared_seconds(value)) for name, value in limits),
    )

"""Compares what a server runs with, as the journal saw it, with what its configuration declares."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from badgateway.databases.database_kind import DatabaseKind
from badgateway.model.configuration import Configuration
from badgateway.model.knob import WorkerModel
from badgateway.model.raw_words import JournalKind
from badgateway.servers.registry import server_of, worker_model

_KIND = f"{JournalKind.SETTING},"
_NUMBERS = ("workers", "threads", "greenlets", "listen")


def observed_settings(journal: bytes) -> dict[str, str]:
    """Return what the journal has of settings, by name; the last one told counts.

    What a server does not tell is not in it, and a site that is not Django's tells nothing of its database.
    """
    rows = (line.split(",", 9) for line in journal.decode("ascii", "replace").splitlines() if line.startswith(_KIND))
    details = (unquote(row[9]) for row in rows if len(row) == 10)
    return dict(_pair(detail) for detail in details)


def declared_otherwise(
    configuration: Configuration, observed: Mapping[str, str], system: DatabaseKind
) -> tuple[str, ...]:
    """Return a clause for each key that the running server contradicts, with both values.

    Args:
        configuration: As the experiment has it, defaults included: what the report would say.
        observed: As from `observed_settings`.
        system: The database that the drivers are of.
    """
    return (
        *_numbers(configuration, observed),
        *_model(configuration, observed),
        *_driver(configuration, observed, system),
        *_debug(observed),
    )


def _pair(detail: str) -> tuple[str, str]:
    name, _, value = detail.partition("=")
    return name, value


def _numbers(configuration: Configuration, observed: Mapping[str, str]) -> Iterator[str]:
    model = worker_model(configuration)
    matters = {
        "threads": model is WorkerModel.THREADS,
        "greenlets": model is WorkerModel.GREENLETS,
    }
    for name in _NUMBERS:
        declared = str(getattr(configuration, name))
        if matters.get(name, True) and observed.get(name, declared) != declared:
            yield f"{name} is {observed[name]} in the running server, and {declared} in the experiment"


def _model(configuration: Configuration, observed: Mapping[str, str]) -> Iterator[str]:
    told = observed.get("model")
    seen = server_of(configuration).model_told(told) if told else None
    declared = worker_model(configuration)
    # With one thread a worker of threads serves one request at a time, and either word is right.
    alike = {WorkerModel.THREADS, WorkerModel.ONE_REQUEST}
    if seen is not None and seen is not declared and not {seen, declared} <= alike:
        yield f"worker_model is {told} ({seen}) in the running server, and {declared} in the experiment"


def _driver(configuration: Configuration, observed: Mapping[str, str], system: DatabaseKind) -> Iterator[str]:
    seen = observed.get("driver", "")
    known = system.driver(configuration.driver)
    # One that is none of the system's is a module of its own name.
    if not seen or seen.partition(".")[0] == (known.module if known else configuration.driver):
        return
    name = next((driver.name for driver in system.drivers if driver.module == seen), seen)
    engine, declared = observed.get("engine"), configuration.driver
    yield f"driver is {name} ({engine}) in the running site, and {declared} in the experiment"


def _debug(observed: Mapping[str, str]) -> Iterator[str]:
    if observed.get("debug") == "True":
        yield "DEBUG is True in the running site, which no figure of a deployed one can come from: set it to False"

"""Finds what there is of one kind: in the modules of a room, and in what other packages bring by their entry points."""

import importlib
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Protocol, TypeVar

from badgateway.errors import ConfigurationError


class Named(Protocol):
    """What is found; an experiment file has its name."""

    @property
    def name(self) -> str:
        """Of which there is one."""


Kind = TypeVar("Kind", bound=Named)


def found(room: ModuleType, attribute: str, kind: type[Kind], group: str) -> tuple[Kind, ...]:
    """Return all of one kind, those of the room first, each by its name only once.

    Args:
        room: A package, of whose modules some have one.
        attribute: What it is called there.
        kind: What it is.
        group: Of entry points, each of which names one in another package.

    Raises:
        ConfigurationError: An entry point cannot be loaded, is none, or takes a name that is there already.
    """
    every = [*_of_room(room, attribute), *_of_others(kind, group)]
    names = [one.name for one in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        _, _, plural = group.rpartition(".")
        raise ConfigurationError(f"entry points {group}: there are two {plural} {', '.join(twice)}; uninstall one")
    return tuple(every)


def _of_room(room: ModuleType, attribute: str) -> list[Kind]:
    modules = (importlib.import_module(f"{room.__name__}.{one.name}") for one in pkgutil.iter_modules(room.__path__))
    return [one for module in modules if (one := getattr(module, attribute, None)) is not None]


def _of_others(kind: type[Kind], group: str) -> list[Kind]:
    return [_loaded(point, kind, group) for point in sorted(entry_points(group=group), key=lambda point: point.name)]


def _loaded(point: EntryPoint, kind: type[Kind], group: str) -> Kind:
    where = f"entry point {point.name} of {group} ({point.value})"
    try:
        one = point.load()
    except Exception as error:
        raise ConfigurationError(f"{where}: {type(error).__name__}: {error}; mend or uninstall it") from error
    if not isinstance(one, kind):
        raise ConfigurationError(f"{where} is no {kind.__module__}.{kind.__name__}; mend or uninstall it")
    return one

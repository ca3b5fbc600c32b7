"""Tells which variables a site's classes of settings declare: part of inspect_site.py, with the Python of the site.

Pydantic's settings read the whole environment at once, so that nobody sees them ask for a variable.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = ("pydantic_settings", "pydantic.env_settings", "pydantic.v1.env_settings")


class Declared:
    """The variables of a site's classes of settings, in their order."""

    def __init__(self, classes: dict[str, dict[str, str]]) -> None:
        """Begin with the variables of each class, by the names that its errors have for them."""
        there = {name.upper() for name in os.environ}
        self.variables = {name: name.upper() in there for each in classes.values() for name in each.values()}
        self._classes = classes

    def missing(self, error: BaseException) -> str | None:
        """Return the variable for want of which a site could not be loaded; None where that is not for its settings."""
        whose = getattr(error, "title", "") or getattr(getattr(error, "model", None), "__name__", "")
        told = getattr(error, "errors", None)
        if type(error).__name__ != "ValidationError" or whose not in self._classes or told is None:
            return None
        absent = [str(one["loc"][0]) for one in told() if str(one["type"]).endswith("missing") and one["loc"]]
        return next((self._classes[whose][name] for name in absent if name in self._classes[whose]), "")


def declared(root: str) -> Declared:
    """Return what the classes of settings declare that are in this folder."""
    found: dict[str, dict[str, str]] = {}
    for module in _MODULES:
        base = getattr(sys.modules.get(module), "BaseSettings", None)
        for kind in _below(base) if base is not None else ():
            if _is_of(kind, root):
                told = _newer(kind) if hasattr(kind, "model_fields") else _older(kind)
                found[kind.__name__] = {name: variable for names, variable in told for name in names}
    return Declared(found)


def _below(kind: Any) -> Iterator[Any]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _is_of(kind: Any, root: str) -> bool:
    # A module that could not be imported to its end is not there any more.
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is None or str(file).startswith(root + os.sep)


def _newer(kind: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the names of each field, and its variable."""
    prefix, as_it_is = kind.model_config.get("env_prefix") or "", kind.model_config.get("case_sensitive")
    for name, field in kind.model_fields.items():
        alias = field.validation_alias or field.alias
        named = next((one for one in getattr(alias, "choices", [alias]) if isinstance(one, str)), "")
        variable = named or f"{prefix}{name}"
        yield (name, named), (variable if as_it_is else variable.upper())


def _older(kind: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield those of a class of Pydantic 1."""
    for field in kind.__fields__.values():
        named = min(field.field_info.extra.get("env_names") or {field.name})
        yield (field.name, field.alias), (named if kind.__config__.case_sensitive else named.upper())

"""Tells what is wrong with a declaration: its key, what stands there, what is allowed, and what to write."""

import difflib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from badgateway.model.decoding import first_faults, spelled_key
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable, shortened

LONGEST_MESSAGE = 300
_SHOULD_BE = "input should be "

_WORDS: dict[str, str] = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": 'text, "in quotes"',
    "bool_type": "true or false",
    "tuple_type": "a list, [in, brackets]",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "path_type": 'a path, "in quotes"',
}
"""By pydantic's name of a fault, which speaks of arrays and objects: what is allowed, as a TOML file says it."""


def fault_lines(error: ValidationError, declared: Mapping[str, Any]) -> list[str]:
    """Return one line a fault of an experiment's declaration, the first twenty of them.

    Args:
        error: What pydantic found.
        declared: What it was given.
    """
    by_key: dict[str, list[ErrorDetails]] = {}
    for fault in error.errors(include_url=False):
        by_key.setdefault(spelled_key(fault["loc"], declared), []).append(fault)
    lines = [_line(key, faults, declared) for key, faults in by_key.items() if not _has_inner(key, by_key)]
    return first_faults([shortened(printable(line), LONGEST_MESSAGE) for line in lines])


def _has_inner(key: str, keys: Mapping[str, object]) -> bool:
    """Tell whether a list is only too short, or a table only wrong, because of what is in it."""
    return bool(key) and any(other.startswith((f"{key}.", f"{key}[")) for other in keys)


def _line(key: str, faults: list[ErrorDetails], declared: Mapping[str, Any]) -> str:
    first = faults[0]
    if first["type"] == "extra_forbidden":
        return f"{key}: unknown key; {_known_keys(first['loc'], declared)}"
    # A key that may be of two kinds has a fault for each.
    first_allowed, *others = dict.fromkeys(_allowed(fault) for fault in faults)
    allowed = ", or ".join((first_allowed, *(other.removeprefix(_SHOULD_BE) for other in others)))
    message = f"{_shown(first)}{allowed}{_remedy(first, declared)}"
    return f"{key}: {message}" if key else message


def _shown(fault: ErrorDetails) -> str:
    value = fault["input"]
    if fault["type"] == "missing" or isinstance(value, Mapping | list | tuple):
        return ""
    return f"{_toml(value)} is not allowed: "


def _toml(value: object) -> str:
    """Return a value as the file has it, and not as Python has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return shortened(repr(value), 60)


def _allowed(fault: ErrorDetails) -> str:
    kind = fault["type"]
    if kind == "missing":
        return "is missing"
    if kind in _WORDS:
        return f"{_SHOULD_BE}{_WORDS[kind]}"
    if kind == "too_short":
        return "the list is empty: give at least one"
    message = fault["msg"].removeprefix("Value error, ").replace("False", "false")
    return f"{message[:1].lower()}{message[1:]}"


def _remedy(fault: ErrorDetails, declared: Mapping[str, Any]) -> str:
    value, kind = fault["input"], fault["type"]
    remedies: dict[str, Callable[[], str]] = {
        "int_type": lambda: _unquoted(value, int),
        "float_type": lambda: _unquoted(value, float),
        "bool_type": lambda: f"; write {value.lower()}, without quotes" if str(value).lower() in _TRUTHS else "",
        "tuple_type": lambda: (
            "" if isinstance(value, Mapping) else _in_brackets(value, _kind_at(fault["loc"], declared))
        ),
    }
    return remedies.get(kind, str)()


_TRUTHS = ("true", "false")


def _unquoted(value: object, number: Callable[[str], object]) -> str:
    """Return the remedy where a number stands in quotes."""
    try:
        number(value) if isinstance(value, str) else number("")
    except ValueError:
        return ""
    return f"; write {shortened(str(value).strip())}, without quotes"


def _in_brackets(value: object, kind: Any) -> str:
    """Return the remedy where one thing stands for a list: the list of it, unless it could be in none."""
    if isinstance(value, Mapping):
        return ""
    element = next((_element(one) for one in _alternatives(kind) if get_args(one)), Any)
    for one in (value, *_as_numbers(value)):
        if not (why := _fault_in(one, element)):
            return f"; write [{_quoted(one)}]"
    return f"; each in it is {why}"


def _as_numbers(value: object) -> list[int | float]:
    try:
        return [int(value) if value.strip().isdecimal() else float(value)] if isinstance(value, str) else []
    except ValueError:
        return []


def _fault_in(value: object, kind: Any) -> str:
    """Return what an element of a list would have to be; empty where the value is that."""
    try:
        TypeAdapter(kind).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        return _allowed(error.errors(include_url=False)[0]).removeprefix(_SHOULD_BE)
    return ""


def _quoted(value: object) -> str:
    return f'"{shortened(value, 40)}"' if isinstance(value, str) else _toml(value)


def _known_keys(location: tuple[int | str, ...], declared: Mapping[str, Any]) -> str:
    """Name the keys that exist where an unknown one was found, the likeliest alone."""
    *above, unknown = location
    table = _table(_kind_at(above, declared))
    keys = tuple(table.model_fields) if table else ()
    return likely(str(unknown), keys)


def likely(name: str, known: Collection[str], *, shown: str = "{}", otherwise: str = "allowed are") -> str:
    """Return a remedy for a name that nobody knows: the one that looks like it, or else all.

    Args:
        name: As it was written.
        known: The names that there are, in the order in which they are listed.
        shown: How one is written, with {} for it.
        otherwise: What the list begins with.
    """
    near = difflib.get_close_matches(name[:80], known, n=1)
    return f"did you mean {shown.format(near[0])}?" if near else f"{otherwise} {', '.join(map(shown.format, known))}"


def _kind_at(location: Sequence[int | str], declared: Mapping[str, Any]) -> Any:
    """Return the type of what stands at a place of a declaration."""
    kind: Any = Experiment
    value: Any = declared
    for part in location:
        # What the data does not have is a name of pydantic's own, of a type that it tried.
        if isinstance(value, Mapping) and part not in value:
            continue
        kind = _inside(kind, part)
        value = value[part]
    return kind


def _inside(kind: Any, part: int | str) -> Any:
    table = _table(kind, deep=False)
    if table is not None:
        return table.model_fields[str(part)].annotation if str(part) in table.model_fields else None
    # A tuple is of its first argument, a dictionary of its last one.
    return next((_element(one) for one in _alternatives(kind) if get_args(one)), None)


def _element(kind: Any) -> Any:
    arguments = get_args(kind)
    return arguments[0] if get_origin(kind) is tuple else arguments[-1]


def _table(kind: Any, *, deep: bool = True) -> type[BaseModel] | None:
    """Return the table that a kind of value is, or (deep) that is in it."""
    for one in _alternatives(kind):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    if not deep:
        return None
    found = (_table(argument) for one in _alternatives(kind) for argument in get_args(one))
    return next((table for table in found if table is not None), None)


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """Return the types that a value may have, of which None is one."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _alternatives(get_args(kind)[0])
    if origin in (Union, UnionType):
        return tuple(one for argument in get_args(kind) for one in _alternatives(argument))
    return (kind,)

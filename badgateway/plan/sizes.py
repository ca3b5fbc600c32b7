"""Spells a declared [size], of all configurations, of one or of a variant, as the axes that it stands for."""

from collections.abc import Iterator, Mapping
from typing import Any

from badgateway.model.axis import AXES, PROXY_SIZE_CPU, PROXY_SIZE_MEMORY, SIZE_CPU, SIZE_MEMORY, Axis
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable_part

SIZE = "size"
PROXY = "proxy"
"""The table inside it: nginx's own size."""
_AXES: Mapping[str, Axis] = {"cpu": SIZE_CPU, "memory_mb": SIZE_MEMORY}
"""Keys of the table; each has a value, or a list of values, of which the first counts for the verdict."""
_OF_PROXY: Mapping[str, Axis] = {"cpu": PROXY_SIZE_CPU, "memory_mb": PROXY_SIZE_MEMORY}
"""Those of nginx's, with the same keys."""
_KEYS = {**_AXES, **{f"{PROXY}.{key}": axis for key, axis in _OF_PROXY.items()}}


def size_faults(declared: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the sizes of a declaration, each with its key."""
    for key, table in _tables(declared):
        size = table.get(SIZE, {})
        if isinstance(size, dict):
            yield from (f"{key}{SIZE}.{fault}" for fault in _faults(size))
        else:
            yield f"{key}{SIZE}: {_no_table(SIZE)}"


def study_faults(experiment: Experiment) -> Iterator[str]:
    """Yield the axes that a study would leave out: it races configurations at one value of each."""
    if experiment.study is None:
        return
    for axis in AXES:
        most = max(experiment.configurations, key=lambda one: len(one.values_on(axis)))
        number = len(most.values_on(axis))
        if number > 1:
            yield (
                f"{size_key(axis) or axis.values}: {number} values, and an experiment with [study] measures at one; "
                f"name one, or take [study] out and write blocks = 3 to measure at all"
            )


def with_sizes(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declaration without faults, in which configurations and variants have the axes themselves.

    What a configuration says goes before what holds for all of them.
    """
    spelled = _without(SIZE, declared)
    shared = _spelled(declared.get(SIZE, {}))
    if isinstance(configurations := declared.get("configurations"), list):
        spelled["configurations"] = [_with_own(one, shared) for one in configurations]
    if isinstance(variants := declared.get("variants"), dict):
        spelled["variants"] = {name: _with_own(one, {}) for name, one in variants.items()}
    return spelled


def size_key(axis: Axis) -> str:
    """Return the key that a file has for an axis; empty where it is none of a size."""
    return next((f"{SIZE}.{key}" for key, one in _KEYS.items() if one is axis), "")


def _tables(declared: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each table that may have a size, with what stands before the key in messages."""
    yield "", declared
    configurations, variants = declared.get("configurations"), declared.get("variants")
    for one in configurations if isinstance(configurations, list) else ():
        if isinstance(one, dict):
            yield f"configurations[{printable_part(str(one.get('name')))}].", one
    for name, one in variants.items() if isinstance(variants, dict) else ():
        if isinstance(one, dict):
            yield f"variants.{printable_part(str(name))}.", one


def _no_table(name: str) -> str:
    return f"input should be a table of {' and '.join(_AXES)}, such as {name} = {{ cpu = 0.5 }}"


def _faults(size: Mapping[str, Any]) -> Iterator[str]:
    proxy = size.get(PROXY, {})
    yield from _values_faults(_without(PROXY, size), _AXES, allowed=(*_AXES, PROXY))
    if isinstance(proxy, dict):
        yield from (f"{PROXY}.{fault}" for fault in _values_faults(proxy, _OF_PROXY, allowed=tuple(_OF_PROXY)))
    else:
        yield f"{PROXY}: {_no_table(PROXY)}"


def _values_faults(size: Mapping[str, Any], axes: Mapping[str, Axis], *, allowed: tuple[str, ...]) -> Iterator[str]:
    for key, value in size.items():
        if key not in axes:
            yield f"{printable_part(str(key))}: unknown key; allowed are {', '.join(allowed)}"
            continue
        values = value if isinstance(value, list) else [value]
        if not values or any(isinstance(one, bool) or not isinstance(one, int | float) for one in values):
            yield f"{key}: input should be a number, or a list of numbers"
            continue
        found = ((one, axes[key].fault(one)) for one in values)
        yield from (f"{key}: {one:g} is not allowed: {fault}" for one, fault in found if fault)
        if len(set(values)) != len(values):
            yield f"{key}: {values} lists a value twice"


def _with_own(one: Any, shared: Mapping[str, Any]) -> Any:
    if not isinstance(one, dict):
        return one
    return {**shared, **_spelled(one.get(SIZE, {})), **_without(SIZE, one)}


def _spelled(size: Mapping[str, Any]) -> dict[str, Any]:
    of_proxy = {f"{PROXY}.{key}": value for key, value in size.get(PROXY, {}).items()}
    flat = {**_without(PROXY, size), **of_proxy}
    return {_KEYS[key].values: value if isinstance(value, list) else [value] for key, value in flat.items()}


def _without(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key != name}

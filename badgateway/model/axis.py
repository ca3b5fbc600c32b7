"""Axes: what a configuration may be measured at several values of besides the load, one value a trial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One such thing, and all that is said of it; how it comes to be is in the room `stack`."""

    key: str
    """Field of a trial, and key in reports: the one value it was run at; 0 is that nothing was done."""
    values: str
    """Field of a configuration, and of a variant: the values it is measured at. The first counts for its verdict."""
    value: str
    """One value with its unit, and the place of the number: '{} ms'."""
    folder: str
    """The same as a part of the name of a trial's folder, with letters that no other axis has: '{}ms'."""
    name: str
    """What it is, as the title of a setting: 'distance to the database'."""
    short: str
    """The same in a heading: 'database distance'."""
    noun: str
    """The same where a table beside it says more: 'distance'."""
    where: str
    """That a trial was run at a value, beside its configuration: 'database at {} ms'."""
    condition: str
    """The same in a sentence, behind what was measured: 'with the database {} ms away'."""
    several: str
    """The same of several values: 'with {} ms a round trip to the database'."""
    how: str
    """How it is done, one sentence for readers of a report."""
    unseen: str = ""
    """What no trial has seen where nothing was done, a sentence for whoever deploys; empty where few do it."""
    nothing: str = ""
    """How 0 is printed; empty where it is a value like any other."""
    least: float = 0.0
    """The least value but 0; with less, nothing could be measured."""
    most: float = float("inf")
    is_of_database_server: bool = False
    """Whether it takes a database that is a server."""

    def fault(self, value: float) -> str:
        """Return why a value cannot be had; empty when it can be."""
        if value > self.most:
            return f"at most {self.shown(self.most)}"
        return "" if not value or value >= self.least else f"at least {self.shown(self.least)}, or 0 for {self.nothing}"

    def shown(self, value: float) -> str:
        """Return one value with its unit."""
        return self.value.format(f"{value:g}") if value or not self.nothing else self.nothing


DATABASE_DISTANCE = Axis(
    key="database_distance_ms",
    values="database_distances_ms",
    value="{} ms",
    folder="{}ms",
    name="distance to the database",
    short="database distance",
    noun="distance",
    where="database at {} ms",
    condition="with the database {} ms away",
    several="with {} ms a round trip to the database",
    how="A relay makes each round trip to the database take that much longer.",
    unseen="A database that is not on the same machine: every query of a request then takes a round trip.",
    is_of_database_server=True,
)

SIZE_CPU = Axis(
    key="cpu_limit",
    values="cpu_limits",
    value="{} CPU",
    folder="{}cpu",
    name="CPU quota of the server's container",
    short="CPU quota",
    noun="CPU quota",
    where="a container of {} CPU",
    condition="with a CPU quota of {}",
    several="with quotas of {} CPU",
    nothing="no quota",
    least=0.01,
    most=256,
    how="A control group gives each application server, with its workers, so much CPU in every tenth of a second, as a "
    "container's limit does.",
    unseen="A container's CPU quota: with one, the same requests have a p95 several times as long at half its use.",
)
SIZE_MEMORY = Axis(
    key="memory_limit_mb",
    values="memory_limits_mb",
    value="{} MiB",
    folder="{}mib",
    name="memory limit of the server's container",
    short="memory limit",
    noun="memory limit",
    where="a container of {} MiB",
    condition="with a memory limit of {} MiB",
    several="with {} MiB of memory",
    nothing="no limit",
    least=32,
    most=1_048_576,
    how="A control group gives each application server, with its workers, so much memory, and the kernel kills one of "
    "them when they want more.",
    unseen="A container's memory limit: with one, the kernel kills a worker with all its requests when it is reached.",
)

PROXY_SIZE_CPU = Axis(
    key="proxy_cpu_limit",
    values="proxy_cpu_limits",
    value="{} CPU for nginx",
    folder="{}pcpu",
    name="CPU quota of nginx's container",
    short="CPU quota of nginx",
    noun="CPU quota of nginx",
    where="nginx in a container of {} CPU",
    condition="with a CPU quota of {} for nginx",
    several="with quotas of {} CPU for nginx",
    nothing="no quota",
    least=0.01,
    most=256,
    how="A control group of its own gives nginx, with its workers, so much CPU in every tenth of a second.",
)
PROXY_SIZE_MEMORY = Axis(
    key="proxy_memory_limit_mb",
    values="proxy_memory_limits_mb",
    value="{} MiB for nginx",
    folder="{}pmib",
    name="memory limit of nginx's container",
    short="memory limit of nginx",
    noun="memory limit of nginx",
    where="nginx in a container of {} MiB",
    condition="with a memory limit of {} MiB for nginx",
    several="with {} MiB of memory for nginx",
    nothing="no limit",
    least=16,
    most=1_048_576,
    how="A control group of its own gives nginx, with its workers, so much memory, and the kernel kills one of them "
    "when they want more.",
)

AXES = (DATABASE_DISTANCE, SIZE_CPU, SIZE_MEMORY, PROXY_SIZE_CPU, PROXY_SIZE_MEMORY)
"""A value of a trial is 0 unless its configuration says otherwise."""

At = tuple[float, ...]
"""A value of each axis, in the order of AXES."""
USUAL: At = (0.0,) * len(AXES)


def at_of(record: object) -> At:
    """Return where a trial, which has a field for each axis, was or is to be run."""
    return tuple(float(getattr(record, axis.key)) for axis in AXES)


def keys_of(at: At) -> dict[str, Any]:
    """Return the values by the keys of their axes, as a trial and a report have them."""
    return {axis.key: value for axis, value in zip(AXES, at, strict=True)}


def every_at(values: Mapping[Axis, Sequence[float]]) -> tuple[At, ...]:
    """Return all combinations of the values of each axis, the first of each first."""
    return tuple(product(*(values[axis] for axis in AXES)))


def value_on(axis: Axis, at: At) -> float:
    """Return the value of one axis."""
    return at[AXES.index(axis)]


def moved(axis: Axis, at: At, value: float) -> At:
    """Return the same with another value on one axis."""
    place = AXES.index(axis)
    return (*at[:place], value, *at[place + 1 :])


def away(at: At) -> tuple[tuple[Axis, str], ...]:
    """Return the axes on which something was done, each with its value as it is printed: '5', '0.5'."""
    return tuple((axis, f"{value:g}") for axis, value in zip(AXES, at, strict=True) if value)

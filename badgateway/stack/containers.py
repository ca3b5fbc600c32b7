"""Gives each application server of a trial, and its nginx, a container of the size that lies on the axes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from badgateway.model.axis import PROXY_SIZE_CPU, PROXY_SIZE_MEMORY, SIZE_CPU, SIZE_MEMORY, At, Axis, value_on
from badgateway.model.experiment import Experiment
from badgateway.plan.sizes import size_key
from badgateway.process import container
from badgateway.process.child import Child, Command
from badgateway.process.container import Container, GroupFiles, Size
from badgateway.process.control_groups import Places, way

_CPU, _MEMORY = (SIZE_CPU, PROXY_SIZE_CPU), (SIZE_MEMORY, PROXY_SIZE_MEMORY)
Containers = tuple[Container | None, ...]
"""One for each server, in their order; None where nothing is limited."""


@contextmanager
def containers_at(at: At, servers: int) -> Iterator[Containers]:
    """Make a container for each of so many servers until the block ends; all in them have to have ended by then.

    Raises:
        DeploymentError: The size cannot be had here.
    """
    size = _size(at, SIZE_CPU, SIZE_MEMORY)
    with ExitStack() as stack:
        yield tuple(stack.enter_context(container.container(size)) for _ in range(servers))


@contextmanager
def proxy_container_at(at: At) -> Iterator[Container | None]:
    """Make nginx's own until the block ends, by when nginx has to have ended; None where it is not limited.

    Raises:
        DeploymentError: The size cannot be had here.
    """
    with container.container(_size(at, PROXY_SIZE_CPU, PROXY_SIZE_MEMORY)) as found:
        yield found


def held(command: Command, one: Container | None) -> Command:
    """Return the command that starts a program in its container."""
    return command if one is None else one.holding(command)


def files_of(containers: Containers, servers: Sequence[Child]) -> tuple[GroupFiles, ...]:
    """Return what tells of each container, now that its program runs.

    Raises:
        DeploymentError: A program is not in its container.
    """
    return tuple(one.files(server.pid) for one, server in zip(containers, servers, strict=True) if one is not None)


def size_faults_here(experiment: Experiment) -> Iterator[str]:
    """Yield why the sizes of an experiment cannot be had on this machine, a line each with its key."""
    yield from container.faults(_wanted(experiment))


def places_of_sizes(experiment: Experiment) -> tuple[Path, ...]:
    """Return the folders in which the kit makes control groups for an experiment; none where it needs none."""
    found = way() if _wanted(experiment) else None
    return tuple(dict.fromkeys(found.parents.values())) if isinstance(found, Places) else ()


def _wanted(experiment: Experiment) -> dict[str, float]:
    """Return the most CPU of each size that is declared, by its key; 0 of memory."""
    return {
        f"configurations[{one.name}].{size_key(axis)}": max(one.values_on(axis)) if axis in _CPU else 0.0
        for one in experiment.configurations
        for axis in (*_CPU, *_MEMORY)
        if any(one.values_on(axis))
    }


def _size(at: At, cpu: Axis, memory: Axis) -> Size:
    return Size(cpu=value_on(cpu, at), memory_mb=value_on(memory, at))

"""Gives each application server of a trial a container of the size that lies on the axes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from badgateway.model.axis import SIZE_CPU, SIZE_MEMORY, At, value_on
from badgateway.model.experiment import Experiment
from badgateway.plan.sizes import size_key
from badgateway.process import container
from badgateway.process.child import Child, Command
from badgateway.process.container import Container, GroupFiles, Size
from badgateway.process.control_groups import Places, way

Containers = tuple[Container | None, ...]
"""One for each server, in their order; None where nothing is limited."""


@contextmanager
def containers_at(at: At, servers: int) -> Iterator[Containers]:
    """Make a container for each of so many servers until the block ends; all in them have to have ended by then.

    Raises:
        DeploymentError: The size cannot be had here.
    """
    size = Size(cpu=value_on(SIZE_CPU, at), memory_mb=value_on(SIZE_MEMORY, at))
    with ExitStack() as stack:
        yield tuple(stack.enter_context(container.container(size)) for _ in range(servers))


def held(command: Command, one: Container | None) -> Command:
    """Return the command that starts a server in its container."""
    return command if one is None else one.holding(command)


def files_of(containers: Containers, servers: Sequence[Child]) -> tuple[GroupFiles, ...]:
    """Return what tells of each container, now that its server runs.

    Raises:
        DeploymentError: A server is not in its container.
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
        f"configurations[{one.name}].{size_key(axis)}": max(one.values_on(axis)) if axis is SIZE_CPU else 0.0
        for one in experiment.configurations
        for axis in (SIZE_CPU, SIZE_MEMORY)
        if any(one.values_on(axis))
    }

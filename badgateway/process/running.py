"""A child for as long as a block lasts, and a command that runs to its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from badgateway.errors import DeploymentError
from badgateway.process.child import Child, Command, describe_exit
from badgateway.process.interruption import held

LOOK_S = 0.5


@contextmanager
def running(command: Command, *, grace_s: float = 5.0) -> Iterator[Child]:
    """Start the command and always stop it, with all that came from it."""
    child = None
    try:
        # Without this a Ctrl-C could come when the child is started and nobody knows of it yet.
        with held():
            child = Child.start(command)
        yield child
    finally:
        if child is not None:
            child.stop(grace_s)


def run_to_end(command: Command, *, deadline_s: float) -> str:
    """Run the command and return what it wrote to stdout and stderr.

    Raises:
        DeploymentError: it ended with a status other than 0, or did not end in deadline_s, or printed without
            end; with its last log lines.
    """
    with running(command) as child:
        demand_end(child, deadline_s=deadline_s)
        return child.output()


def demand_end(child: Child, *, deadline_s: float) -> None:
    """Wait until a program has ended well.

    Raises:
        DeploymentError: it ended with a status other than 0, or did not end in deadline_s, or printed without
            end; with its last log lines.
    """
    exit_code = _ended(child, deadline_s)
    if exit_code != 0:
        state = f"did not end within {deadline_s:g} s" if exit_code is None else describe_exit(exit_code)
        raise DeploymentError(f"{child.name} {state}; last log lines of {child.command.log.name}:\n{child.tail()}")


def _ended(child: Child, deadline_s: float) -> int | None:
    """Return its exit code, or None when it still runs after deadline_s."""
    end_s = time.monotonic() + deadline_s
    while (left_s := end_s - time.monotonic()) > 0:
        exit_code = child.wait(min(left_s, LOOK_S))
        if exit_code is not None:
            return exit_code
        child.require_bounded_log()
    return None

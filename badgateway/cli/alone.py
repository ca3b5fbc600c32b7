"""Keeps experiments from running side by side: the second one says who is running and waits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.text import Text

from badgateway.cli.terminal import say
from badgateway.errors import TakenError
from badgateway.numbers import duration
from badgateway.plan.overrides import seconds
from badgateway.process.machine_lock import holder, machine_lock

BESIDE = click.option(
    "--beside", is_flag=True, help="Start although another experiment is running on this machine, which disturbs it."
)
"""Of the commands that start servers and count nothing."""
RUN_BESIDE = click.option("--beside", is_flag=True, help="Run although another experiment is running on this machine.")
"""Of those that count."""
WAIT_S = 600.0
"""How long a person is thought to be patient; a script is told at once."""
_LOOK_S = 1.0
_LINE_S = 60.0


def as_patience_s(_context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """Return what --wait says, in seconds; None where it says nothing."""
    return None if text is None else seconds(text, option.opts[0], may_be_none=True)


def patience_s(asked_s: float | None, console: Console) -> float:
    """Return how long to wait for another experiment: as asked, else only where somebody sees the lines."""
    if asked_s is not None:
        return asked_s
    return WAIT_S if console.file.isatty() else 0.0


@contextmanager
def alone_on_the_machine(
    console: Console,
    *,
    wait_s: float,
    beside: bool,
    warning: str = "what both measure is disturbed",
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bool]:
    """Hold the machine's lock until the block ends; begin when whoever has it has ended.

    Gives whether nobody else runs an experiment.

    Args:
        console: Gets a line a minute while it waits.
        wait_s: How long it waits at most.
        beside: Go on at once, although another experiment runs.
        warning: What comes of two at once.
        clock: Seconds that only go forward.
        sleep: Waits so many seconds.

    Raises:
        TakenError: Another experiment still runs after wait_s.
    """
    start_s = said_s = None
    while True:
        with machine_lock() as is_ours:
            if is_ours or beside:
                if not is_ours:
                    say(console, Text(f"beside {_who()}: {warning}"))
                yield is_ours
                return
        now_s = clock()
        start_s = now_s if start_s is None else start_s
        left_s = start_s + wait_s - now_s
        if left_s <= 0:
            raise TakenError(_refusal(wait_s))
        if said_s is None or now_s - said_s >= _LINE_S:
            said_s = now_s
            say(console, Text(f"waiting for {_who()}, at most {duration(left_s)} more; --beside goes on at once"))
        sleep(min(_LOOK_S, left_s))


def _who() -> str:
    found = holder()
    return f"another experiment on this machine ({found})" if found else "another experiment on this machine"


def _refusal(wait_s: float) -> str:
    waited = f"still runs after {duration(wait_s)}" if wait_s else "is running"
    return (
        f"{_who()} {waited}, and two at once spoil each other's figures; start this one when that has ended, with "
        "--wait 30m to wait for it, or with --beside if the figures do not matter"
    )


@contextmanager
def undisturbing(*, beside: bool) -> Iterator[None]:
    """Hold the machine's lock for servers that count nothing, but would spoil the figures of a run.

    Args:
        beside: Go on although an experiment runs.

    Raises:
        TakenError: An experiment runs, or somebody else holds servers up.
    """
    with machine_lock() as is_ours:
        if not is_ours and not beside:
            raise TakenError(
                f"{_who()} is running, and what this starts would spoil its figures; start it when that has ended, or "
                "with --beside if those figures do not matter"
            )
        yield

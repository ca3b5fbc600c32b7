"""Begins an experiment on a quiet machine where it can, and says who keeps it busy where it cannot."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from badgateway.cli.terminal import say
from badgateway.model.printable import printable
from badgateway.model.study import MachineLimits
from badgateway.numbers import duration
from badgateway.probe.quiet import Business, look

WAIT_S = 60.0


def await_quiet(
    console: Console,
    allowed: MachineLimits,
    *,
    looking: Callable[[], Business | None] = look,
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Return as soon as the machine is quiet, or after a minute: '' or who was busy, in a clause.

    A busy machine stops nothing: each trial says by itself what it was disturbed by.

    Args:
        console: Gets a line when it waits, and one when that was in vain.
        allowed: What others may take; where they may take all, nothing is looked at.
        looking: Looks at the machine for two seconds.
        clock: Seconds that only go forward.
    """
    if allowed.max_outside_share >= 1 and allowed.max_steal_share >= 1:
        return ""
    deadline = clock() + WAIT_S
    has_waited = False
    while (found := looking()) is not None and found.exceeds(allowed):
        if clock() >= deadline:
            say(console, Text("the machine is still busy; going on, and the report says so"))
            return _who(found)
        if not has_waited:
            say(
                console, Text(f"the machine is busy: {_who(found)}; waiting at most {duration(WAIT_S)} for that to end")
            )
        has_waited = True
    return ""


def _who(found: Business) -> str:
    taken = [
        *([f"others used {found.outside_share:.0%} of its CPU time"] if found.outside_share >= 0.005 else []),
        *([f"the hypervisor took {found.steal_share:.0%} of it"] if found.steal_share >= 0.005 else []),
    ]
    named = [f"{printable(one.name)} (pid {one.pid}) {one.core_share:.0%} of a core" for one in found.processes]
    return ", ".join([*taken, *named])

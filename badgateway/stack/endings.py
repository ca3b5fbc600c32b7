"""Tells by how a part ended whether somebody outside has ended it."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from signal import SIGKILL
from types import MappingProxyType

from badgateway.errors import DeploymentError, GuardianError, LineError
from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.process.child import Child, describe_exit
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack.distance import LINE, PART
from badgateway.stack.machines import line_to, relay_to

# A worker that ends by a signal of its own doing, such as SIGSEGV, is the proxy's or its configuration's fault.
_KILLED_WORKER = re.compile(r"worker process (\d+) exited on signal (9|15)\b")

_FOR_MEMORY = " while the kernel killed for the memory limit of its container (size.proxy.memory_mb)"


def nginx_ended(exit_code: int | None, error_log: str, *, for_memory: bool = False) -> Iterator[Disturbance]:
    """Yield what was ended of nginx by a signal from outside, first the whole, then single workers.

    Args:
        exit_code: Of its master; None while it runs.
        error_log: What is in its error log, where the master says how a worker ended.
        for_memory: Whether the kernel has killed in its container, which may have been somebody else's signal.
    """
    why = _FOR_MEMORY if for_memory else ""
    # In the foreground, only a signal that asks it to end makes it end with status 0; what it cannot do itself is 1.
    if exit_code is not None and exit_code <= 0:
        yield ended(OutsidePart.PROXY, f"nginx {_how(exit_code)}{why if exit_code == -SIGKILL else ''}")
        return
    for pid, number in _KILLED_WORKER.findall(error_log):
        reason = why if int(number) == SIGKILL else ""
        yield ended(OutsidePart.PROXY, f"a worker of nginx (pid {pid}) {describe_exit(-int(number))}{reason}")


_WAYS = {
    line_to("load"): "the line to the load",
    PART: "the relay to the database",
    LINE: "the line to the database",
    line_to("proxy"): "the line to nginx",
    line_to("target"): "the line to the application servers",
}


def way(part: str) -> str:
    """Return what to call a part that only hands on what others say to each other; empty for any other part."""
    if part.startswith(relay_to("")):
        return f"the relay to port {part.removeprefix(relay_to(''))}"
    return _WAYS.get(part, "")


def way_to(key: str) -> str:
    """Return what to call the line to a place of [places], by the place's key."""
    return way(LINE if key == "database" else line_to(key))


@contextmanager
def through(children: Mapping[str, Child], lines: Mapping[str, Elsewhere] = MappingProxyType({})) -> Iterator[None]:
    """Say of what fails in the block because one of these lines and relays has ended, or is cut, that it did.

    Args:
        children: Their processes, by part.
        lines: What stands at the far end of each line, by its key in [places].

    Raises:
        LineError: One has: a server that is to be started behind it cannot be, and is not to blame.
    """
    try:
        yield
    except GuardianError:
        raise
    except (DeploymentError, OSError) as error:
        for part, child in children.items():
            with suppress(GuardianError):
                for found in relay_ended(child.exit_code(), way(part)):
                    raise LineError(found.what) from error
        for key, place in lines.items():
            for lapse in place.watch.end() if place.watch else ():
                raise LineError(
                    f"{way_to(key)} was cut: its device {lapse.how}, and the kit had not done it"
                ) from error
        raise


def relay_ended(exit_code: int | None, name: str) -> Iterator[Disturbance]:
    """Yield how the relay or the line of that name ended, no part of any configuration; None while it runs."""
    if exit_code is not None:
        yield ended(OutsidePart.RELAY, f"{name} {describe_exit(exit_code)}")


def _how(exit_code: int) -> str:
    return describe_exit(exit_code) if exit_code else "was asked to end, and did"


def ended(part: OutsidePart, what: str) -> Disturbance:
    """Return what is told of a part that nobody of the kit has ended."""
    return Disturbance(part=part, what=f"{what}, and the kit had not asked for it", at_s=time.time())

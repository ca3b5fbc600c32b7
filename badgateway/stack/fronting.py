"""What every deployment does around its nginx: it is stopped so that nothing is cut off."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from badgateway.process.child import Child, Command
from badgateway.process.readiness import Probe, await_ready
from badgateway.process.running import running
from badgateway.stack import nginx

PROXY_DRAIN_S = 1.0


@contextmanager
def fronting(command: Command, written: Path, *, what: str, deadline_s: float) -> Iterator[Child]:
    """Run nginx until the block ends, and let it end the requests in flight.

    Args:
        command: As from `nginx.command`.
        written: The folder that it writes to.
        what: Where it is to listen, in words.
        deadline_s: In which it has to be ready.

    Raises:
        DeploymentError: It did not come up.
    """
    with _drained(command) as proxy:
        await_ready(proxy, _exists(written / nginx.PID_FILE), what=what, deadline_s=deadline_s)
        yield proxy


def open_files() -> int:
    """Return how many files one process may open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return nginx.MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else hard


@contextmanager
def _drained(command: Command) -> Iterator[Child]:
    with running(command) as proxy:
        try:
            yield proxy
        finally:
            # On SIGTERM, requests in flight would be cut off without a line in the access log.
            if proxy.exit_code() is None:
                with suppress(ProcessLookupError):
                    os.kill(proxy.pid, signal.SIGQUIT)
                proxy.wait(PROXY_DRAIN_S)


def _exists(path: Path) -> Probe:
    return lambda: None if path.exists() else f"{path} does not exist"

"""What every deployment does around its nginx: it is stopped so that nothing is cut off, and its site has to answer."""

import os
import resource
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.process.child import Child, Command
from badgateway.process.readiness import Probe, await_ready, http_probe
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


def require_answer(
    url: str, server: Child, experiment: Experiment, configuration: Configuration, deadline_s: float
) -> None:
    """Return when the site has answered its health check through nginx at that address.

    Raises:
        DeploymentError: It did not, in time, or the server ended.
    """
    probe = http_probe(
        url,
        timeout_s=experiment.timeouts_of(configuration).client_s,
        ready=(HTTPStatus.OK,) if configuration.must_answer else range(600),
        headers=lambda: {"X-Request-ID": raw_files.OWN_REQUESTS + secrets.token_hex(8)},
    )
    await_ready(server, probe, what=f"200 from {url}", deadline_s=deadline_s)


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

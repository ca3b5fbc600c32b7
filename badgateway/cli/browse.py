"""Keeps a configuration up for a person with a browser, until Ctrl-C."""

import time
from contextlib import AbstractContextManager

from badgateway.cli.terminal import echo
from badgateway.errors import ConfigurationError
from badgateway.process.interruption import held
from badgateway.process.ports import free_port, is_free
from badgateway.study.serving import Served

LOCUST_PORT = 8089
_LOOK_S = 0.5


def browse(configuration: str, starting: AbstractContextManager[Served], *, what: str) -> None:
    """Start something, tell where it is, and hold it until Ctrl-C, which is its proper end.

    Args:
        configuration: The name of what is deployed.
        starting: Brings it up.
        what: What the person asked for: 'the site' or "Locust's web UI".

    Raises:
        DeploymentError: A part did not come up or did not stay up.
        LoadError: Locust's web UI ended by itself.
        KeyboardInterrupt: Ctrl-C came before it was up.
    """
    echo(f"starting the database, loading the data, starting {configuration}", err=True)
    with starting as served:
        _tell(configuration, served, what)
        try:
            while True:
                time.sleep(_LOOK_S)
                # A signal waits for the end of a look: amid a query it would become another error.
                with held():
                    served.check()
        except KeyboardInterrupt:
            echo("\nstopping", err=True)


def _tell(configuration: str, served: Served, what: str) -> None:
    behind = "" if served.page == served.site else f", in front of {served.site}"
    echo(f"{configuration}: {what} is at {served.page}{behind}")
    echo(f"its logs are in {served.logs} while it runs; Ctrl-C stops everything", err=True)


def locust_port(asked: int | None) -> int:
    """Return the port for Locust's web UI.

    Raises:
        ConfigurationError: The port asked for is taken.
    """
    if asked is None:
        return LOCUST_PORT if is_free(LOCUST_PORT) else free_port()
    if not is_free(asked):
        raise ConfigurationError(f"--port {asked}: something listens there already; choose another, or leave it out")
    return asked

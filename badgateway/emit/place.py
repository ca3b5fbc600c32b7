"""Where a deployed site is: its names and paths, all below its own name."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from badgateway.model.application import Application
from badgateway.model.configuration import Configuration
from badgateway.model.knob import WorkerModel
from badgateway.servers.registry import worker_model

PORT = 8000
"""Of a server that was measured behind a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedPlace:
    """Where the server runs: what its module asks of a `Place`, without a kit and its journal."""

    name: str
    """Of the site, and of its unit, user and folders."""
    directory: PurePosixPath
    """The application's folder in the repository."""
    target: str
    """What the server loads: `module:object`."""
    file_name: str
    """Of the server's file."""
    server_text: str
    port: int | None

    @property
    def home(self) -> PurePosixPath:
        """Where the repository is checked out."""
        return PurePosixPath("/srv") / self.name

    @property
    def settings(self) -> PurePosixPath:
        """Where its files of settings are."""
        return PurePosixPath("/etc") / self.name

    @property
    def application(self) -> PurePosixPath:
        """The folder that the server is started in."""
        return self.home / self.directory

    @property
    def server_file(self) -> Path:
        """The server's file."""
        return Path(self.settings / self.file_name)

    @property
    def python_home(self) -> Path:
        """The Python environment with the site's packages."""
        return Path(self.home / "venv")

    @property
    def journal(self) -> Path:
        """Nothing: a site that is deployed has none."""
        return Path("/nonexistent")

    @property
    def statistics_socket(self) -> Path:
        """Nothing asks for statistics."""
        return Path("/nonexistent")

    @property
    def logging(self) -> Path:
        """A configuration of Python's logging, for servers that read one."""
        return Path(self.settings / "logging.json")

    @property
    def socket(self) -> PurePosixPath:
        """The unix socket between nginx and the server, unless that is a port."""
        return PurePosixPath("/run") / self.name / "web.sock"

    @property
    def address(self) -> str:
        """The same as text, a path or host and port."""
        return str(self.socket) if self.port is None else f"127.0.0.1:{self.port}"

    def program(self, name: str) -> str:
        """Return the path of a program of the Python environment."""
        return str(self.python_home / "bin" / name)


def place_of(application: Application, configuration: Configuration, *, file_name: str, text: str) -> DeployedPlace:
    """Return where a configuration of an application is deployed, named after the package that it loads."""
    is_asgi = worker_model(configuration) is WorkerModel.EVENT_LOOP
    target = application.asgi if is_asgi else application.wsgi
    return DeployedPlace(
        name=re.sub(r"[^a-z0-9]+", "-", target.partition(":")[0].partition(".")[0].lower()).strip("-") or "site",
        directory=application.directory,
        target=target,
        file_name=file_name,
        server_text=text,
        port=PORT if configuration.transport == "tcp" else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformPlace(DeployedPlace):
    """On a platform that gives a server a port in its environment, and has a Python environment of its own."""

    port_text: str
    """How the server's file takes the port."""
    files: PurePosixPath
    """Where the server's file is, from the application's folder."""

    @property
    def server_file(self) -> Path:
        """The server's file."""
        return Path(self.files / self.file_name)

    @property
    def logging(self) -> Path:
        """A configuration of Python's logging, for servers that read one."""
        return Path(self.files / "logging.json")

    @property
    def address(self) -> str:
        """Every address of the machine: the platform's router is elsewhere."""
        return f"0.0.0.0:{self.port_text}"


def on_platform(place: DeployedPlace, *, port_text: str, files: PurePosixPath) -> PlatformPlace:
    """Return the same site on such a platform."""
    return PlatformPlace(
        name=place.name,
        directory=place.directory,
        target=place.target,
        file_name=place.file_name,
        server_text=place.server_text,
        port=PORT,
        port_text=port_text,
        files=files,
    )

"""What a worker elsewhere is told to be for one trial: a Locust with these options, variables and files."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from badgateway.errors import LoadError
from badgateway.load.command import Target, inherited, own_variables, stop_timeout
from badgateway.load.settings import CLOCK_AHEAD, ROWS, SESSIONS
from badgateway.model.raw import CLIENT_ROWS, GENERATOR_GAPS, LOCUST_LOG
from badgateway.process.child import Command

BOOKS = (CLIENT_ROWS, GENERATOR_GAPS)
"""The files that a worker's Locust writes, and whose rows belong into those of the trial."""
_PROJECT, _ROWS, _SESSIONS = "project", "rows", "sessions.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """All of it; what differs between workers is added when it is sent."""

    host: str
    """Base address of the site."""
    stop_timeout_s: int
    locust_port: int
    """Of Locust's master, on the machine of the run."""
    locust_file: str
    """One of the files."""
    files: Mapping[str, str]
    """Text by its path in the project: the Locust file, and what it imports of the project."""
    sessions: str
    """Of users that begin logged in; empty where there are none."""
    environment: Mapping[str, str]

    @classmethod
    def of(cls, target: Target, variables: Mapping[str, str], files: Mapping[str, str], *, locust_port: int) -> "Order":
        """Return the order for a load.

        Args:
            target: What is loaded.
            variables: All that Locust's own process on the run's machine is started with.
            files: Of the Locust file, by their paths.
            locust_port: Where the workers find Locust's master.
        """
        here = (*inherited(), *own_variables(target.project_root, Path()), ROWS, SESSIONS)
        sessions = variables.get(SESSIONS, "")
        return cls(
            host=target.url,
            stop_timeout_s=stop_timeout(target),
            locust_port=locust_port,
            locust_file=str(target.load.locustfile),
            files=files,
            sessions=Path(sessions).read_text(encoding="utf-8") if sessions else "",
            environment={name: value for name, value in variables.items() if name not in here},
        )

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> "Order":
        """Return the order of a message; LoadError when it is none."""
        try:
            return cls(**message)
        except TypeError as error:
            raise LoadError(f"the run's order is none that this version knows ({error})") from error

    def message(self, ahead_s: float) -> dict[str, Any]:
        """Return the same for a worker whose clock is that far ahead."""
        return {**asdict(self), "environment": {**self.environment, CLOCK_AHEAD: repr(ahead_s)}}

    def command(self, folder: Path, master: str) -> Command:
        """Lay out the files in an empty folder, and return the command of the Locust that is ordered."""
        project, rows = folder / _PROJECT, folder / _ROWS
        rows.mkdir()
        for path, text in self.files.items():
            _write(project, PurePosixPath(path), text)
        log = rows / LOCUST_LOG
        environment = {**inherited(), **self.environment, **own_variables(project, log), ROWS: str(rows)}
        if self.sessions:
            (folder / _SESSIONS).write_text(self.sessions, encoding="utf-8")
            environment[SESSIONS] = str(folder / _SESSIONS)
        argv = (
            *(sys.executable, "-m", "badgateway.load.plain", "--locustfile", str(project / self.locust_file)),
            *("--host", self.host, "--stop-timeout", str(self.stop_timeout_s)),
            *("--worker", "--master-host", master, "--master-port", str(self.locust_port)),
            *("--exit-code-on-error", "0", "--loglevel", "WARNING"),
        )
        return Command(name="Locust", argv=argv, environment=environment, directory=rows, log=log)


def _write(project: Path, path: PurePosixPath, text: str) -> None:
    # A run that is trusted with code is not trusted with places.
    if path.is_absolute() or ".." in path.parts:
        raise LoadError(f"the run's order has a file outside of its project: {path}")
    place = project / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")

"""A Locust that is imported before anybody knows what it is to load, and becomes that of a trial when it is told."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import LoadError
from badgateway.load.command import standby_command
from badgateway.process.child import Child, Command, describe_exit
from badgateway.process.elsewhere import Elsewhere
from badgateway.process.running import running

READY_DEADLINE_S = 30.0
POLL_S = 0.005
GRACE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """A process that becomes the Locust of a trial when it is told."""

    child: Child
    pipe: Path
    place: Elsewhere | None = None
    """Where it is; None: here."""

    def begin(self, command: Command) -> Child:
        """Have it be what a command would have started, and return it.

        Args:
            command: Locust's, with the same folder and log.

        Raises:
            LoadError: It ended, or was not ready in time.
        """
        orders = {"argv": command.argv, "environment": dict(command.environment)}
        descriptor = self._opened()
        with os.fdopen(descriptor, "w", encoding="utf-8") as pipe:
            json.dump(orders, pipe)
        return self.child

    def _opened(self) -> int:
        deadline = time.monotonic() + READY_DEADLINE_S
        while True:
            try:
                # Without a reader there is nobody to open it for.
                return os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                exit_code = self.child.exit_code()
                if exit_code is not None or time.monotonic() > deadline:
                    state = "does not take its orders" if exit_code is None else describe_exit(exit_code)
                    raise LoadError(f"{self.child.name} {state}; last log lines:\n{self.child.tail()}") from error
            time.sleep(POLL_S)


@contextmanager
def standing_by(project_root: Path, raw: Path, place: Elsewhere | None = None) -> Iterator[Standby]:
    """Start a process that imports Locust and waits; it is stopped at the end, whatever it has become.

    Args:
        project_root: As `Target.project_root`.
        raw: The trial's folder.
        place: Where it is started; None: here.

    Raises:
        DeploymentError: It could not be started at all.
    """
    # Beside the folder, in which there are to be none but regular files.
    pipe = raw.absolute().with_name(f"{raw.name}.orders")
    os.mkfifo(pipe, mode=0o600)
    try:
        command = standby_command(project_root, raw, pipe)
        with running(place.within(command) if place else command, grace_s=GRACE_S) as child:
            yield Standby(child=child, pipe=pipe, place=place)
    finally:
        # Somebody may have removed the whole folder, which the trial tells.
        pipe.unlink(missing_ok=True)

"""A worker: on whatever machine it is, it becomes Locust for one trial after the other of a run that it has joined."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

from badgateway.errors import DeploymentError, LoadError
from badgateway.load.worker_line import KEY, Line, LineEndedError, introduce
from badgateway.load.worker_order import BOOKS, Order
from badgateway.process.child import Child
from badgateway.process.running import running
from badgateway.store.temporary_folder import temporary_folder

LOOK_S = 0.2
"""How often rows are sent."""
JOIN_S = 600.0
RETRY_S = 0.5
GRACE_S = 3.0
IDLE_S = 3600.0


def work(host: str, port: int, key: str, tell: Callable[[str], None]) -> None:
    """Join the run at that address, and do what it orders until it is over.

    Args:
        host: Of the run's machine.
        port: Where it expects workers.
        key: That of the run.
        tell: Called with what happens, in a few words.

    Raises:
        LoadError: There was no such run within ten minutes, or it does not take this worker.
    """
    line = _joined(host, port, key)
    tell(f"joined the run at {host}:{port}")
    try:
        while True:
            message = line.receive(IDLE_S)
            if message and "clock" in message:
                line.send(clock=time.time())
            elif message and "load" in message:
                tell("sends the load of a trial")
                _load(line, Order.read(message["load"]), host)
            elif message and "over" in message:
                tell("the run is over")
                return
    except LineEndedError:
        # However it ended, nothing of this worker is left to do for it.
        tell("the run is gone")
    finally:
        line.close()


def _joined(host: str, port: int, key: str) -> Line:
    deadline = time.monotonic() + JOIN_S
    while True:
        try:
            line = Line.to(host, port)
        except OSError as error:
            if time.monotonic() > deadline:
                raise LoadError(
                    f"no run expects workers at {host}:{port} ({error.strerror or error}); start there: "
                    f"badgateway run EXPERIMENT --workers-expected N --bind ADDRESS, and set {KEY} here as it says"
                ) from error
            time.sleep(RETRY_S)
            continue
        introduce(line, key, socket.gethostname())
        return line


def _load(line: Line, order: Order, host: str) -> None:
    with temporary_folder() as folder:
        try:
            command = order.command(folder, host)
            books = Books(command.directory)
            with running(command, grace_s=GRACE_S) as child:
                _send_until_ended(line, child, books)
        except DeploymentError as error:
            line.send(ended=1, tail=str(error))
            return
        # What was written while it was stopped belongs to the trial too.
        _send(line, books)
        line.send(ended=child.stop(), tail=child.tail())


def _send_until_ended(line: Line, child: Child, books: "Books") -> None:
    while child.exit_code() is None:
        if "stop" in (line.receive(LOOK_S) or {}):
            return
        _send(line, books)


def _send(line: Line, books: "Books") -> None:
    if rows := books.new():
        line.send(rows=rows)


class Books:
    """The files that a Locust is writing, each of which is read once."""

    def __init__(self, folder: Path) -> None:
        """Begin at their beginning, once they are there."""
        self._folder = folder
        self._offsets = dict.fromkeys(BOOKS, 0)

    def new(self) -> dict[str, str]:
        """Return the whole lines that each file has got since the last time, by its name."""
        found = {name: self._appended(name) for name in BOOKS if (self._folder / name).exists()}
        return {name: text for name, text in found.items() if text}

    def _appended(self, name: str) -> str:
        with (self._folder / name).open("rb") as file:
            file.seek(self._offsets[name])
            piece = file.read()
        whole = piece[: piece.rfind(b"\n") + 1]
        self._offsets[name] += len(whole)
        return whole.decode()

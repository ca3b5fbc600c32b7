"""The workers that have joined a run from elsewhere: what they are told, and what they send back."""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from badgateway.errors import ConfigurationError, GeneratorKilledError, LoadError, first_line
from badgateway.load.command import Meeting, Target
from badgateway.load.worker_line import Line, LineEndedError, let_in
from badgateway.load.worker_order import BOOKS, Order
from badgateway.model.printable import printable
from badgateway.process.child import Command, describe_exit

LOOKS = 15
"""How often a worker is asked for the time; the quickest answer counts."""
ANSWER_S = 5.0
REJOIN_S = 30.0
"""A worker that was lost in one trial may be back for the next one."""
END_S = 30.0
"""For what all workers' users have in flight, and for the rest of their rows."""
IDLE_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """A worker that was let in."""

    name: str
    line: Line

    def ahead_s(self) -> float:
        """Return how far its clock is ahead of this machine's, to half of the quickest answer's way.

        Raises:
            LineEndedError: It is gone.
        """
        looks = [self._look() for _ in range(LOOKS)]
        return min(looks)[1]

    def _look(self) -> tuple[float, float]:
        asked_s, began = time.time(), time.monotonic()
        self.line.send(clock=True)
        answer = self.line.receive(ANSWER_S)
        took_s = time.monotonic() - began
        if answer is None or not isinstance(answer.get("clock"), float):
            raise LineEndedError("it does not tell the time")
        return took_s, answer["clock"] - (asked_s + took_s / 2)


class Workers:
    """Those of one run, however often they come and go between its trials."""

    def __init__(self, meeting: Meeting, key: str) -> None:
        """Begin to let them in.

        Raises:
            ConfigurationError: Nobody can listen there.
        """
        self.meeting = meeting
        self._key = key
        self._here: list[Joined] = []
        self._files: dict[Path, dict[str, str]] = {}
        self._changed = threading.Condition()
        try:
            self._listener = socket.create_server((meeting.address, meeting.port))
        except OSError as error:
            raise ConfigurationError(
                f"--bind {meeting}: {error.strerror or error}; name an address of this machine, and a port such that "
                "it and the next one are free"
            ) from error
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        """Let them in until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tell them that the run is over."""
        with suppress(OSError):
            # To close it alone would not wake who waits in it.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._here:
            with suppress(LineEndedError):
                one.line.send(over=True)
            one.line.close()

    def wait(self, deadline_s: float) -> tuple[Joined, ...]:
        """Return as many as are expected, as soon as they are there.

        Raises:
            LoadError: They were not, in that time.
        """
        expected = self.meeting.expected
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._here) >= expected, deadline_s):
                raise LoadError(
                    f"{len(self._here)} of {expected} workers have joined after {deadline_s:g} s; start the others: "
                    f"badgateway worker --master {self.meeting}"
                )
            return tuple(self._here[:expected])

    @contextmanager
    def loading(
        self, target: Target, command: Command, raw: Path, files: Callable[[], dict[str, str]]
    ) -> Iterator[Callable[[], None]]:
        """Have them send their part of a load, and put their rows beside those of this machine.

        What is given is to be called now and then, and raises GeneratorKilledError when one of them was lost. Once the
        block has ended, all of their rows are there.

        Args:
            target: What is loaded.
            command: Of Locust's master.
            raw: The trial's folder.
            files: Returns the files of the Locust file, by their paths.
        """
        order = Order.of(
            target, command.environment, self._files_of(target, files), locust_port=self.meeting.locust_port
        )
        parts = [Part(worker, order.message(ahead_s), raw) for worker, ahead_s in self._ready()]
        try:
            yield lambda: _demand_all(parts)
        except BaseException:
            for part in parts:
                part.stop()
            raise
        finally:
            deadline = time.monotonic() + END_S
            for part in parts:
                part.finish(max(0.0, deadline - time.monotonic()))
                if part.is_gone:
                    self._forget(part.worker)
        _demand_all(parts)

    def _files_of(self, target: Target, files: Callable[[], dict[str, str]]) -> dict[str, str]:
        """Return the files as they were at the first trial: one that is edited must not make two trials differ."""
        locust_file = target.project_root / target.load.locustfile
        if locust_file not in self._files:
            self._files[locust_file] = files()
        return self._files[locust_file]

    def _ready(self) -> list[tuple[Joined, float]]:
        """Return as many as are expected, each with how far its clock is ahead."""
        deadline = time.monotonic() + REJOIN_S
        found: list[tuple[Joined, float]] = []
        while len(found) < self.meeting.expected:
            found = []
            for worker in self.wait(max(0.0, deadline - time.monotonic())):
                try:
                    found.append((worker, worker.ahead_s()))
                except LineEndedError:
                    self._forget(worker)
        return found

    def _forget(self, worker: Joined) -> None:
        worker.line.close()
        with self._changed:
            if worker in self._here:
                self._here.remove(worker)

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._let_in, args=(connected,), daemon=True).start()

    def _let_in(self, connected: socket.socket) -> None:
        try:
            line = Line(connected)
        except OSError:
            # It has hung up already.
            connected.close()
            return
        try:
            name = let_in(line, self._key)
        except LineEndedError:
            line.close()
            return
        with self._changed:
            self._here.append(Joined(name=name, line=line))
            self._changed.notify_all()


class Part(threading.Thread):
    """What one worker does in one trial; its rows are taken as they come."""

    def __init__(self, worker: Joined, order: dict[str, Any], raw: Path) -> None:
        """Give it the order."""
        super().__init__(daemon=True)
        self.worker = worker
        self.is_gone = False
        """Whether nothing more will be heard of it."""
        self.problem = ""
        """How it was lost; empty while it was not."""
        self._raw = raw
        self._tail = ""
        with suppress(LineEndedError):
            # Who is gone says so to who listens.
            worker.line.send(load=order)
        self.start()

    def run(self) -> None:
        """Take what it sends, until its Locust has ended."""
        try:
            while "ended" not in (message := self.worker.line.receive(IDLE_S) or {}):
                self._keep(message.get("rows", {}))
        except LineEndedError:
            self.is_gone = True
            self.problem = "is gone"
            return
        except Exception as error:  # noqa: BLE001 # whatever it is, rows are missing, and nobody else would say so
            self.is_gone = True
            self.problem = f"sent rows that could not be kept: {first_line(str(error))}"
            return
        self._tail = str(message.get("tail", ""))
        exit_code = message["ended"]
        if exit_code != 0:
            self.problem = describe_exit(exit_code) if isinstance(exit_code, int) else "ended, and nobody knows how"

    def stop(self) -> None:
        """Have its Locust stopped."""
        with suppress(LineEndedError):
            self.worker.line.send(stop=True)

    def finish(self, deadline_s: float) -> None:
        """Return when it has said its last word, or is taken for gone."""
        self.join(deadline_s)
        if self.is_alive():
            self.worker.line.close()
            self.join()

    def demand(self) -> None:
        """Return when it was not lost.

        Raises:
            GeneratorKilledError: It was.
        """
        if self.problem:
            how = f"lost its worker {printable(self.worker.name)}, which {self.problem}"
            raise GeneratorKilledError(
                f"Locust {how}; the rows it had sent are kept; last lines of its log:\n{self._tail}", how=how
            )

    def _keep(self, rows: dict[str, str]) -> None:
        for name, text in rows.items():
            if name in BOOKS:
                content = text.encode()
                # One write: Locust's own process may append to the same file.
                with (self._raw / name).open("ab", buffering=0) as file:
                    if file.write(content) != len(content):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _demand_all(parts: Sequence[Part]) -> None:
    for part in parts:
        part.demand()

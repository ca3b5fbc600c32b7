"""The badgateway command in a process of its own, on a small project of its own, and what it starts and leaves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tests.live.conftest import ROOT

BADGATEWAY = Path(sys.executable).with_name("badgateway")
FAULTS = Path(__file__).parent
WHOLE_RUN_S = 90.0
POLL_S = 0.05
LEAVE_S = 20.0
LOOK_S = 0.25
"""To look through all processes of the machine takes longer than to ask for the end of one."""
TEMPORARY = re.compile(r"/tmp/badgateway-[^/\s]+")
# What the trial of a healthy configuration comes to: on a busy machine so few requests fit into its window that they
# prove nothing.
MAY_KEEP = {"PASS", "INCONCLUSIVE"}
REPORTS = ("report.html", "report.json", "report.md")


def make_project(folder: Path) -> Path:
    """Make a project with the real app and server files, and experiments and servers that fail on purpose."""
    for part in ("experiments", "site", "servers"):
        shutil.copytree(FAULTS / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (ROOT / "servers").iterdir():
        if file.is_file():
            shutil.copy(file, folder / "servers")
    shutil.copytree(ROOT / "app", folder / "app", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


class Kit:
    """A started command, everything it writes, and every process it was ever seen with."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.project = project
        self.family: set[psutil.Process] = set()
        """All descendants that were seen, ended ones too."""
        self.owners: set[tuple[str, int]] = set()
        """Program name and user id of each."""
        self.output = ""
        """stdout, when it has ended."""
        self.errors = ""
        """stderr, when it has ended."""
        self._logs = [project / f"{stream}-{time.monotonic_ns()}.txt" for stream in ("stdout", "stderr")]
        # What nox tells of its own session is not what started this command.
        unwanted = {"FORCE_COLOR", "BADGATEWAY_STARTED_AS"}
        environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        # Other tests run on this machine too, of other checkouts perhaps.
        beside = ["--beside"] if arguments[:1] == ("run",) and "--wait" not in arguments else []
        stdout, stderr = (log.open("w", encoding="utf-8") for log in self._logs)
        with stdout, stderr:
            # A session of its own, as a terminal gives: Ctrl-C goes to its whole foreground group.
            self._process = subprocess.Popen(
                [BADGATEWAY, *arguments[:1], *beside, *arguments[1:]],
                cwd=project,
                env=environment,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        self._psutil = psutil.Process(self._process.pid)
        self._next_look_s = 0.0

    @property
    def pid(self) -> int:
        """Of the command itself, and of its process group."""
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command itself; nothing, when it has ended already."""
        self._process.send_signal(number)

    def look(self) -> list[psutil.Process]:
        """Return all processes that live below the command now, and remember them."""
        try:
            found = self._psutil.children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        self.family.update(found)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                self.owners.add((process.name(), process.uids().real))
        return found

    def await_that(self, condition: Callable[[], object], what: str) -> None:
        """Look on until the condition holds while the command runs; a command that does not get there is killed."""
        deadline = time.monotonic() + WHOLE_RUN_S
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._make_end()
                raise AssertionError(f"no {what}: {self.output}{self.errors}")
            self._look_on(POLL_S)

    def look_on_for(self, length_s: float) -> None:
        """Look on for so long, or until the command has ended."""
        deadline = time.monotonic() + length_s
        while self._process.poll() is None and (left_s := deadline - time.monotonic()) > 0:
            self._look_on(min(POLL_S, left_s))

    def end(self, within_s: float = WHOLE_RUN_S) -> int:
        """Return the exit status; the command must end by itself in the time."""
        deadline = time.monotonic() + within_s
        while self._process.poll() is None and time.monotonic() < deadline:
            self._look_on(POLL_S)
        ran_on = self._process.poll() is None
        self._make_end()
        assert not ran_on, f"still ran after {within_s:g} s: {self.errors}"
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever a test came to: a command that waits for Ctrl-C would go on for ever."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LEAVE_S)
        self._make_end()

    def temporary_folders(self) -> set[Path]:
        """Return the folder in /tmp that its servers live in, told by MariaDB's command line; none before the first.

        Before it, the Locust file is looked into, in a folder of that kind too.
        """
        lines = [line for line in map(_command_line, self.look()) if "mariadb" in line]
        return {Path(match) for line in lines for match in TEMPORARY.findall(line)}

    def survivors(self) -> list[str]:
        """Return the command lines of descendants that still live."""
        return [_command_line(process) for process in self.family if _lives(process)]

    def _look_on(self, wait_s: float) -> None:
        """Wait, and look before if that is some time ago."""
        if time.monotonic() >= self._next_look_s:
            self.look()
            self._next_look_s = time.monotonic() + LOOK_S
        time.sleep(wait_s)

    def _make_end(self) -> None:
        self._process.kill()  # nothing, when it has ended already
        self._process.wait()
        self.output, self.errors = (log.read_text(encoding="utf-8") for log in self._logs)


def run(project: Path, *arguments: str) -> tuple[Kit, int]:
    """Run the command to its end; return its exit status too."""
    kit = Kit(project, *arguments)
    return kit, kit.end()


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def read_report(folder: Path) -> dict[str, Any]:
    """Return a run's report.json."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def trials(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the only trial of each configuration, by the configuration's name; one without any is left out."""
    return {one["name"]: trial for one in report["configurations"] for trial in one["trials"]}

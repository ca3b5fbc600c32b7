"""One child process: start it, look at it, read the end of its log, stop it with all that came from it."""

import errno
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import psutil

from badgateway.errors import DeploymentError, GuardianError
from badgateway.model.raw import MOST_PRINTED_BYTES
from badgateway.process import guardian
from badgateway.process.account import Account, remedy_of_closed, unreachable_parent
from badgateway.process.guardian_line import GUARDIAN_DEADLINE_S, dismiss, first_message, go_on, receive
from badgateway.process.interruption import held
from badgateway.process.shutdown import Ending, living, shut_down

TAIL_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program and everything it is started with."""

    name: str
    """What messages call it."""
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it: nothing is inherited from the kit, PATH neither."""
    directory: Path
    log: Path
    """stdout and stderr are appended to it."""
    account: Account | None = None
    """None: the account of the kit."""
    control_groups: tuple[Path, ...] = ()
    """Files of the kernel by which a process enters a control group: it is started in each of them."""
    network: Path | None = None
    """The file that stands for the network that it is started in, as root; None: that of the kit."""


class Child:
    """A started program in a session of its own, under a guardian (see guardian.py)."""

    def __init__(self, command: Command, pid: int, keeper: subprocess.Popen[bytes], line: socket.socket) -> None:
        self.command = command
        self.pid = pid
        self.ending: Ending | None = None
        """How it went; None until stop() is through."""
        self.log_start_bytes = 0
        """Where in the log this child's own output begins."""
        self._keeper = keeper
        self._line = line
        self._exit_code: int | None = None
        self._is_alone = False
        """Whether its guardian is gone."""
        self._process = _process_of(pid)
        self._guardian = psutil.Process(keeper.pid)

    @classmethod
    def start(cls, command: Command) -> Self:
        """Start the program; returns once it has been executed, ready or not.

        Raises:
            DeploymentError: the program or the directory does not exist or may not be used.
        """
        if not command.directory.is_dir():
            raise DeploymentError(f"{command.name}: directory {command.directory} does not exist; make it first")
        with held():
            with _open_log(command) as log:
                log_start_bytes = log.tell()
                keeper, line = _start_guardian(command, log)
            word, number = first_message(command.name, keeper, line, log=command.log)
            if word != "started":
                dismiss(keeper, line)
                raise DeploymentError(_why_not_started(command, word, number))
            child = cls(command, number, keeper, line)
            child.log_start_bytes = log_start_bytes
            return child

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.command.name

    def exit_code(self) -> int | None:
        """Return None while the program runs, then its status; negative when a signal ended it.

        Raises:
            GuardianError: somebody has killed or stopped its guardian, so nobody can tell.
        """
        return self.wait(0)

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit code as soon as the program ends, or None when it still runs after timeout_s.

        Raises:
            GuardianError: somebody has killed or stopped its guardian, so nobody can tell.
        """
        exit_code = self._told(timeout_s)
        if exit_code is None and (self._is_alone or self._is_stopped()):
            how = "was stopped (SIGSTOP)" if not self._is_alone else "was killed"
            raise GuardianError(
                f"{self.name}: its guardian (pid {self._keeper.pid}), a process of the kit, {how} by somebody else, so "
                "how the program fares cannot be told; run it again"
            )
        return exit_code

    def _told(self, timeout_s: float) -> int | None:
        """Return what the guardian said of the program's end within timeout_s, if anything."""
        ended = self._exit_code is None and not self._is_alone and select.select([self._line], [], [], timeout_s)[0]
        if ended:
            message = receive(self._line)
            self._exit_code = message[1] if message else None
            # A guardian that is gone without a word was killed; how the program ends is nobody's to tell then.
            self._is_alone = message is None
        return self._exit_code

    def _is_stopped(self) -> bool:
        try:
            return self._guardian.status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return False

    def output(self) -> str:
        """Return everything this child wrote to its log."""
        return _read_from(self.command.log, self.log_start_bytes)

    def log_bytes(self) -> int:
        """Return how much this child has written to its log by now."""
        return self.command.log.stat().st_size - self.log_start_bytes

    def require_bounded_log(self) -> None:
        """Return when its log is of a size that a disk bears.

        Raises:
            DeploymentError: It prints without end; with its last log lines.
        """
        if self.log_bytes() > MOST_PRINTED_BYTES:
            raise DeploymentError(
                f"{self.name} printed more than {MOST_PRINTED_BYTES >> 20} MiB; let it print less, such as by its "
                f"log level; last log lines:\n{self.tail()}"
            )

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of its output; empty when it wrote nothing."""
        size_bytes = self.command.log.stat().st_size
        text = _read_from(self.command.log, max(self.log_start_bytes, size_bytes - TAIL_BYTES))
        return "\n".join(text.splitlines()[-lines:])

    def stop(self, grace_s: float = 5.0) -> int | None:
        """End the program and all processes that came from it; returns the exit code, or None if nobody knows it.

        Safe to call again. Ctrl-C and SIGTERM wait until it is done.

        Raises:
            DeploymentError: a process survived even SIGKILL.
        """
        with held():
            if self.ending is None:
                self.ending = self._end(grace_s)
            return self.ending.exit_code

    def _end(self, grace_s: float) -> Ending:
        # One that somebody stopped would neither reap the program nor leave.
        go_on(self._guardian)
        leader = self._process if self._told(0) is None else None
        killed = shut_down(self.name, leader, self._family, grace_s=grace_s)
        exit_code = self._told(GUARDIAN_DEADLINE_S)
        dismiss(self._keeper, self._line)
        if exit_code is None and not self._is_alone:
            raise DeploymentError(f"{self.name}: pid {self.pid} is gone, but its guardian reported no exit status")
        return Ending(exit_code=exit_code, killed=killed)

    def _family(self) -> tuple[psutil.Process, ...]:
        return living(self._guardian, self.pid, self._process)


def describe_exit(exit_code: int) -> str:
    """Return 'ended with status 1' or 'was ended by SIGKILL'."""
    if exit_code >= 0:
        return f"ended with status {exit_code}"
    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"


def _process_of(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _open_log(command: Command) -> IO[bytes]:
    """Open the log for appending, and give it to the account.

    The log is made by the kit in a folder of the kit's own, so that nobody can put a link there.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    log = os.fdopen(os.open(command.log, flags, 0o666), "ab")
    if not stat.S_ISREG(os.fstat(log.fileno()).st_mode):
        log.close()
        raise DeploymentError(f"{command.name}: its log {command.log} is no regular file; remove it")
    if command.account is not None:
        # Daemons like nginx open /dev/stderr anew, which asks for rights to the file behind it.
        os.fchown(log.fileno(), command.account.uid, command.account.gid)
    return log


def _start_guardian(command: Command, log: IO[bytes]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    account = command.account
    uid, gid, groups = (account.uid, account.gid, account.groups) if account else (-1, -1, ())
    who = (str(uid), str(gid), ",".join(map(str, groups)), ":".join(map(str, command.control_groups)))
    ours, theirs = socket.socketpair()
    with theirs:
        # -I and -S: the program's environment and directory must not change the guardian, and it starts in 20 ms.
        keeper = subprocess.Popen(
            [*_into(command), sys.executable, "-I", "-S", guardian.__file__, str(theirs.fileno()), *who, *command.argv],
            env=dict(command.environment),
            cwd=command.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return keeper, ours


def _into(command: Command) -> tuple[str, ...]:
    """Return the words that have a guardian begin in another network: its program's account may not go there."""
    if command.network is None:
        return ()
    program = shutil.which("nsenter")
    if program is None:
        raise DeploymentError(f"{command.name}: program nsenter not found; install util-linux")
    return (program, f"--net={command.network}", "--")


def _why_not_started(command: Command, word: str, error_number: int) -> str:
    if word == "failed":
        return _why_not_executed(command, error_number)
    groups = ", ".join(str(entrance.parent) for entrance in command.control_groups)
    return f"{command.name}: cannot be started in the control group {groups}: {os.strerror(error_number)}"


def _why_not_executed(command: Command, error_number: int) -> str:
    program = command.argv[0]
    found = shutil.which(program, path=command.environment.get("PATH", ""))
    if error_number == errno.ENOENT and found:
        return f"{command.name}: the interpreter that the first line of {found} names does not exist; install it again"
    if error_number == errno.ENOENT:
        where = "" if os.sep in program else f" in PATH ({command.environment.get('PATH', 'not set')})"
        return f"{command.name}: program {program} not found{where}; install it"
    closed = unreachable_parent(Path(found or program), command.account)
    if closed is not None and command.account is not None:
        return (
            f"{command.name}: account {command.account.name} cannot enter {closed} to execute {program}; "
            f"{remedy_of_closed(closed, 'the project')}"
        )
    return f"{command.name}: {program} cannot be executed: {os.strerror(error_number)}"


def _read_from(path: Path, offset_bytes: int) -> str:
    with path.open("rb") as file:
        file.seek(offset_bytes)
        return file.read().decode(errors="replace")

"""The ladder on which every child leaves: TERM, wait, KILL, until nothing of it is left."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from badgateway.errors import DeploymentError

KILL_DEADLINE_S = 5.0
"""A process that outlives SIGKILL so long hangs in the kernel; nobody can end it."""

POLL_S = 0.02

Family = Callable[[], tuple[psutil.Process, ...]]
"""Everything of one child that is alive at the moment of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child and all that came from it went away."""

    exit_code: int | None
    """As Popen has it: negative when a signal ended the program; None when its guardian was gone, and nobody knows."""
    killed: tuple[str, ...]
    """Program names of the processes that did not leave on TERM and had to be killed."""


def shut_down(name: str, leader: psutil.Process | None, family: Family, *, grace_s: float) -> tuple[str, ...]:
    """End the family within grace_s and return the names of those that had to be killed.

    The leader (the program that was started; None when it is dead already) is asked first and alone, because it knows
    how to end its own workers, and would log or replace workers that were ended over its head. What is left when it is
    gone is asked itself. `name` is for the message.

    Raises:
        DeploymentError: a process survived SIGKILL; whatever is measured next would be disturbed by it.
    """
    deadline = time.monotonic() + grace_s
    if leader is not None:
        _send(leader.terminate)
        _await_end(lambda: tuple(process for process in (leader,) if _is_alive(process)), deadline)
    for survivor in family():
        if survivor != leader:
            _send(survivor.terminate)
    _await_end(family, deadline)
    return _kill(name, leader, family)


def _kill(name: str, leader: psutil.Process | None, family: Family) -> tuple[str, ...]:
    names: dict[psutil.Process, str] = {}
    deadline = time.monotonic() + KILL_DEADLINE_S
    # Again and again, as a dying supervisor may fork once more between the look and the signal.
    while survivors := family():
        if time.monotonic() > deadline:
            listed = ", ".join(f"{names.get(process, '?')} (pid {process.pid})" for process in survivors)
            raise DeploymentError(
                f"{name}: {listed} survived SIGKILL for {KILL_DEADLINE_S:g} s; end it before a new run"
            )
        # The leader first: it would complain of workers that were killed, and replace them.
        for process in sorted(survivors, key=lambda survivor: survivor != leader):
            names.setdefault(process, _name_of(process))
            _send(process.kill)
        time.sleep(POLL_S)
    return tuple(names.values())


def _await_end(family: Family, deadline: float) -> None:
    while family() and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _send(signal_it: Callable[[], None]) -> None:
    # psutil compares the creation time first, so a pid that was given to somebody else is never signalled.
    with suppress(psutil.NoSuchProcess):
        signal_it()


def _name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return "?"


def living(root: psutil.Process, session: int, leader: psutil.Process | None) -> tuple[psutil.Process, ...]:
    """Return all live processes below root and all of the leader's session, root itself not among them.

    `session` is the leader's pid; `leader` is None when it was dead before anybody could look at it. Both ways are
    needed where there is no subreaper: the tree misses children whose parent is dead, and the session misses those that
    made one of their own. Zombies are dead: signals do nothing to them.
    """
    found = {*_below(root), *_in_session(session, leader)}
    return tuple(process for process in found if process != root and _is_alive(process))


def _below(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _in_session(session: int, leader: psutil.Process | None) -> list[psutil.Process]:
    # A session number is the pid of its maker; when somebody else has that pid now, so is the session.
    if psutil.pid_exists(session) and (leader is None or not leader.is_running()):
        return []
    members = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            if os.getsid(pid) == session:
                members.append(psutil.Process(pid))
    return members


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

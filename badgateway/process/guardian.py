"""The script between the kit and one program: when the kit is gone, nothing of the program is left behind.

Why a process of its own: after a kill -9 the kit can do nothing any more, and the kernel's parent-death signal reaches
only a direct child, is lost when that child changes its account, and fires too early when the thread that started it
ends. The guardian instead reads a socket whose other end only the kit holds; end of file means the kit is gone.

On Linux it is also a *subreaper*: whatever loses its parent below it, even after a double fork and setsid, becomes its
child. So the tree below the guardian is all there is, and no daemon can leave it.

It is started with `python -I -S`, inherits directory, environment, stdin and log from the kit, imports only the
standard library, and takes: SOCKET_FD UID GID GROUPS CONTROL_GROUPS PROGRAM [ARGUMENT...], where UID and GID are -1 to
keep the kit's, and GROUPS are the supplementary ones, with commas between them. CONTROL_GROUPS are the files by which a
process enters those that the program is started in, with colons between them; the guardian itself stays outside.
It writes lines to the socket: `started PID`, `failed ERRNO`, `outside ERRNO` (a control group could not be entered),
`ended EXIT_CODE` (negative: the signal, as in Popen).
"""

import ctypes
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
ON_LINUX = sys.platform == "linux"
SWEEP_POLL_S = 0.01


def main() -> None:
    """Start the program, report how it ends, and stay until the kit lets go of the socket."""
    line = socket.socket(fileno=int(sys.argv[1]))
    bell = _ring_on_child_end()
    if ON_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # A polite end of the guardian must not orphan the program either.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        enter = _entering([path for path in sys.argv[5].split(":") if path])
    except OSError as error:
        _tell(line, f"outside {error.errno}")
        return
    try:
        groups = [int(gid) for gid in sys.argv[4].split(",") if gid]
        leader = _start(sys.argv[6:], uid=int(sys.argv[2]), gid=int(sys.argv[3]), groups=groups, enter=enter)
    except subprocess.SubprocessError:
        # All that a child does before it becomes the program is to enter.
        _tell(line, f"outside {errno.EPERM}")
        return
    except OSError as error:
        _tell(line, f"failed {error.errno}")
        return
    try:
        _tell(line, f"started {leader.pid}")
        _watch(line, bell, leader.pid)
    finally:
        _sweep(leader.pid)


def _ring_on_child_end() -> socket.socket:
    bell, hammer = socket.socketpair()
    bell.settimeout(0)
    hammer.settimeout(0)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(hammer.detach(), warn_on_full_buffer=False)
    return bell


def _entering(files: list[str]) -> Callable[[], None] | None:
    """Return what a child of this process does to enter control groups; None where there are none.

    They are opened here, for the child has changed its account already: whoever opened such a file is asked for rights.
    """
    if not files:
        return None
    entrances = [os.open(path, os.O_WRONLY) for path in files]

    def enter() -> None:
        for entrance in entrances:
            os.write(entrance, b"0")

    return enter


def _start(
    argv: list[str], *, uid: int, gid: int, groups: list[int], enter: Callable[[], None] | None
) -> subprocess.Popen[bytes]:
    # One thread, and the child only writes: nothing that is unsafe before it becomes the program.
    if uid < 0:
        return subprocess.Popen(argv, start_new_session=True, umask=0o022, preexec_fn=enter)  # noqa: PLW1509
    return subprocess.Popen(
        argv,
        start_new_session=True,
        umask=0o022,
        user=uid,
        group=gid,
        extra_groups=groups,
        preexec_fn=enter,  # noqa: PLW1509
    )


def _watch(line: socket.socket, bell: socket.socket, leader: int) -> None:
    while True:
        for pid, exit_code in _reaped():
            if pid == leader:
                _tell(line, f"ended {exit_code}")
        ready, _, _ = select.select([line, bell], [], [])
        if line in ready:
            return
        bell.recv(4096)


def _reaped() -> Iterator[tuple[int, int]]:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def _tell(line: socket.socket, message: str) -> None:
    try:
        line.sendall(f"{message}\n".encode())
    except OSError:
        # The kit is gone: there is nobody to tell, and the end of file that follows starts the sweep.
        return


def _sweep(leader: int) -> None:
    """Kill direct children until there are none; killed parents hand theirs up to the subreaper."""
    while _has_children():
        for pid in _children() if ON_LINUX else [-leader]:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                # Gone already; macOS says so of a group of zombies with EPERM.
                continue
        time.sleep(SWEEP_POLL_S)


def _has_children() -> bool:
    for _ in _reaped():
        pass
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    own = str(os.getpid())
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text(errors="replace")
        except OSError:
            continue
        # The program's name stands in parentheses and may hold anything; state and parent follow the last one.
        if text.rpartition(")")[2].split()[1] == own:
            found.append(int(status.parent.name))
    return found


if __name__ == "__main__":
    main()

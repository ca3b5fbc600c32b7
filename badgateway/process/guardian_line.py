"""The kit's end of the line to a guardian: hear what became of its program, and let go of it."""

import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil

from badgateway.errors import GuardianError

START_DEADLINE_S = 10.0
GUARDIAN_DEADLINE_S = 5.0


def first_message(name: str, keeper: subprocess.Popen[bytes], line: socket.socket, *, log: Path) -> tuple[str, int]:
    """Return what a guardian says first: 'started' and its program's pid, or why not.

    Raises:
        GuardianError: It said nothing for too long; `log` is where it may have told why.
    """
    line.settimeout(START_DEADLINE_S)
    try:
        message = receive(line)
    except TimeoutError:
        message = None
    if message is None:
        dismiss(keeper, line)
        raise GuardianError(f"{name}: its guardian did not start it within {START_DEADLINE_S:g} s; see {log}")
    return message


def dismiss(keeper: subprocess.Popen[bytes], line: socket.socket) -> None:
    """Let go of a guardian, which ends what is left below it and itself; one that does not is ended with all of it."""
    line.close()
    try:
        process = psutil.Process(keeper.pid)
        go_on(process)
        keeper.wait(GUARDIAN_DEADLINE_S)
    except subprocess.TimeoutExpired:
        for left in (*process.children(recursive=True), process):
            with suppress(psutil.NoSuchProcess):
                left.kill()
        keeper.wait(GUARDIAN_DEADLINE_S)
    except psutil.NoSuchProcess:
        keeper.wait(GUARDIAN_DEADLINE_S)


def go_on(process: psutil.Process) -> None:
    """Let a process that somebody stopped go on."""
    with suppress(psutil.NoSuchProcess):
        process.resume()


def receive(line: socket.socket) -> tuple[str, int] | None:
    """Return the guardian's next message, a word and a number; None when it is gone."""
    text = bytearray()
    while not text.endswith(b"\n"):
        # Byte by byte: `started` and `ended` may be in the buffer together, and each is asked for alone.
        byte = line.recv(1)
        if not byte:
            return None
        text += byte
    word, number = text.decode().split()
    return word, int(number)

"""The lines of a server's log that say why its site failed: the last traceback, or else the end of the log."""

from pathlib import Path

from badgateway.errors import RawDataError, UntrustedFileError
from badgateway.logs.tracebacks import TracebackTracker
from badgateway.model.raw import SERVER_LOG
from badgateway.store.packed import unpacked

MOST_LINES = 8
_MOST_BYTES = 1 << 20


def last_words(trial: Path) -> tuple[str, ...]:
    """Return the last lines of a trial's server that tell of a failure; nothing where there is no such log."""
    try:
        with unpacked(trial) as folder:
            text = (folder / SERVER_LOG).read_bytes()[-_MOST_BYTES:].decode("utf-8", "replace")
    except (OSError, RawDataError, UntrustedFileError):
        return ()
    return (last_traceback(text) or tuple(line for line in text.splitlines() if line.strip()))[-MOST_LINES:]


def last_traceback(text: str) -> tuple[str, ...]:
    """Return the last traceback in a log, chained ones as one; nothing where there is none."""
    tracker, lines, last = TracebackTracker(), [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if tracker.is_open and not tracker.takes(number, line):
            tracker.finish()
            lines = []
        if not tracker.is_open:
            if not tracker.starts(line):
                continue
            tracker.takes(number, line)
            last = lines = []
        lines.append(line)
    return tuple(line for line in last if line.strip())

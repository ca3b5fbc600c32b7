"""Which process the kernel killed for a container's memory limit: its own log names it, where that can be read."""

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import Reading
from badgateway.probe.watch import NotAvailableError
from badgateway.process.container import GroupFiles

LOG = Path("/dev/kmsg")
NAMESPACE = Path("/proc/self/ns/pid")
FIRST_NAMESPACE = "pid:[4026531836]"
"""That of the kernel itself, whose numbers its log has; the same on every machine."""
RECORD_BYTES = 8192
"""The kernel gives one record a time, and none that is longer."""
_COUNTED = "that a process was killed is counted nevertheless, and not which one"
_CHOSEN = re.compile(r"oom-kill:.*?\boom_memcg=([^,]*),.*?\bpid=(\d+)")


class KernelKills:
    """A reading for each process that was killed for the limit of one of these containers; mostly none."""

    series = (SampleSeries.CONTAINER_KILLED_PID,)

    def __init__(self, watched: Sequence[GroupFiles], log: Path = LOG, namespace: Path = NAMESPACE) -> None:
        """Look at what the kernel writes from now on.

        Raises:
            NotAvailableError: It is not to be read by this user, or numbers processes otherwise.
        """
        self._groups = {one.folders["memory"].name for one in watched}
        if str(namespace.readlink()) != FIRST_NAMESPACE:
            raise NotAvailableError(f"{log}: in this container processes have other numbers than in it; {_COUNTED}")
        try:
            self._log = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise NotAvailableError(f"{log}: {error.strerror}; {_COUNTED}") from error
        # The whole ring otherwise: hours of other things. A plain file, as tests have it, is read from its end too.
        os.lseek(self._log, 0, os.SEEK_END)

    def read(self) -> tuple[Reading, ...]:
        """Return the pids of those that were killed since the last look."""
        return tuple(
            Reading(series=SampleSeries.CONTAINER_KILLED_PID, value=pid)
            for record in self._records()
            for pid in killed_in(record, self._groups)
        )

    def close(self) -> None:
        """Let go of the log."""
        with suppress(OSError):
            os.close(self._log)

    def _records(self) -> Iterator[str]:
        while True:
            try:
                record = os.read(self._log, RECORD_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                # What was not read in time is overwritten; the next read goes on behind it.
                if error.errno == errno.EPIPE:
                    continue
                raise
            if not record:
                return
            yield record.decode(errors="replace")


def killed_in(record: str, groups: set[str]) -> Iterator[int]:
    """Yield the pids that the kernel chose because one of these groups had used up its memory."""
    for group, pid in _CHOSEN.findall(record):
        if group.rpartition("/")[2] in groups:
            yield int(pid)

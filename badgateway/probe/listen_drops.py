"""How many TCP connections the kernel dropped because an accept queue was full, since the probe was made."""

from pathlib import Path

from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import Reading
from badgateway.probe.watch import NotAvailableError

NETSTAT = Path("/proc/net/netstat")
COUNTERS = {SampleSeries.LISTEN_OVERFLOWS: "ListenOverflows", SampleSeries.LISTEN_DROPS: "ListenDrops"}
"""Series and the kernel's name for it; drops are overflows and what else kept a connection from being queued."""


class ListenDrops:
    """TcpExtListenOverflows and TcpExtListenDrops, counted from zero.

    The kernel counts them over all TCP sockets of the network namespace, and never for unix sockets. Of several
    networks, the sum.
    """

    series = tuple(COUNTERS)

    def __init__(self, *files: Path) -> None:
        """Note where the counters of each file stand; of this network's own where none is named.

        Raises:
            NotAvailableError: this system does not have them.
        """
        self._files = files or (NETSTAT,)
        self._start = self._counters()

    def read(self) -> tuple[Reading, ...]:
        """Return both counters.

        Raises:
            NotAvailableError: the file cannot be read any more.
        """
        now = self._counters()
        return tuple(Reading(series=series, value=now[name] - self._start[name]) for series, name in COUNTERS.items())

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _counters(self) -> dict[str, int]:
        each = [_counters_of(file) for file in self._files]
        return {name: sum(one[name] for one in each) for name in COUNTERS.values()}


def _counters_of(file: Path) -> dict[str, int]:
    try:
        counters = tcp_counters(file.read_text(encoding="ascii"))
    except OSError as error:
        raise NotAvailableError(f"{file}: {error.strerror}; Linux has it") from error
    missing = [name for name in COUNTERS.values() if name not in counters]
    if missing:
        raise NotAvailableError(f"{file}: no {', '.join(missing)} in TcpExt")
    return counters


def tcp_counters(netstat: str) -> dict[str, int]:
    """Return the TcpExt counters by name; empty when there are none.

    Each group of counters is a line of names and a line of numbers, both with the group's name in front.
    """
    names, numbers = ([], [], *(line.split()[1:] for line in netstat.splitlines() if line.startswith("TcpExt:")))[-2:]
    return {name: int(number) for name, number in zip(names, numbers, strict=False)}

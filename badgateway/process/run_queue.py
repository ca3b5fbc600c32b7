"""For how long a thread was ready to run and got no CPU: what tells a busy machine from one that stood still."""

import os
from typing import Self

_FILE = "/proc/thread-self/schedstat"
_MOST_BYTES = 128
_NS_PER_S = 1e9


class RunQueue:
    """The wait of the thread that made it, as the kernel counts it since the thread began."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    @classmethod
    def of_this_thread(cls) -> Self:
        """Open the kernel's counter; where it has none, there is nothing to read."""
        try:
            return cls(os.open(_FILE, os.O_RDONLY | os.O_CLOEXEC))
        except OSError:
            return cls(None)

    def waited_s(self) -> float | None:
        """Return the seconds so far; None where the kernel does not count them."""
        if self._descriptor is None:
            return None
        # The first number is the time on a CPU, the third how often.
        _, waited_ns, _ = os.pread(self._descriptor, _MOST_BYTES, 0).split()
        return int(waited_ns) / _NS_PER_S

    def close(self) -> None:
        """Let go of the counter; nothing is read afterwards."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def unexplained_s(length_s: float, cpu_s: float, waited_s: float) -> float:
    """Return for how much of a time a thread neither ran nor waited for a CPU.

    Work of its own and a busy machine are explained. What is left is a process that was stopped, or that could not go
    on for another reason of the machine, such as a disk that does not answer.
    """
    return max(0.0, length_s - cpu_s - waited_s)

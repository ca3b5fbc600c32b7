"""Looks on at a line of [places]: whether its devices stay as they were made, and how many packets they drop.

The kernel tells who asks of each change of a device at the moment it happens, so what lasts an instant is not missed;
and it counts for each device what it carried and what there was no room for.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from badgateway.model.places import Carried
from badgateway.process import far_end

_RTMGRP_LINK, _RTMGRP_IPV4_IFADDR = 0x1, 0x10
_RTM_NEWLINK, _RTM_DELLINK, _RTM_DELADDR = 16, 17, 21
_SO_RCVBUFFORCE = 33
_ROOM_BYTES = 1 << 22
"""For what is told between two looks, of all devices of a network: a machine may be making many."""
_MESSAGE_BYTES = 1 << 16
_HEAD = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBi")
_ALIGNED = 4
_TX_PACKETS, _TX_DROPPED, _RX_DROPPED = 9, 11, 3
"""Columns of /proc/net/dev behind the device's name."""


class Told:
    """What the kernel tells of the devices of the network that it is made in; a file descriptor of that network."""

    def __init__(self) -> None:
        """Begin to listen."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _ROOM_BYTES)
        self._socket.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR))

    def states(self, index: int) -> Iterator[str]:
        """Yield what a device became since the last look: empty for up, else what befell it."""
        while True:
            try:
                message = self._socket.recv(_MESSAGE_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # The kernel had more to tell than it could keep: what is not known is no pass.
                yield "changed more often than could be read"
                return
            yield from states_of(message, index)

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def states_of(message: bytes, index: int) -> Iterator[str]:
    """Yield what messages of the kernel say that a device became: empty for up, else what befell it."""
    while len(message) >= _HEAD.size:
        length, kind, *_ = _HEAD.unpack_from(message)
        body = message[_HEAD.size : length]
        if kind in (_RTM_NEWLINK, _RTM_DELLINK) and len(body) >= _LINK.size:
            family, _, of, flags, _ = _LINK.unpack_from(body)
            if (family, of) == (socket.AF_UNSPEC, index):
                is_up = kind == _RTM_NEWLINK and flags & far_end.IFF_UP
                yield "" if is_up else "was deleted" if kind == _RTM_DELLINK else "was taken down"
        elif kind == _RTM_DELADDR and len(body) >= _ADDRESS.size and _ADDRESS.unpack_from(body)[-1] == index:
            yield "lost its address"
        message = message[max(_HEAD.size, -(-length // _ALIGNED) * _ALIGNED) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEnd:
    """One of the two devices of a line."""

    device: str
    index: int
    told: Told
    counters: Path
    """The file dev of its network."""

    def counts(self) -> tuple[int, int] | None:
        """Return the packets that it was given to send, and those that it dropped either way; None where it is gone."""
        try:
            rows = dict(row.split(":", 1) for row in self.counters.read_text().splitlines() if ":" in row)
        except OSError:
            return None
        found = {name.strip(): [int(one) for one in numbers.split()] for name, numbers in rows.items()}
        if self.device not in found:
            return None
        of = found[self.device]
        return of[_TX_PACKETS] + of[_TX_DROPPED], of[_TX_DROPPED] + of[_RX_DROPPED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A time in which a line was not as the kit had made it."""

    how: str
    """Such as 'was taken down'."""
    at_s: float
    lasted_s: float


@dataclass(slots=True, kw_only=True)
class LineWatch:
    """Both ends of a line, from when it is there."""

    ends: tuple[LineEnd, ...]
    lost: Path | None = None
    """Where the line's own process counts what it lost and was not to; None where the kernel alone carries packets."""
    _before: Carried = field(default=Carried(packets=0, dropped=0), init=False)
    _last: Carried = field(default=Carried(packets=0, dropped=0), init=False)
    _since: dict[int, tuple[str, float]] = field(default_factory=dict, init=False)
    """By end: what befell it, and when that was seen."""

    def __post_init__(self) -> None:
        """Count from now on."""
        self._before = self._last = self._counted() or self._before

    def lapses(self) -> Iterator[Lapse]:
        """Yield those that are over since the last look; to be called a few times a second."""
        self._last = self._counted() or self._last
        now_s = time.time()
        for number, end in enumerate(self.ends):
            for state in end.told.states(end.index):
                if state:
                    at_s = self._since.get(number, ("", now_s))[1]
                    self._since[number] = (state, at_s)
                elif number in self._since:
                    yield self._over(number, now_s)

    def end(self) -> Iterator[Lapse]:
        """Yield those that are over, and those that last; to be called before the kit takes the line away."""
        yield from self.lapses()
        now_s = time.time()
        yield from [self._over(number, now_s) for number in tuple(self._since)]

    def _over(self, number: int, now_s: float) -> Lapse:
        how, at_s = self._since.pop(number)
        return Lapse(how=how, at_s=at_s, lasted_s=now_s - at_s)

    @property
    def carried(self) -> Carried:
        """What it did with the packets up to the last look at which it was there."""
        return Carried(
            packets=max(0, self._last.packets - self._before.packets),
            dropped=max(0, self._last.dropped - self._before.dropped),
        )

    def _counted(self) -> Carried | None:
        counts = [end.counts() for end in self.ends]
        try:
            lost = far_end.COUNT.unpack(self.lost.read_bytes())[0] if self.lost else 0
        except (OSError, struct.error):
            return None
        found = [one for one in counts if one is not None]
        if len(found) < len(counts):
            return None
        return Carried(packets=sum(one for one, _ in found), dropped=lost + sum(one for _, one in found))

    def close(self) -> None:
        """Look no more."""
        for end in self.ends:
            end.told.close()

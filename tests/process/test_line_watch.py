"""What the kernel tells of a line's devices, and what is made of it."""

import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from badgateway.model.places import Carried
from badgateway.process import far_end, line_watch
from badgateway.process.line_watch import LineEnd, LineWatch, states_of

NEW, GONE, NO_ADDRESS = 16, 17, 21
UP, DOWN = 0x1043, 0x1002
DEVICES = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  bg7:  900  {received}    0    {refused}    0     0          0         0        80       {sent}    0    {dropped}    0     0       0          0
"""  # noqa: E501 # as the kernel prints it


def message(kind: int, body: bytes) -> bytes:
    name = struct.pack("=HH", 8, 3) + b"bg7\0"
    whole = body + name
    return struct.pack("=IHHII", 16 + len(whole), kind, 0, 0, 0) + whole


def link(kind: int, flags: int, index: int = 7, family: int = socket.AF_UNSPEC) -> bytes:
    return message(kind, struct.pack("=BxHiII", family, 1, index, flags, 0))


def address(index: int) -> bytes:
    return message(NO_ADDRESS, struct.pack("=BBBBi", socket.AF_INET, 30, 0, 0, index))


@pytest.mark.parametrize(
    ("told", "states"),
    [
        (link(NEW, UP), [""]),
        (link(NEW, DOWN) + link(NEW, UP), ["was taken down", ""]),
        (link(GONE, DOWN), ["was deleted"]),
        (address(7), ["lost its address"]),
        (link(GONE, DOWN, index=8) + address(8), []),
        (link(GONE, UP, family=7), []),
        (link(NEW, DOWN)[:20], []),
    ],
)
def test_each_change_of_a_device_is_told_and_those_of_others_are_not(told, states):
    assert list(states_of(told, 7)) == states


class Told:
    def __init__(self) -> None:
        self.next: list[str] = []

    def states(self, _index: int) -> Iterator[str]:
        states, self.next = self.next, []
        yield from states


class Network:
    """One end of a line, and what its kernel tells."""

    def __init__(self, folder: Path) -> None:
        self.told = Told()
        self.file = folder / "dev"
        self.counted()
        self.end = LineEnd(device="bg7", index=7, told=cast("Any", self.told), counters=self.file)

    def counted(self, **numbers: int) -> None:
        self.file.write_text(DEVICES.format(**{"received": 5, "refused": 0, "sent": 10, "dropped": 0, **numbers}))


def test_a_line_is_cut_from_when_it_goes_down_until_it_is_up_again(tmp_path, monkeypatch):
    here = Network(tmp_path)
    watch = LineWatch(ends=(here.end,))
    now_s = iter([100.0, 101.5, 103.0, 103.5])
    monkeypatch.setattr(time, "time", lambda: next(now_s))
    here.told.next = ["", "was taken down"]
    assert list(watch.lapses()) == []
    here.told.next = [""]
    (flap,) = watch.lapses()
    here.told.next = ["was taken down", "was deleted"]
    (gone,) = watch.end()

    assert (flap.how, flap.at_s, flap.lasted_s) == ("was taken down", 100.0, 1.5)
    assert (gone.how, gone.at_s, gone.lasted_s) == ("was deleted", 103.0, 0.5)


def test_packets_are_counted_from_when_the_line_was_made_until_it_was_last_there(tmp_path):
    here = Network(tmp_path)
    (lost := tmp_path / "lost").write_bytes(far_end.COUNT.pack(3))
    watch = LineWatch(ends=(here.end,), lost=lost)
    assert watch.carried == Carried(packets=0, dropped=0)

    here.counted(sent=110, dropped=4, refused=2)
    lost.write_bytes(far_end.COUNT.pack(8))
    list(watch.lapses())
    assert watch.carried == Carried(packets=104, dropped=11)

    here.file.write_text("")
    list(watch.end())
    assert watch.carried == Carried(packets=104, dropped=11)


def test_where_the_kernel_had_more_to_tell_than_it_could_keep_it_is_no_pass():
    class Full:
        def recv(self, _bytes: int) -> bytes:
            raise OSError(105, "No buffer space available")

    told = line_watch.Told.__new__(line_watch.Told)
    told._socket = cast("Any", Full())

    assert list(told.states(7)) == ["changed more often than could be read"]


def test_the_line_counts_what_it_has_no_room_for_and_not_what_it_was_to_lose(monkeypatch):
    monkeypatch.setattr(far_end, "MOST_PACKETS", 2)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        there.setblocking(False)  # noqa: FBT003 # the argument has no name
        queue: Any = deque()
        losses = iter([True, False, False, False, False])
        for _ in range(5):
            here.send(b"packet")

        assert far_end.take(there.fileno(), queue, 0.0, lambda: next(losses)) == 2
        assert len(queue) == 2
        here.close()
        assert far_end.deliver(there.fileno(), queue) == 2

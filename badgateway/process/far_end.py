"""The script that is another machine's end of the network: a namespace, and the line that leads to it.

With a delay or a loss the line is made here, of two TUN devices: a packet that the kernel puts into one is put into the
other one that much later, or never. So whatever TCP does about a far or a lossy network it does here too: a lost SYN is
sent again after a second. Without either the caller joins a pair of veth devices, which costs nothing a packet.

It is started as root with `python -I -S` and takes: DEVICE HERE THERE DELAY_MS LOSS [FILE=VALUE...], both addresses of
one network of four; the delay is that of one way, and a loss of a packet has that probability. A FILE below /proc/sys
has that value in the new network, or with none what the kernel gives it. It prints FILE=VALUE as they are then,
LOST=DESCRIPTOR of the file in which it counts the packets that it loses and was not to, and READY when it is there. The
namespace and the line go with the process, however it ends.
"""

import ctypes
import fcntl
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

READY = "the far end is there"
LOST = "lost"
COUNT = struct.Struct("=Q")
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8913, 0x8914, 0x8916, 0x891C, 0x1
SIOCSIFTXQLEN = 0x8943
FLAGS = struct.Struct("16sh22x")
ADDRESS = struct.Struct("16sHH4s16x")
NUMBER = struct.Struct("16si20x")
"""All are a struct ifreq."""
NETMASK = "255.255.255.252"
MOST_PACKETS = 65_536
"""That wait at one end, and as many on the way in one direction; what comes then is lost, as in a router, and counted.

By itself a device has room for 500: twenty pages of 400 kB that are sent at once are ten times as many.
"""
MOST_AT_ONCE = 256
"""Taken at one end, before anything is given out at the other."""
PACKET_BYTES = 65_536
KERNEL = Path("/proc/sys")


def main() -> None:
    """Be the far end until somebody ends the process."""
    try:
        _be(sys.argv[1:])
    except OSError as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _be(words: Sequence[str]) -> None:
    device, here, there, delay_ms, loss, *settings = words
    is_line = bool(float(delay_ms) or float(loss))
    near = open_tun(device, here) if is_line else -1
    leave_network()
    raise_device("lo")
    far = open_tun(device, there) if is_line else -1
    set_limits(settings)
    lost = os.memfd_create(LOST) if is_line else -1
    if is_line:
        print(f"{LOST}={lost}")  # noqa: T201 # where its starter reads how many
    print(READY, flush=True)  # noqa: T201 # what its starter waits for
    if is_line:
        carry(near, far, lost, float(delay_ms) / 1000, float(loss))
    else:
        signal.pause()


def leave_network() -> None:
    """Go into a network of this process's own.

    Raises:
        OSError: This account may not.
    """
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")


def set_limits(settings: Sequence[str]) -> None:
    """Set what this network allows, and say what is in force then; end where the kernel takes something else."""
    for file, _, wanted in (setting.partition("=") for setting in settings):
        place = KERNEL / file
        try:
            if wanted:
                place.write_text(wanted)
            found = " ".join(place.read_text().split())
        except OSError as error:
            sys.exit(f"{place}: cannot be {wanted or 'read'}: {error.strerror}")
        if found != (wanted or found):
            sys.exit(f"{place}: the kernel made {found} of {wanted}")
        print(f"{file}={found}", flush=True)  # noqa: T201 # what its starter keeps


def open_tun(device: str, address: str) -> int:
    """Make a TUN device of that name and address, and return what its packets are read from and written to."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, FLAGS.pack(device.encode(), IFF_TUN | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, NETMASK)):
            packed = ADDRESS.pack(device.encode(), socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(link, request, packed)
        fcntl.ioctl(link, SIOCSIFTXQLEN, NUMBER.pack(device.encode(), MOST_PACKETS))
    raise_device(device)
    return descriptor


def raise_device(device: str) -> None:
    """Bring a device of this network up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        name, flags = FLAGS.unpack(fcntl.ioctl(link, SIOCGIFFLAGS, FLAGS.pack(device.encode(), 0)))
        fcntl.ioctl(link, SIOCSIFFLAGS, FLAGS.pack(name, flags | IFF_UP))


def carry(near: int, far: int, lost: int, delay_s: float, loss: float) -> None:
    """Carry packets between the two ends for ever, and keep in a file how many were lost that were not to be."""
    ways = {near: (far, deque[tuple[float, bytes]]()), far: (near, deque[tuple[float, bytes]]())}
    chance = random.Random(0)  # noqa: S311 # the same packets of the same order are lost each time
    number = 0
    os.pwrite(lost, COUNT.pack(number), 0)
    while True:
        under_way = [queue[0][0] for _, queue in ways.values() if queue]
        wait_s = max(0.0, min(under_way) - time.monotonic()) if under_way else None
        more = 0
        for end in select.select([near, far], [], [], wait_s)[0]:
            more += take(end, ways[end][1], delay_s, lambda: chance.random() < loss)
        for other, queue in ways.values():
            more += deliver(other, queue)
        if more:
            number += more
            os.pwrite(lost, COUNT.pack(number), 0)


def take(end: int, queue: "deque[tuple[float, bytes]]", delay_s: float, is_lost: Callable[[], bool]) -> int:
    """Take what has come to one end; return how many packets there was no room for."""
    due_s, refused = time.monotonic() + delay_s, 0
    for _ in range(MOST_AT_ONCE):
        try:
            packet = os.read(end, PACKET_BYTES)
        except BlockingIOError:
            break
        if is_lost():
            continue
        if len(queue) < MOST_PACKETS:
            queue.append((due_s, packet))
        else:
            refused += 1
    return refused


def deliver(end: int, queue: "deque[tuple[float, bytes]]") -> int:
    """Give out what has arrived at the other one; return how many packets the device did not take."""
    refused = 0
    while queue and queue[0][0] <= time.monotonic():
        _, packet = queue.popleft()
        try:
            os.write(end, packet)
        except OSError:
            # A full or a closing device loses packets.
            refused += 1
    return refused


if __name__ == "__main__":
    main()

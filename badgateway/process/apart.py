"""The script that executes a program in a network of its own: nothing of this machine, nor beyond it, is reached.

A site whose settings nobody can read may connect to any database that it knows. In this network there is the loopback
device and nothing else; what the program itself starts in it, all that comes from it can reach. The unix sockets that
somebody listens on when it begins are covered, in a mount namespace of its own: a database of this machine is mostly
reached by one. An ordinary user gets both through a user namespace, in which its account stays what it is.

Ports of this machine that the site is allowed are there too, at the same address: a child that stays in the machine's
network hands on what is sent to them, for as long as the program lives.

A file may be a database too. So files can only be read there, but for temporary folders and those that are named.

It is started with `python -I -S`, and takes: DESCRIPTOR PORTS PLACES PROGRAM [ARGUMENT...], where PORTS have commas
between them, and the PLACES that are to be written to what a PATH has. The environment says to the program what came of
it, in MARK: the network's own name with the descriptor that is passed on; or a minus sign, and why it is not apart from
the machine's. STAYED_BEHIND says who hands on the ports.
"""

import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

MARK = "BADGATEWAY_NETWORK"
STAYED_BEHIND = "BADGATEWAY_STAYED_BEHIND"
"""A variable with the pid of the child that hands on ports; there is none where no port is allowed."""
NETWORK = Path("/proc/self/ns/net")
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SYS_MOUNT_SETATTR = 442
"""Which no C library of 2021 has; the number is the same on every processor."""
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 0x1
MOUNT_ATTRIBUTES = struct.Struct("4Q")
TEMPORARY = tuple(
    Path(place)
    for place in ("/tmp", "/var/tmp", "/dev", "/dev/shm", "/proc", os.environ.get("TMPDIR"))  # noqa: S108
    if place
)
"""Temporary folders, and what is no place for files."""
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
FLAGS = struct.Struct("16sh22x")
"""A struct ifreq."""
LOOPBACK = "127.0.0.1"
MOST_PORTS = 20
LISTENS = 0x10000
"""__SO_ACCEPTCON, of the flags in /proc/net/unix."""
OF_SERVICES = ("/run/", "/var/")
"""A folder in there that has a socket of somebody's is covered whole: a server that starts anew makes another one."""
KEPT = (
    *("net/core/somaxconn", "net/ipv4/ip_local_port_range", "net/ipv4/tcp_tw_reuse", "net/ipv4/tcp_fin_timeout"),
    *("net/ipv4/tcp_max_syn_backlog", "net/ipv4/tcp_abort_on_overflow"),
)
"""Settings of the network that a site's answers may depend on, and a new network has anew."""


def main() -> None:
    """Go apart, say what came of it, and become the program."""
    descriptor, ports, places, *argv = sys.argv[1:]
    written = (*TEMPORARY, *(Path(place) for place in places.split(os.pathsep) if place))
    allowed = [int(port) for port in ports.split(",") if port]
    why_not = refusal(written)
    if not why_not:
        line = stay_behind() if allowed else None
        leave(written)
        if line is not None:
            listen_for(line, allowed)
    told = f"-{why_not}" if why_not else f"{NETWORK.readlink()} {descriptor}"
    os.set_inheritable(int(descriptor), True)  # noqa: FBT003 # os has no name for it
    os.environ[MARK] = told
    os.execv(argv[0], argv)  # noqa: S606 # the kit's own command, once more


def refusal(written: Sequence[Path]) -> str:
    """Return why the network cannot be left, as a child has tried: half way there is no way back."""
    reader, writer = os.pipe()
    if not os.fork():
        with suppress(BaseException):
            try:
                leave(written)
            except Exception as error:  # noqa: BLE001 # whatever it is, the kit goes on in the machine's network
                os.write(writer, (str(getattr(error, "strerror", "")) or type(error).__name__).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    os.wait()
    return text


def leave(written: Sequence[Path]) -> None:
    """Leave the machine's network, cover its sockets, and keep its files from being written, but for these places.

    Raises:
        OSError: This account may not, or there is no such thing here; the process may be apart by half.
    """
    sockets, settings = tuple(listening()), {name: _setting(name) for name in KEPT}
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWNET | CLONE_NEWNS | (CLONE_NEWUSER if uid else 0))
    if uid:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    here = Path.cwd()
    keep_mounts_to_itself()
    let_be_read(tuple(place.resolve() for place in written if os.path.exists(place)))  # noqa: PTH110
    # The working folder is still what is below the new mounts.
    os.chdir(here)
    for place in covers(sockets, needed()):
        # Its server may have ended meanwhile.
        with suppress(FileNotFoundError):
            _cover(place)
    raise_loopback()
    for name, text in settings.items():
        # A user namespace has not all of them, and may not change all.
        with suppress(OSError):
            Path(f"/proc/sys/{name}").write_text(text)


def keep_mounts_to_itself() -> None:
    """Have what is covered be so for this program alone, in a chroot too, whose root is mostly no mount of its own."""
    try:
        _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        demand_unshared_root()
        _call("mount", b"/", b"/", None, MS_BIND | MS_REC, None)
        # The new mount lies over the root that this program has. A step up from there leads onto it.
        os.chdir("/..")
        os.chroot(".")
        _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def demand_unshared_root() -> None:
    """Return when a mount over the root would be nobody else's: who shares what a chroot lies on would get it too.

    Raises:
        OSError: It is shared, as a mount in a folder of its own shows, which is taken away again.
    """
    place = tempfile.mkdtemp(dir="/", prefix=".badgateway-")
    child = os.fork()
    if not child:
        with suppress(OSError):
            _call("unshare", CLONE_NEWNS)
            _call("mount", b"tmpfs", place.encode(), b"tmpfs", 0, None)
        os._exit(0)
    os.waitpid(child, 0)
    is_shared = os.path.ismount(place)
    if is_shared:
        _call("umount2", place.encode(), 0)
    os.rmdir(place)  # noqa: PTH106 # as it was made
    if is_shared:
        raise OSError(errno.EINVAL, "the root folder lies on a mount that is shared")


def stay_behind() -> socket.socket:
    """Leave a child in the network of now, which ends with the last holder of what is returned."""
    ours, theirs = socket.socketpair()
    if child := os.fork():
        os.environ[STAYED_BEHIND] = str(child)
        theirs.close()
        ours.set_inheritable(True)
        return ours
    ours.close()
    # The keys of a terminal end the program, and this with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        hand_on(theirs)
    os._exit(0)


def listen_for(line: socket.socket, ports: list[int]) -> None:
    """Listen on these ports here, and let the child accept what comes."""
    listeners = [socket.create_server((LOOPBACK, port)) for port in ports]
    socket.send_fds(line, [b"."], [one.fileno() for one in listeners])
    for one in listeners:
        one.close()


def hand_on(line: socket.socket) -> None:
    """Hand on what comes to the listeners that the line brings, until it ends."""
    _, descriptors, _, _ = socket.recv_fds(line, 1, MOST_PORTS)
    listeners = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    while True:
        ready, _, _ = select.select([line, *listeners], [], [])
        if line in ready:
            return
        for one in ready:
            inside, _ = one.accept()
            threading.Thread(target=_connect, args=(inside, one.getsockname()), daemon=True).start()


def _connect(inside: socket.socket, address: tuple[str, int]) -> None:
    with inside:
        try:
            outside = socket.create_connection(address)
        except OSError:
            return
        with outside:
            back = threading.Thread(target=_pump, args=(outside, inside), daemon=True)
            back.start()
            _pump(inside, outside)
            back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def listening(table: Path = Path("/proc/net/unix")) -> Iterator[Path]:
    """Yield the unix sockets in the file system on which somebody listens."""
    for line in table.read_text(errors="surrogateescape").splitlines()[1:]:
        parts = line.split(maxsplit=7)
        if len(parts) == 8 and int(parts[3], 16) & LISTENS and parts[7].startswith("/"):
            yield Path(parts[7])


def needed() -> tuple[Path, ...]:
    """Return the places that the program itself needs."""
    temporary = [os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)]
    places = (*temporary, "/tmp", "/var/tmp", os.getcwd(), str(Path.home()), sys.executable, __file__)  # noqa: PTH109, S108
    return tuple(Path(place).resolve() for place in places)


def covers(sockets: tuple[Path, ...], needed_places: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return what is to be covered so that none of the sockets is reached: the socket, or its whole folder."""
    # What this account may not reach is none of its concern, and Path.exists() fails there.
    there = (place for place in sockets if os.path.exists(place))  # noqa: PTH110
    found = dict.fromkeys(_cover_of(place.resolve(), needed_places) for place in there)
    return tuple(place for place in found if not any(other in place.parents for other in found))


def _cover_of(place: Path, needed_places: tuple[Path, ...]) -> Path:
    folder = place.parent
    is_of_a_service = f"{folder}/".startswith(OF_SERVICES) and f"{folder}/" not in OF_SERVICES
    is_needed = any(one == folder or folder in one.parents for one in needed_places)
    return folder if is_of_a_service and not is_needed else place


def _cover(place: Path) -> None:
    name = os.fsencode(place)
    if place.is_dir():
        _call("mount", b"tmpfs", name, b"tmpfs", 0, b"mode=755")
    else:
        _call("mount", b"/dev/null", name, None, MS_BIND, None)


def let_be_read(written: Sequence[Path]) -> None:
    """Let files only be read, but for those in some places, each of which becomes a mount of its own."""
    for place in written:
        _call("mount", os.fsencode(place), os.fsencode(place), None, MS_BIND | MS_REC, None)
    _set_mount("/", AT_RECURSIVE, MOUNT_ATTRIBUTES.pack(MOUNT_ATTR_RDONLY, 0, 0, 0))
    for place in written:
        # What could not be written to before, stays so.
        with suppress(PermissionError):
            _set_mount(str(place), 0, MOUNT_ATTRIBUTES.pack(0, MOUNT_ATTR_RDONLY, 0, 0))


def _set_mount(place: str, flags: int, attributes: bytes) -> None:
    _call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(place), flags, attributes, len(attributes))


def raise_loopback() -> None:
    """Bring up the network's one device."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        name, flags = FLAGS.unpack(fcntl.ioctl(link, SIOCGIFFLAGS, FLAGS.pack(b"lo", 0)))
        fcntl.ioctl(link, SIOCSIFFLAGS, FLAGS.pack(name, flags | IFF_UP))


def _call(name: str, *arguments: object) -> None:
    kernel = ctypes.CDLL(None, use_errno=True)
    if getattr(kernel, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    main()

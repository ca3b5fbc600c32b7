"""A network of its own, in which nothing of the machine is reached: neither a port nor a socket in the file system."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgateway.process import apart, network
from badgateway.process.apart import MARK, covers, listening
from tests.own_network import demand_own_network

LISTENS = "0000000000000000: 00000002 00000000 00010000 0001 01 1 "
TRY = """
import socket, sys
from badgateway.process.network import is_apart
port, path = int(sys.argv[1]), sys.argv[2]

def connects(family, address):
    with socket.socket(family) as one:
        try:
            one.connect(address)
        except OSError:
            return False
        return True

with socket.create_server(("127.0.0.1", 0)) as own:
    print(is_apart(), connects(socket.AF_INET, ("127.0.0.1", port)), connects(socket.AF_UNIX, path),
          connects(socket.AF_INET, own.getsockname()))
"""


ASK = """
import socket, sys
for port in (sys.argv[1], sys.argv[1], sys.argv[2]):
    try:
        with socket.create_connection(("127.0.0.1", int(port))) as link:
            link.sendall(b"hello")
            link.shutdown(socket.SHUT_WR)
            print(link.makefile().read(), end=" ")
    except ConnectionRefusedError:
        print("refused", end=" ")
"""


def tried(script: str, *arguments: str, allowed: str = "", places: str = "") -> str:
    python = sys.executable
    with socket.socket(socket.AF_UNIX) as lock:
        done = subprocess.run(
            [python, "-I", "-S", apart.__file__, str(lock.fileno()), allowed, places, python, "-c", script, *arguments],
            pass_fds=[lock.fileno()],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module", autouse=True)
def _possible():
    demand_own_network()


def test_a_database_that_this_machine_serves_is_not_reached_from_there(tmp_path):
    path = tmp_path / "user.sock"
    with socket.create_server(("127.0.0.1", 0)) as user, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(path))
        local.listen()

        assert tried(TRY, str(user.getsockname()[1]), str(path)) == "True False False True"


def test_a_port_that_is_allowed_answers_there_as_it_does_here():
    def echo(server: socket.socket) -> None:
        for _ in range(2):
            link, _ = server.accept()
            with link:
                while part := link.recv(1000):
                    link.sendall(part.upper())

    with socket.create_server(("127.0.0.1", 0)) as here, socket.create_server(("127.0.0.1", 0)) as other:
        port, forbidden = here.getsockname()[1], other.getsockname()[1]
        threading.Thread(target=echo, args=(here,), daemon=True).start()

        assert tried(ASK, str(port), str(forbidden), allowed=str(port)) == "HELLO HELLO refused"


@pytest.fixture
def kept_folder() -> Iterator[Path]:
    """A folder where files are kept, which no temporary one is."""
    place = Path(tempfile.mkdtemp(prefix="badgateway-test-", dir=Path(__file__).parent))
    yield place
    shutil.rmtree(place)


def test_a_file_that_is_a_database_can_only_be_read_there(kept_folder, tmp_path, monkeypatch):
    def write(place: Path) -> str:
        return f"try: open({str(place / 'row')!r}, 'a').write('lost')\nexcept OSError as e: print(e.strerror)\n"

    (kept_folder / "row").write_text("precious")
    (kept_folder / "results").mkdir()
    monkeypatch.chdir(kept_folder)
    results = kept_folder / "results"
    told = tried(write(kept_folder) + write(tmp_path) + write(Path("results")), places=str(results))

    assert told == "Read-only file system"
    assert (kept_folder / "row").read_text() == "precious"
    assert (tmp_path / "row").read_text() == (results / "row").read_text() == "lost"


IN_A_CHROOT = """
mkdir root
for place in /*; do
    if [ -L $place ]; then cp -P $place root$place
    elif [ -d $place ]; then mkdir root$place; mount --rbind $place root$place; fi
done
exec chroot root "$@"
"""
"""Its root folder is no mount, as it mostly is not."""
TRY_IN_A_CHROOT = """
import os, socket
from badgateway.process.network import is_apart, why_not_apart
print(is_apart(), why_not_apart(), [name for _, name in socket.if_nameindex()])
print(bool(os.statvfs("/usr").f_flag & os.ST_RDONLY))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot is root's")
@pytest.mark.parametrize(
    ("propagation", "told"),
    [
        ("private", "True  ['lo']\nTrue"),
        ("shared", "False the root folder lies on a mount that is shared"),
    ],
)
def test_in_a_chroot_it_is_the_same_unless_others_would_see_its_mounts(propagation, told, tmp_path):
    python, apart_from = sys.executable, ["unshare", "--mount", "--propagation", propagation]
    if subprocess.run([*apart_from, "true"], capture_output=True, check=False).returncode:
        pytest.skip("its own mounts cannot be had here, as in a chroot that is none of its own")
    with socket.socket(socket.AF_UNIX) as lock:
        program = [python, "-I", "-S", apart.__file__, str(lock.fileno()), "", "", python, "-c", TRY_IN_A_CHROOT]
        done = subprocess.run(
            [*apart_from, "bash", "-ec", IN_A_CHROOT, "bash", *program],
            pass_fds=[lock.fileno()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.stdout.startswith(told), done
    assert not list((tmp_path / "root").glob(".badgateway-*"))


def test_a_lock_of_the_machine_is_the_same_in_there():
    name = f"badgateway-test-{os.getpid()}"
    hold = f"""
from badgateway.process.machine_lock import machine_lock
with machine_lock({name!r}) as ours:
    print(ours)
"""
    assert tried(hold) == "True"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(f"\0{name}")

        assert tried(hold) == "False"


def test_a_mark_that_somebody_else_has_set_is_none(monkeypatch):
    monkeypatch.setenv(MARK, "net:[1] 3")
    assert not network.is_apart()
    monkeypatch.setenv(MARK, "-Operation not permitted")
    assert not network.is_apart()
    assert network.why_not_apart() == "Operation not permitted"
    assert not network.can_start_apart()


STATUS = "Name:\tpython\nSeccomp:\t{}\nSeccomp_filters:\t1\n"


@pytest.mark.parametrize(
    ("files", "uid", "told"),
    [
        # Ubuntu 24.04.
        ({"sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"}, 1000, "AppArmor keeps user namespaces"),
        ({"sys/kernel/unprivileged_userns_clone": "0\n"}, 1000, "sysctl kernel.unprivileged_userns_clone=1"),
        ({"sys/user/max_user_namespaces": "0\n"}, 1000, "sysctl user.max_user_namespaces"),
        # Docker, as root and as anybody else.
        ({"self/status": STATUS.format(2)}, 0, "docker run --security-opt seccomp=unconfined"),
        ({"self/status": STATUS.format(2)}, 1000, "docker run --security-opt seccomp=unconfined"),
        # What holds for ordinary users alone is not what kept root from it.
        ({"sys/kernel/apparmor_restrict_unprivileged_userns": "1\n", "self/status": STATUS.format(0)}, 0, ""),
        ({"sys/kernel/apparmor_restrict_unprivileged_userns": "0\n", "self/status": STATUS.format(0)}, 1000, ""),
        ({}, 1000, ""),
    ],
)
def test_what_forbids_a_network_of_its_own_is_told_with_what_allows_it(tmp_path, files, uid, told):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = network.what_allows_it(tmp_path, uid)

    assert told in found
    assert bool(found) == bool(told)


def table(folder: Path, *paths: str) -> Path:
    file = folder / "unix"
    file.write_text(
        "".join(["Num RefCount Protocol Flags Type St Inode Path\n", *(f"{LISTENS}{one}\n" for one in paths)])
    )
    return file


def test_what_listens_in_the_file_system_is_found(tmp_path):
    connected = "0000000000000000: 00000003 00000000 00000000 0001 03 2 /run/connected.sock"
    file = table(tmp_path, "/tmp/a b.sock", "@abstract", "")
    file.write_text(file.read_text() + connected + "\n")

    assert list(listening(file)) == [Path("/tmp/a b.sock")]


def test_of_a_service_the_whole_folder_is_covered_for_it_may_start_anew(monkeypatch):
    monkeypatch.setattr(os.path, "exists", lambda _place: True)
    monkeypatch.setattr(Path, "resolve", lambda self: self)
    sockets = (Path("/run/one/.s.5432"), Path("/run/one/x/y.sock"), Path("/tmp/db.sock"), Path("/run/alone.sock"))

    assert covers(sockets, (Path("/home/me"),)) == (Path("/run/one"), Path("/tmp/db.sock"), Path("/run/alone.sock"))


def test_but_no_folder_that_the_program_needs(monkeypatch):
    monkeypatch.setattr(os.path, "exists", lambda _place: True)
    monkeypatch.setattr(Path, "resolve", lambda self: self)
    place = Path("/var/lib/me/editor.sock")

    assert covers((place,), (Path("/var/lib/me/shop"),)) == (place,)

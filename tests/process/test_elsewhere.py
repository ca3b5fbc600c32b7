import itertools
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from badgateway.errors import DeploymentError, LineError
from badgateway.model.places import KERNEL_FILES, Limits, Place, Places
from badgateway.process import child, elsewhere, far_end
from badgateway.process.child import Command
from badgateway.process.elsewhere import in_network, place_faults


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a kernel would show of a new network."""
    values = {"somaxconn": "4096\n", "ip_local_port_range": "32768\t60999\n"}
    for key, file in KERNEL_FILES.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(values[key])
    monkeypatch.setattr(far_end, "KERNEL", tmp_path)
    return tmp_path


def settings(place: Place) -> list[str]:
    return [f"{file}={place.kernel_settings.get(file, '')}" for file in KERNEL_FILES.values()]


def test_what_is_in_force_is_what_the_kernel_tells_and_not_what_it_was_told(kernel, capsys):
    far_end.set_limits(settings(Place(somaxconn=128)))

    assert (kernel / "net/core/somaxconn").read_text() == "128"
    assert elsewhere._limits(elsewhere._told(f"a line before\n{capsys.readouterr().out}")) == Limits(
        somaxconn=128, ip_local_port_range=(32_768, 60_999)
    )


def test_a_kernel_that_takes_something_else_is_no_place(kernel, monkeypatch):
    monkeypatch.setattr(Path, "write_text", lambda *_: 1)

    with pytest.raises(SystemExit, match=r"net/core/somaxconn: the kernel made 4096 of 128$"):
        far_end.set_limits(settings(Place(somaxconn=128)))


def test_a_kernel_that_lets_nobody_write_is_no_place(kernel):
    (kernel / "net/core/somaxconn").unlink()
    (kernel / "net/core/somaxconn").mkdir()

    with pytest.raises(SystemExit, match=r"net/core/somaxconn: cannot be 128: Is a directory$"):
        far_end.set_limits(settings(Place(somaxconn=128)))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such network")
@pytest.mark.parametrize(
    ("capabilities", "lacking"),
    [
        ("a80425fb", "CAP_SYS_ADMIN and CAP_NET_ADMIN"),
        ("a82425fb", "CAP_NET_ADMIN"),
        ("a80435fb", "CAP_SYS_ADMIN"),
        ("1ffffffffff", ""),
    ],
)
def test_root_of_a_container_that_may_make_no_network_is_refused_before_anything_starts(
    tmp_path, monkeypatch, capabilities, lacking
):
    (tmp_path / "status").write_text(f"Name:\tpython\nCapEff:\t00000{capabilities}\n")
    told = partial(elsewhere._lacking, tmp_path / "status")  # what the kernel tells
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(elsewhere, "_lacking", told)
    refused = "places.target: root may make no network here, as in a container: it lacks"

    assert list(place_faults(Places(target=Place()))) == (
        [f"{refused} {lacking}; docker run --privileged gives both, or leave it out"] if lacking else []
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such network")
def test_limits_that_cannot_be_set_are_refused_before_anything_starts(kernel, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "access", lambda place, _: "somaxconn" not in str(place))
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    places = Places(target=Place(somaxconn=128, ip_local_port_range=(40_000, 40_000)))

    assert list(place_faults(places)) == [
        (
            f"places.target: {kernel}/net/core/somaxconn cannot be written: docker run --privileged lets it, or leave "
            "somaxconn out"
        )
    ]


def test_a_program_begins_in_its_network_before_it_changes_its_account(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    here = Command(name="piece", argv=("true",), environment={}, directory=tmp_path, log=tmp_path / "log")
    there = Command(
        name="piece",
        argv=("true",),
        environment={},
        directory=tmp_path,
        log=tmp_path / "log",
        network=Path("/proc/7/ns/net"),
    )

    assert child._into(here) == ()
    assert child._into(there) == ("/bin/nsenter", "--net=/proc/7/ns/net", "--")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(DeploymentError, match="piece: program nsenter not found; install util-linux"):
        child._into(there)


def test_a_far_end_that_cannot_be_says_why_in_a_line_that_is_shown(monkeypatch):
    def refuse() -> None:
        raise PermissionError(1, "unshare: Operation not permitted")

    monkeypatch.setattr(far_end, "leave_network", refuse)
    monkeypatch.setattr(sys, "argv", ["far_end.py", "bg1", "198.18.0.1", "198.18.0.2", "0", "0"])

    with pytest.raises(SystemExit, match=r"^PermissionError: \[Errno 1\] unshare: Operation not permitted$"):
        far_end.main()


class Numbered:
    """What makes places by their numbers, and which devices there are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *devices: str) -> None:
        self.devices = {"lo", *devices}
        self.tried: list[int] = []
        self.refused: dict[int, str] = {}
        monkeypatch.setattr(os, "getpid", lambda: 1000)
        monkeypatch.setattr(elsewhere, "_NUMBERS", itertools.count())
        monkeypatch.setattr(socket, "if_nameindex", lambda: list(enumerate(self.devices)))

    @contextmanager
    def at(self, number: int) -> Iterator[Any]:
        self.tried.append(number)
        if number in self.refused:
            raise DeploymentError(self.refused[number])
        yield number

    def made(self) -> Any:
        with ExitStack() as stack:
            return elsewhere._made(stack, self.at, None)


def test_a_device_that_another_kit_or_one_that_was_killed_has_is_passed_over(monkeypatch):
    # A kit whose pid is one below this one's, and has made sixteen places, begins here.
    numbered = Numbered(monkeypatch, "bg16000", "bg16001")

    assert numbered.made() == 16_002
    assert numbered.tried == [16_002]


def test_a_device_that_another_kit_takes_at_the_same_moment_is_passed_over(monkeypatch):
    numbered = Numbered(monkeypatch)
    numbered.refused[16_000] = "ip ended with status 2: RTNETLINK answers: File exists"
    looks = iter([[(1, "lo")], [(1, "lo"), (2, "bg16000")], [(1, "lo"), (2, "bg16000")]])
    monkeypatch.setattr(socket, "if_nameindex", lambda: next(looks))

    assert numbered.made() == 16_001


def test_a_place_that_cannot_be_made_for_another_reason_is_not_tried_again(monkeypatch):
    numbered = Numbered(monkeypatch)
    numbered.refused[16_000] = "the far end of a network ended with status 1; no right to"

    with pytest.raises(LineError, match="no right to"):
        numbered.made()
    assert numbered.tried == [16_000]


def test_where_every_device_is_taken_it_is_said(monkeypatch):
    numbered = Numbered(monkeypatch, *(f"bg{number}" for number in range(20_000)))

    with pytest.raises(LineError, match="64 devices were tried, and somebody has each"):
        numbered.made()


def test_without_a_network_nobody_goes_anywhere():
    assert in_network(None, os.getpid) == os.getpid()


def test_a_network_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        in_network(tmp_path / "none", os.getpid)

import os
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.places import KERNEL_FILES, Limits, Place, Places
from badgateway.process import child, elsewhere, far_end
from badgateway.process.child import Command
from badgateway.process.elsewhere import in_network, place_faults


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a kernel would show of a new network."""
    values = {"somaxconn": "4096\n", "ip_local_port_range": "32768\t60999\n", "tcp_max_syn_backlog": "512\n"}
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
    assert elsewhere._limits(f"a line before\n{capsys.readouterr().out}") == Limits(
        somaxconn=128, ip_local_port_range=(32_768, 60_999), tcp_max_syn_backlog=512
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
    ("capabilities", "fault"), [("a80425fb", "root may make no network here"), ("1ffffffffff", "")]
)
def test_root_of_a_container_that_may_make_no_network_is_refused_before_anything_starts(
    tmp_path, monkeypatch, capabilities, fault
):
    (tmp_path / "status").write_text(f"Name:\tpython\nCapEff:\t00000{capabilities}\n")
    may = partial(elsewhere._may_make_networks, tmp_path / "status")  # what the kernel tells
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(elsewhere, "_may_make_networks", may)

    assert "".join(place_faults(Places(target=Place()))).startswith(f"places.target: {fault}" if fault else "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such network")
def test_limits_that_cannot_be_set_are_refused_before_anything_starts(kernel, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "access", lambda place, _: "somaxconn" not in str(place))
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    places = Places(target=Place(somaxconn=128, tcp_max_syn_backlog=4))

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


def test_without_a_network_nobody_goes_anywhere():
    assert in_network(None, os.getpid) == os.getpid()


def test_a_network_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        in_network(tmp_path / "none", os.getpid)

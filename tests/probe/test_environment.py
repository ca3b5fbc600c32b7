import getpass
import os
import platform
import re
import socket

import pytest

from badgateway.probe import environment as room
from badgateway.probe.environment import read_environment


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Plant a program that prints a text, in a PATH that has nothing else."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(room, "DAEMON_FOLDERS", ())

    def plant(name, text, status=0):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{text}' >&2\nexit {status}\n")
        program.chmod(0o755)

    return plant


def version_of(name) -> str:
    return dict(read_environment("www-data").versions)[name]


def test_this_machine_is_described_without_gaps():
    environment = read_environment("www-data")

    assert environment.account == "www-data"
    assert platform.release() in environment.system
    assert environment.cpu
    assert environment.cores >= 1
    assert environment.memory_bytes > 2**27
    assert environment.python.endswith(platform.python_version())
    assert list(environment.versions) == sorted(environment.versions)
    assert re.fullmatch(r"5\.2[.\d]*", dict(environment.versions)["django"])


def test_nothing_tells_whose_machine_it_is():
    told = repr(read_environment("the-account"))

    assert socket.gethostname() not in told
    assert os.path.expanduser("~") not in told  # noqa: PTH111 # compared as text
    assert f"'{getpass.getuser()}'" not in told
    assert os.sep + "usr" not in told


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no affinity on this system")
def test_cores_are_those_the_kit_may_use():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert read_environment("www-data").cores == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_a_daemon_tells_its_version(tool):
    tool("nginx", "nginx version: nginx/1.27.4 (Ubuntu)")
    tool("mariadbd", "mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu on x86_64 (Debian 12)")

    assert version_of("nginx") == "1.27.4"
    assert version_of("mariadb") == "10.11.14"


def test_what_is_missing_is_told_to_be_missing(tool, monkeypatch):
    monkeypatch.setattr(room, "DISTRIBUTIONS", ("no-such-library",))

    assert version_of("nginx") == "not installed"
    assert version_of("no-such-library") == "not installed"


@pytest.mark.parametrize(("text", "status"), [("who knows", 0), ("nginx version: nginx/1.0", 1)])
def test_a_version_that_cannot_be_read_is_unknown(text, status, tool):
    tool("nginx", text, status)

    assert version_of("nginx") == "unknown"


def test_a_cpu_without_a_model_name_is_told_by_its_architecture(tool, tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nBogoMIPS : 50.00\n")

    assert room._cpu(cpuinfo) == f"unknown {platform.machine()}"


def test_somaxconn_is_asked_of_sysctl_where_there_is_no_file(tool, tmp_path):
    assert room.somaxconn(tmp_path / "none") is None
    tool("sysctl", "128")
    assert room.somaxconn(tmp_path / "none") == 128

import os

import pytest

from badgateway.process import container_of as room
from badgateway.process.container import Size
from badgateway.process.container_of import container_of
from badgateway.process.control_groups import Places, folders_of

V1 = {"cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000", "memory.limit_in_bytes": str(256 << 20)}
V2 = {"cpu.max": "50000 100000", "memory.max": str(256 << 20)}
FREE_V1 = {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000", "memory.limit_in_bytes": "9223372036854771712"}
FREE_V2 = {"cpu.max": "max 100000", "memory.max": "max"}


@pytest.fixture
def size_of(tmp_path, monkeypatch):
    """Return the size that is found in a group whose files say so."""

    def find(version, files):
        for name, text in files.items():
            (tmp_path / name).write_text(f"{text}\n")
        parents = dict.fromkeys(("cpu", "memory"), tmp_path)
        monkeypatch.setattr(room, "folders_of", lambda _pid: Places(version=version, parents=parents))
        found = container_of(1)
        return found and found.size

    return find


@pytest.mark.parametrize(("version", "files"), [(1, V1), (2, V2)])
def test_the_limits_of_a_group_are_a_size(size_of, version, files):
    assert size_of(version, files) == Size(cpu=0.5, memory_mb=256)


@pytest.mark.parametrize(("version", "files"), [(1, FREE_V1), (2, FREE_V2), (1, {}), (2, {})])
def test_a_group_without_limits_is_no_container(size_of, version, files):
    assert size_of(version, files) is None


def test_what_is_limited_alone_is_the_size(size_of):
    assert size_of(2, V2 | {"cpu.max": "max 100000"}) == Size(memory_mb=256)


def proc(folder, groups, *mounts):
    for name in ("7", "self"):
        (folder / name).mkdir()
    (folder / "7" / "cgroup").write_text("".join(f"{group}\n" for group in groups))
    (folder / "self" / "mountinfo").write_text("".join(f"{mount}\n" for mount in mounts))
    return folder


def test_the_groups_of_a_program_are_found_in_either_version(tmp_path):
    (tmp_path / "fs" / "site.service").mkdir(parents=True)
    second = f"30 23 0:28 / {tmp_path}/fs rw - cgroup2 cgroup2 rw"
    found = folders_of(7, proc(tmp_path, ["0::/site.service"], second))

    assert found == Places(version=2, parents=dict.fromkeys(("cpu", "memory"), tmp_path / "fs" / "site.service"))


def test_controllers_of_the_first_version_go_before_a_second_one_that_has_none(tmp_path):
    for name in ("cpu/a", "memory/b"):
        (tmp_path / name).mkdir(parents=True)
    mounts = [
        f"30 23 0:28 / {tmp_path}/unified rw - cgroup2 cgroup2 rw",
        f"31 23 0:29 / {tmp_path}/cpu rw - cgroup cgroup rw,cpu,cpuacct",
        f"32 23 0:30 / {tmp_path}/memory rw - cgroup cgroup rw,memory",
    ]
    found = folders_of(7, proc(tmp_path, ["2:cpu,cpuacct:/a", "1:memory:/b", "0::/"], *mounts))

    assert found == Places(version=1, parents={"cpu": tmp_path / "cpu" / "a", "memory": tmp_path / "memory" / "b"})


def test_a_program_that_is_gone_is_in_no_group(tmp_path):
    assert folders_of(8, proc(tmp_path, ["0::/"])) is None
    assert folders_of(7, tmp_path) is None
    container_of(os.getpid())

import os

import pytest

from badgateway.process.control_groups import Kernel, Places, Scopes, way

V2 = "30 23 0:28 {root} {place} rw,nosuid - cgroup2 cgroup2 rw"
V1 = "31 23 0:29 {root} {place} rw,relatime - cgroup cgroup rw,{controllers}"


@pytest.fixture
def made(tmp_path):
    """Make a tree of control groups, and what the kernel says of it."""

    def make(mounts, own, *, groups=(), systemd=False) -> Kernel:
        for group, handed_on in groups:
            folder = tmp_path / group
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cgroup.procs").touch()
            (folder / "cgroup.subtree_control").write_text(f"{handed_on}\n")
        (tmp_path / "mountinfo").write_text("\n".join(["22 1 8:1 / / rw - ext4 /dev/sda rw", *mounts]) + "\n")
        (tmp_path / "cgroup").write_text("\n".join(own) + "\n")
        if systemd:
            (tmp_path / "systemd").mkdir()
        return Kernel(proc=tmp_path, systemd=tmp_path / "systemd")

    return make


@pytest.fixture
def user(monkeypatch):
    """Be an ordinary user in a session, who may write to nothing but what a test names."""

    def be(*writable):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        monkeypatch.setattr(os, "access", lambda place, _mode: any(str(place).startswith(str(one)) for one in writable))
        monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
        monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")

    return be


def test_in_the_second_version_the_nearest_group_that_hands_both_controllers_on_is_taken(made, tmp_path):
    there = made(
        [V2.format(root="/", place=tmp_path / "fs")],
        ["0::/user/session"],
        groups=[("fs", "cpu memory pids"), ("fs/user", "cpu memory"), ("fs/user/session", "")],
    )

    assert way(there) == Places(version=2, parents=dict.fromkeys(("cpu", "memory"), tmp_path / "fs" / "user"))


def test_a_group_that_hands_on_one_controller_alone_will_not_do(made, tmp_path):
    there = made([V2.format(root="/", place=tmp_path / "fs")], ["0::/"], groups=[("fs", "memory pids")])

    assert way(there) is None


def test_a_container_that_sees_its_own_part_of_the_tree_finds_itself_in_it(made, tmp_path):
    there = made(
        [V2.format(root="/docker/abc", place=tmp_path / "fs")],
        ["0::/docker/abc/init"],
        groups=[("fs", "cpu memory"), ("fs/init", "")],
    )

    assert way(there) == Places(version=2, parents=dict.fromkeys(("cpu", "memory"), tmp_path / "fs"))


def test_the_first_version_has_a_place_for_each_controller_below_the_kits_own_group(made, tmp_path):
    there = made(
        [
            V1.format(root="/", place=tmp_path / "cpu", controllers="cpu,cpuacct"),
            V1.format(root="/", place=tmp_path / "memory", controllers="memory"),
            V1.format(root="/", place=tmp_path / "systemd-tree", controllers="name=systemd"),
            V2.format(root="/", place=tmp_path / "unified"),
        ],
        ["4:memory:/api/one", "1:cpu,cpuacct:/", "0::/"],
        groups=[("cpu", ""), ("memory/api/one", ""), ("unified", "")],
    )

    parents = {"cpu": tmp_path / "cpu", "memory": tmp_path / "memory" / "api" / "one"}
    assert way(there) == Places(version=1, parents=parents)


def test_a_user_asks_a_systemd_of_their_own_where_the_tree_is_closed(made, tmp_path, user):
    there = made([V2.format(root="/", place=tmp_path / "fs")], ["0::/"], groups=[("fs", "cpu memory")], systemd=True)
    user()

    assert way(there) == Scopes(program="/usr/bin/systemd-run")


def test_a_part_of_the_tree_that_was_handed_to_a_user_is_better_than_asking(made, tmp_path, user):
    there = made(
        [V2.format(root="/", place=tmp_path / "fs")],
        ["0::/own/scope"],
        groups=[("fs", "cpu memory"), ("fs/own", "cpu memory"), ("fs/own/scope", "")],
        systemd=True,
    )
    user(tmp_path / "fs" / "own")

    assert way(there) == Places(version=2, parents=dict.fromkeys(("cpu", "memory"), tmp_path / "fs" / "own"))


@pytest.mark.parametrize("mounts", [[], ["malformed"], ["1 2 3 - cgroup2"]])
def test_without_control_groups_and_systemd_there_is_no_way(made, mounts):
    assert way(made(mounts, ["0::/"])) is None

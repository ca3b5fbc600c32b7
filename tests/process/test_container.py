import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.process import container as room
from badgateway.process.child import Child, Command
from badgateway.process.container import MIB, PREFIX, Size, container, container_of, faults, limits_of, scope_argv
from badgateway.process.control_groups import Places, Scopes, folders_of
from badgateway.process.running import running

HALF = Size(cpu=0.5, memory_mb=256)
SCOPES = Scopes(program="/usr/bin/systemd-run")
COMMAND = Command(name="server", argv=("uwsgi",), environment={"A": "1"}, directory=Path("/"), log=Path("/dev/null"))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Make folders that look like control groups of a version: a new one has the kernel's files."""

    def make(version: int) -> Places:
        def with_files(folder, *_args, **_given):
            os.mkdir(folder)  # noqa: PTH102 # the method is what is replaced
            for name in ("cgroup.procs", "memory.swap.max", "memory.memsw.limit_in_bytes"):
                (folder / name).touch()

        def without_files(folder):
            for file in folder.iterdir():
                file.unlink()
            os.rmdir(folder)  # noqa: PTH106 # as above

        monkeypatch.setattr(Path, "mkdir", with_files)
        monkeypatch.setattr(Path, "rmdir", without_files)
        names = ("cpu", "memory") if version == 1 else ("both", "both")
        for name in set(names):
            os.makedirs(tmp_path / name)  # noqa: PTH103
        return Places(
            version=version, parents=dict(zip(("cpu", "memory"), (tmp_path / one for one in names), strict=True))
        )

    return make


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir() if file.read_text()}


def test_without_a_size_there_is_no_container():
    with container(Size()) as found:
        assert found is None


def test_in_the_second_version_one_group_has_both_limits_and_goes_at_the_end(tree):
    there = tree(2)
    with container(HALF, made_by=there) as found:
        assert found is not None
        (folder,) = set(found.folders.values())
        assert contents(folder) == {
            "cpu.max": "50000 100000",
            "memory.max": str(256 * MIB),
            "memory.swap.max": "0",
        }
        assert found.holding(COMMAND).control_groups == (folder / "cgroup.procs",)
    assert not folder.exists()


def test_in_the_first_version_each_controller_has_a_group(tree):
    with container(HALF, made_by=tree(1)) as found:
        assert found is not None
        assert contents(found.folders["cpu"]) == {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}
        limit = str(256 * MIB)
        assert contents(found.folders["memory"]) == {
            "memory.limit_in_bytes": limit,
            "memory.memsw.limit_in_bytes": limit,
        }
        assert len(found.holding(COMMAND).control_groups) == 2


@pytest.mark.parametrize(("size", "limited"), [(Size(cpu=1), {"cpu"}), (Size(memory_mb=64), {"memory"})])
def test_what_is_not_limited_has_no_group(tree, size, limited):
    with container(size, made_by=tree(1)) as found:
        assert found is not None
        assert set(found.folders) == limited


def test_a_kernel_that_counts_no_swap_has_no_file_for_it(tree, tmp_path):
    names = {file.name for file, _ in limits_of({"memory": tmp_path}, 1, Size(memory_mb=64))}
    assert names == {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes"}
    with container(Size(memory_mb=64), made_by=tree(2)) as found:
        assert found is not None
        assert "memory.memsw.limit_in_bytes" not in contents(found.folders["memory"])


def test_a_size_that_the_kernel_does_not_take_is_told_with_the_file(tree, monkeypatch):
    def refuse(*_args, **_given):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(Path, "write_text", refuse)
    said = r"cpu\.max: the kernel does not take 50000 100000: Invalid argument"
    with pytest.raises(DeploymentError, match=said), container(HALF, made_by=tree(2)):
        pass


def test_groups_of_a_kit_that_was_killed_go_and_those_of_living_ones_stay(tree):
    there = tree(2)
    parent = there.parents["cpu"]
    dead, living = parent / f"{PREFIX}{2**22 + 1}-1", parent / f"{PREFIX}{os.getpid()}-900"
    for folder in (dead, living):
        os.mkdir(folder)  # noqa: PTH102
    with container(HALF, made_by=there):
        assert not dead.exists()
        assert living.exists()


def test_a_group_that_is_not_left_stays_after_a_while_and_nothing_fails(tree, monkeypatch):
    monkeypatch.setattr(room, "REMOVE_DEADLINE_S", 0.0)
    with container(HALF, made_by=tree(2)) as found:
        assert found is not None
        monkeypatch.setattr(Path, "rmdir", lambda _folder: (_ for _ in ()).throw(OSError(16, "busy")))
    assert all(folder.exists() for folder in found.folders.values())


def test_a_program_that_is_not_in_its_group_is_told(tree):
    with container(HALF, made_by=tree(2)) as found:
        assert found is not None
        with pytest.raises(DeploymentError, match=r"pid 71 was started in the control group \S+, and is not in it"):
            found.files(71)
        (found.folders["cpu"] / "cgroup.procs").write_text("70\n71\n")
        assert found.files(71).version == 2


def test_kills_for_the_limit_are_read_and_what_the_kernel_does_not_tell_is_no_zero(tree):
    with container(HALF, made_by=tree(2)) as found:
        assert found is not None
        folder = found.folders["memory"]
        (folder / "cgroup.procs").write_text("71\n")
        files = found.files(71)
        before = files.kills
        (folder / "memory.events").write_text("oom 4\noom_kill 3\noom_group_kill 0\n")
        assert (before, files.kills) == (None, 3)
        assert replace(files, size=Size(cpu=0.5)).kills is None


def test_systemd_is_asked_for_a_scope_of_the_size():
    assert scope_argv(SCOPES, "badgateway-1-2", HALF) == (
        *("/usr/bin/systemd-run", "--user", "--scope", "--quiet", "--collect", "--unit=badgateway-1-2"),
        *("-p", "CPUQuota=50%", "-p", f"MemoryMax={256 * MIB}", "-p", "MemorySwapMax=0", "--"),
    )


def test_what_is_not_limited_is_not_said_to_systemd():
    assert [word for word in scope_argv(SCOPES, "x", Size(cpu=1.25)) if "=" in word] == ["--unit=x", "CPUQuota=125%"]


def test_a_command_in_a_scope_has_the_address_of_the_users_systemd(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    with container(HALF, made_by=SCOPES) as found:
        assert found is not None
        held = found.holding(COMMAND)
    assert held.argv[0] == SCOPES.program
    assert held.argv[-2:] == ("--", "uwsgi")
    assert held.environment == {"A": "1", "XDG_RUNTIME_DIR": "/run/user/1000"}
    with pytest.raises(DeploymentError, match="is not in it"):
        found.files(os.getpid())


def test_without_a_right_to_a_group_a_size_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(room, "way", lambda: None)

    (fault,) = faults({"configurations[one].size.cpu": 0.5})
    assert fault.startswith("configurations[one].size.cpu: a container's size takes a control group, and none can be")
    assert "run it as root" in fault
    assert list(faults({})) == []
    with pytest.raises(DeploymentError, match="none can be made here"), container(HALF):
        pass


def test_a_quota_of_more_cpus_than_there_are_is_refused():
    (fault,) = faults({"a.size.cpu": 900, "b.size.memory_mb": 0}, made_by=SCOPES)
    assert fault.startswith("a.size.cpu: 900 is more than the ")


def test_a_program_enters_its_groups_before_it_is_executed(python, tmp_path):
    entrances = (tmp_path / "one", tmp_path / "two")
    for entrance in entrances:
        entrance.touch()
    shown = f"from pathlib import Path; print([Path(one).read_text() for one in {[*map(str, entrances)]}])"
    with running(replace(python(shown), control_groups=entrances)) as child:
        child.wait(5)
        assert child.output() == "['0', '0']\n"


def test_a_group_that_cannot_be_entered_is_told_and_the_program_is_not_run(python, tmp_path):
    gone = tmp_path / "badgateway-1-2" / "cgroup.procs"
    said = f"cannot be started in the control group {gone.parent}: No such file or directory"
    with pytest.raises(DeploymentError, match=re.escape(said)), running(replace(python("1"), control_groups=(gone,))):
        pass
    with pytest.raises(DeploymentError, match="cannot be started in the control group /dev: Operation not permitted"):
        Child.start(replace(python("1"), control_groups=(Path("/dev/full"),)))


# Of programs that run already.

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

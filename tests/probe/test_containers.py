import os

import pytest

from badgateway.model.raw_words import SampleSeries
from badgateway.probe.containers import ContainerCpu, ContainerMemory, ProxyCpu, ProxyMemory
from badgateway.probe.kernel_kills import FIRST_NAMESPACE, KernelKills, killed_in
from badgateway.probe.series import series_of
from badgateway.probe.watch import NotAvailableError, Watch
from badgateway.process.container import MIB, GroupFiles, Size

CHOSEN = (
    "4,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/api/badgateway-1-2,"
    "task_memcg=/api/badgateway-1-2,task=gunicorn,pid=9443,uid=33\n"
)
NAMES = {
    1: ("throttled_time", 1_000_000_000, "memory.oom_control", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("throttled_usec", 1_000_000, "memory.events", "memory.current", "inactive_file"),
}


@pytest.fixture(params=[1, 2])
def group(request, tmp_path):
    """A group whose files say what a test lets them say."""
    return Group(tmp_path / "badgateway-1-2", request.param)


class Group:
    def __init__(self, folder, version) -> None:
        folder.mkdir()
        self.folder, self.version = folder, version
        self.files = GroupFiles(
            version=version, folders=dict.fromkeys(("cpu", "memory"), folder), size=Size(cpu=0.5, memory_mb=256)
        )

    def says(self, *, periods=0, throttled=0, throttled_s=0.0, kills=0, used=0, inactive=0):
        time, unit, events, usage, cached = NAMES[self.version]
        (self.folder / "cpu.stat").write_text(
            f"nr_periods {periods}\nnr_throttled {throttled}\n{time} {round(throttled_s * unit)}\n"
        )
        (self.folder / events).write_text(f"under_oom 0\noom_kill {kills}\n")
        (self.folder / usage).write_text(f"{used}\n")
        (self.folder / "memory.stat").write_text(f"cache 1\n{cached} {inactive}\n")


def values(probe):
    return {reading.series: reading.value for reading in probe.read()}


def test_throttling_is_counted_from_the_first_look_and_of_all_containers_together(group):
    group.says(periods=100, throttled=10, throttled_s=1)
    probe = ContainerCpu((group.files, group.files))
    group.says(periods=110, throttled=15, throttled_s=1.25)

    assert values(probe) == {
        SampleSeries.CONTAINER_PERIODS: 20,
        SampleSeries.CONTAINER_THROTTLED: 10,
        SampleSeries.CONTAINER_THROTTLED_S: pytest.approx(0.5),
    }


def test_memory_is_without_what_is_given_up_at_once_and_kills_are_counted(group):
    group.says(kills=3)
    probe = ContainerMemory((group.files,))
    group.says(kills=5, used=200 * MIB, inactive=50 * MIB)

    memory, kills = probe.read()
    assert (memory.value, memory.limit) == (150 * MIB, 256 * MIB)
    assert kills.value == 2


def test_a_kernel_that_does_not_count_kills_is_no_zero(group):
    group.says()
    events = group.folder / NAMES[group.version][2]
    events.write_text("under_oom 0\n")

    with pytest.raises(NotAvailableError, match="has no oom_kill"):
        ContainerMemory((group.files,))
    events.unlink()
    with pytest.raises(NotAvailableError, match="No such file"):
        ContainerMemory((group.files,))


def test_only_what_is_limited_is_watched(tmp_path):
    def watched(*, of_proxy=False, **size):
        files = GroupFiles(version=1, folders=dict.fromkeys(("cpu", "memory"), tmp_path), size=Size(**size))
        watch = Watch(
            server_sockets=(),
            proxy_port=1,
            containers=() if of_proxy else (files,),
            proxy_containers=(files,) if of_proxy else (),
        )
        series = list(series_of(watch, tmp_path / "statements"))
        for one in series:
            one.close()
        return {name for one in series for name in one._names if "container" in name}

    assert watched() == set()
    assert watched(cpu=1) == set(ContainerCpu.series)
    assert watched(memory_mb=64) == {*ContainerMemory.series, *KernelKills.series}
    assert watched(of_proxy=True, cpu=1) == set(ProxyCpu.series)
    assert watched(of_proxy=True, memory_mb=64) == set(ProxyMemory.series)


def test_nginx_has_series_of_its_own_of_which_none_is_the_servers(group):
    group.says(periods=100, throttled=10, throttled_s=1, kills=3)
    cpu, memory = ProxyCpu((group.files,)), ProxyMemory((group.files,))
    group.says(periods=110, throttled=15, throttled_s=1.25, kills=4, used=50 * MIB)

    assert values(cpu) == {
        SampleSeries.PROXY_CONTAINER_PERIODS: 10,
        SampleSeries.PROXY_CONTAINER_THROTTLED: 5,
        SampleSeries.PROXY_CONTAINER_THROTTLED_S: pytest.approx(0.25),
    }
    assert values(memory) == {
        SampleSeries.PROXY_CONTAINER_MEMORY: 50 * MIB,
        SampleSeries.PROXY_CONTAINER_KILLS: 1,
    }
    assert not {*ContainerCpu.series, *ContainerMemory.series} & {*ProxyCpu.series, *ProxyMemory.series}


def test_the_process_that_the_kernel_chose_is_that_of_the_group_and_of_no_other():
    assert list(killed_in(CHOSEN, {"badgateway-1-2"})) == [9443]
    assert list(killed_in(CHOSEN, {"badgateway-1-3"})) == []
    assert list(killed_in("4,1,2,-;Out of memory: Killed process 71 (gunicorn)", {"badgateway-1-2"})) == []


@pytest.fixture
def namespace(tmp_path):
    link = tmp_path / "pid"
    link.symlink_to(FIRST_NAMESPACE)
    return link


def test_the_kernels_log_is_read_from_the_first_look_on(group, tmp_path, namespace):
    log = tmp_path / "kmsg"
    log.write_text(CHOSEN)
    probe = KernelKills((group.files,), log, namespace)
    assert probe.read() == ()
    with log.open("a") as file:
        file.write(CHOSEN)

    assert values(probe) == {SampleSeries.CONTAINER_KILLED_PID: 9443}
    assert probe.read() == ()
    probe.close()
    probe.close()


def test_a_log_that_may_not_be_read_or_numbers_processes_otherwise_is_told(group, tmp_path, namespace):
    with pytest.raises(NotAvailableError, match="No such file or directory; that a process was killed is counted"):
        KernelKills((group.files,), tmp_path / "nothing", namespace)
    other = tmp_path / "other"
    other.symlink_to("pid:[4026532999]")
    with pytest.raises(NotAvailableError, match="processes have other numbers"):
        KernelKills((group.files,), tmp_path / "nothing", other)


def test_records_that_were_overwritten_before_they_were_read_are_passed_over(group, tmp_path, namespace, monkeypatch):
    log = tmp_path / "kmsg"
    log.touch()
    probe = KernelKills((group.files,), log, namespace)
    answers = iter([BrokenPipeError(32, "overwritten"), CHOSEN.encode(), BlockingIOError()])

    def read(_descriptor, _size):
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(os, "read", read)
    assert values(probe) == {SampleSeries.CONTAINER_KILLED_PID: 9443}

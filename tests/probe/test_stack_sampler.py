import csv
import os
import socket
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from badgateway.databases.mariadb import DATABASE
from badgateway.model import raw
from badgateway.model.samples import Reading
from badgateway.probe import sampler as room
from badgateway.probe.process_cpu import ProcessCpu, own_cpu_s, server_cpu_s
from badgateway.probe.sampler import COLUMNS, StackSampler
from badgateway.probe.series import Series
from badgateway.probe.watch import DatabaseAccess, NotAvailableError, Watch
from badgateway.servers import uwsgi

EVERYTHING = (
    "accept_queue",
    "proxy_accept_queue",
    "listen_overflows",
    "listen_drops",
    "uwsgi_busy_workers",
    "uwsgi_cores_in_request",
    "uwsgi_oldest_request_s",
    "db_connections",
    "db_connects",
    "db_executing",
    "db_selects",
    "db_rows_read",
)


class Fake:
    """A probe that does one thing after the other: gives a value, or raises."""

    def __init__(self, *script) -> None:
        self.series = ("fake",)
        self.script = list(script)
        self.closed = False

    def read(self):
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return (Reading(series="fake", value=step, limit=10),)

    def close(self) -> None:
        self.closed = True


def nowhere(folder) -> Watch:
    """Name parts none of which is there."""
    access = DatabaseAccess(system=DATABASE, host="127.0.0.1", port=1, user="nobody", password="")
    return Watch(
        server_sockets=(folder / "web.sock",),
        proxy_port=1,
        server=uwsgi.SERVER,
        statistics_sockets=(folder / "stats.sock",),
        database=access,
    )


def rows_of(folder) -> list[dict[str, str]]:
    with (folder / raw.SAMPLES).open(newline="") as file:
        return list(csv.DictReader(file))


def values_of(probe, times) -> list[float | None]:
    series = Series(probe.series, lambda: probe)
    return [row.reading.value for _ in range(times) for row in series.rows()]


@pytest.fixture
def sampled(tmp_path, monkeypatch):
    """Sample one fake probe for some periods; returns the values as written."""

    def sample(probe) -> list[str]:
        monkeypatch.setattr(room, "series_of", lambda watch, statements: [Series(("fake",), lambda: probe)])
        with StackSampler(tmp_path, nowhere(tmp_path), period_s=0.01):
            time.sleep(0.1)
        return [row["value"] for row in rows_of(tmp_path)]

    return sample


def test_rows_have_the_columns_of_the_contract(tmp_path, sampled):
    before_s = time.time()
    sampled(Fake(3.0))

    rows = rows_of(tmp_path)
    assert tuple(rows[0]) == COLUMNS == ("time_s", "series", "value", "limit_value")
    assert {(row["series"], row["value"], row["limit_value"]) for row in rows} == {("fake", "3", "10")}
    assert all(before_s <= float(row["time_s"]) <= time.time() for row in rows)
    assert len(rows) >= 3


def test_what_is_not_there_has_rows_without_a_value_and_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("badgateway.probe.listen_drops.NETSTAT", tmp_path / "netstat")
    with StackSampler(tmp_path, nowhere(tmp_path), period_s=60):
        pass

    rows = [row for row in rows_of(tmp_path) if not row["series"].startswith("listen_")]
    assert [row["series"] for row in rows[: len(rows) // 2]] == [name for name in EVERYTHING if "listen_" not in name]
    assert {(row["value"], row["limit_value"]) for row in rows} == {("", "")}
    notes = (tmp_path / raw.SAMPLE_NOTES).read_text()
    assert "accept_queue not available: nobody listens on" in notes
    assert "uwsgi_oldest_request_s not available: uWSGI's stats at" in notes
    assert "db_rows_read not available: database at 127.0.0.1:1" in notes


def test_a_system_without_netlink_has_no_value_rather_than_zero(tmp_path, monkeypatch):
    monkeypatch.delattr(socket, "AF_NETLINK")
    with closing(listening(tmp_path / "web.sock")), StackSampler(tmp_path, nowhere(tmp_path), period_s=60):
        pass

    assert {row["value"] for row in rows_of(tmp_path) if row["series"].endswith("accept_queue")} == {""}
    assert "accept_queue not available: this system has no sock_diag" in (tmp_path / raw.SAMPLE_NOTES).read_text()


def listening(path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(4)
    return server


def test_a_series_that_is_not_available_for_a_moment_comes_back():
    probe = Fake(1.0, NotAvailableError("asleep"), 2.0)

    assert values_of(probe, 4) == [1.0, None, 2.0, 2.0]
    assert not probe.closed


def test_a_series_that_fails_stops_alone_and_says_why(tmp_path, sampled):
    probe = Fake(1.0, ZeroDivisionError("by a\nzero"))

    values = sampled(probe)

    assert values[:2] == ["1", ""]
    assert set(values[1:]) == {""}
    assert probe.closed
    (note,) = (tmp_path / raw.SAMPLE_NOTES).read_text().splitlines()
    assert note.endswith(" series fake stopped: ZeroDivisionError: by a zero")


def test_the_generators_cpu_can_be_added_later(tmp_path):
    with StackSampler(tmp_path, Watch(server_sockets=(tmp_path / "web.sock",), proxy_port=1), period_s=0.02) as sampler:
        sampler.add_generator(os.getpid())
        start_s, cpu_start_s = time.monotonic(), time.process_time()
        while time.monotonic() < start_s + 1.3:
            sum(range(1000))
        expected = (time.process_time() - cpu_start_s) / (time.monotonic() - start_s)

    shares = [row["value"] for row in rows_of(tmp_path) if row["series"] == "generator_cpu_share"]
    assert shares[0] == "", "no share before there is a second to take it of"
    assert expected / 3 < float(shares[-1]) < expected * 3, "the last second is much like the whole time"


def test_a_generator_that_is_not_there_is_told(tmp_path):
    series = Series(("generator_cpu_share",), lambda: ProcessCpu("generator_cpu_share", 2**22 + 1, cores=1))

    assert [row.reading.value for row in series.rows()] == [None]
    assert series.take_notes() == ("series generator_cpu_share not available: no process 4194305",)
    assert series.take_notes() == ()


def test_a_failure_of_the_sampler_itself_comes_out_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_cells", broken)

    with pytest.raises(ZeroDivisionError), StackSampler(tmp_path, nowhere(tmp_path)):
        pass


def test_the_failure_of_the_block_itself_is_not_hidden_by_it(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_cells", broken)

    with pytest.raises(LookupError) as caught, StackSampler(tmp_path, nowhere(tmp_path)):
        raise LookupError

    assert "the stack sampler failed: ZeroDivisionError" in caught.value.__notes__[0]


def broken(row):
    raise ZeroDivisionError


def test_what_the_processes_of_a_server_used_counts_while_they_live_and_after():
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    own = psutil.Process()
    before_s, before_own_s = server_cpu_s(own), own_cpu_s(own)
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        while_it_lives_s = server_cpu_s(own) - before_s
        child.communicate(b"\n")
    after_s, after_own_s = server_cpu_s(own) - before_s, own_cpu_s(own) - before_own_s

    # The kernel counts in ticks.
    assert while_it_lives_s > 0.25
    assert after_s - after_own_s > 0.25

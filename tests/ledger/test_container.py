"""Throttling and kills of a trial's containers from its samples; what nobody looked at is no zero."""

import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.container import container_kills, container_use, throttled_seconds
from badgateway.ledger.series import load_samples
from badgateway.model.trial import Window
from tests.in_memory import empty_database

WINDOW = Window(start_s=1000.0, end_s=1002.0, drained_s=1003.0)
HEADER = "time_s,series,value,limit_value"


def _named(series):
    return f"proxy_container_{series.removeprefix('nginx ')}" if series.startswith("nginx ") else f"container_{series}"


@pytest.fixture
def samples(tmp_path):
    def load(*rows):
        lines = [HEADER, *(f"{time_s},{_named(series)},{value},{limit}" for time_s, series, value, limit in rows)]
        (tmp_path / "samples.csv").write_text("".join(f"{line}\n" for line in lines))
        connection = empty_database()
        load_samples(connection, tmp_path / "samples.csv")
        return connection

    return load


def cpu(time_s, periods, throttled, throttled_s):
    return [
        (time_s, "periods", periods, ""),
        (time_s, "throttled", throttled, ""),
        (time_s, "throttled_s", throttled_s, ""),
    ]


def test_seconds_in_which_most_periods_were_throttled_are_told(samples):
    found = throttled_seconds(
        samples(
            *cpu(999.95, 100, 0, 0), *cpu(1000.5, 105, 4, 0.3), *cpu(1000.95, 110, 9, 0.7), *cpu(1001.95, 120, 13, 0.8)
        )
    )

    (second,) = found
    assert (second.start_s, second.periods, second.throttled) == (1000, 10, 9)
    assert second.line == (
        "cpu.stat: nr_throttled rose by 9 of 10 nr_periods (90.0 %) in this second; processes stood still for 0.7 s, "
        "on all CPUs together"
    )


@pytest.mark.parametrize("rows", [[], cpu(1000.5, 100, 100, 9)])
def test_where_nothing_moved_nothing_was_throttled(samples, rows):
    assert throttled_seconds(samples(*rows)) == ()


def test_the_use_is_what_the_counters_moved_in_the_window_and_the_most_memory(samples):
    use = container_use(
        samples(
            *cpu(999.9, 50, 50, 9),
            *cpu(1000.1, 52, 51, 9.1),
            *cpu(1001.9, 70, 55, 9.5),
            *cpu(1002.5, 90, 90, 20),
            (1000.5, "memory_bytes", 150, 256),
            (1001.5, "memory_bytes", 250, 256),
            (1000.5, "oom_kills", 0, ""),
            (1001.5, "oom_kills", 2, ""),
        ),
        WINDOW,
    )

    assert use is not None
    assert (use.periods, use.throttled_periods, use.kills) == (20, 5, 2)
    assert use.throttled_share == 0.25
    assert use.throttled_s == pytest.approx(0.5)
    assert (use.peak_memory_bytes, use.memory_limit_bytes) == (250, 256)


def test_what_befell_nginx_own_container_is_never_the_servers(samples):
    of_nginx = [(time_s, f"nginx {series}", value, limit) for time_s, series, value, limit in cpu(1000.1, 0, 0, 0)]
    of_nginx += [(time_s, f"nginx {series}", value, limit) for time_s, series, value, limit in cpu(1000.9, 10, 9, 0.7)]
    of_nginx += [(1000.1, "nginx oom_kills", 0, ""), (1000.9, "nginx oom_kills", 2, "")]
    of_nginx += [(1000.9, "nginx memory_bytes", 60, 64)]
    alone = samples(*of_nginx)

    assert (throttled_seconds(alone), container_kills(alone)) == ((), ())
    use = container_use(alone, WINDOW)
    assert use is not None
    assert not use.is_limited
    assert (use.periods, use.throttled_share, use.peak_memory_bytes, use.kills) == (None, None, None, None)
    assert use.proxy is not None
    assert (use.proxy.throttled_share, use.proxy.peak_memory_bytes, use.proxy.kills) == (0.9, 60, 2)

    beside = container_use(samples(*of_nginx, *cpu(1000.1, 0, 0, 0), *cpu(1000.9, 10, 1, 0.1)), WINDOW)
    assert beside is not None
    assert (beside.is_limited, beside.throttled_share, beside.kills) == (True, 0.1, None)


def test_what_is_not_limited_or_not_seen_has_no_use(samples):
    assert container_use(samples(), WINDOW) is None
    assert container_use(samples(*cpu(1000.5, 1, 1, 1)), None) is None
    use = container_use(samples((1000.5, "memory_bytes", 150, 256)), WINDOW)
    assert use is not None
    assert (use.periods, use.throttled_share, use.throttled_s, use.kills) == (None, None, None, None)


def test_a_counter_that_goes_down_is_not_believed(samples):
    with pytest.raises(RawDataError, match="went down"):
        container_use(samples(*cpu(1000.1, 52, 51, 9.1), *cpu(1001.9, 5, 1, 0.5)), WINDOW)


def test_each_kill_has_the_pid_that_the_kernels_log_had_near_it_or_none(samples):
    found = container_kills(
        samples(
            (1000.0, "oom_kills", 0, ""),
            (1000.1, "oom_kills", 1, ""),
            (1000.2, "killed_pid", 71, ""),
            (1010.0, "oom_kills", 3, ""),
            (1010.0, "killed_pid", 72, ""),
        )
    )

    assert [(one.time_s, one.pid) for one in found] == [(1000.1, 71), (1010.0, 72), (1010.0, None)]
    assert [one.line for one in found[1:]] == [
        "the container's memory events: oom_kill rose, and the kernel's log: it chose pid 72",
        "the container's memory events: oom_kill rose",
    ]

"""The queue before a server, its busy workers and its failures, in parts of the window; nothing unseen is a zero."""

import pytest

from badgateway.errors import RawDataError
from badgateway.ledger import pressure as module
from badgateway.ledger.pressure import MOST_PARTS
from badgateway.ledger.series import load_samples
from badgateway.model.trial import Window
from tests.in_memory import empty_database

WINDOW = Window(start_s=1000.0, end_s=1001.0, drained_s=1002.0)
HEADER = "time_s,series,value,limit_value"


@pytest.fixture
def ledger():
    with empty_database() as connection:
        connection.execute("CREATE TABLE ledger (phase VARCHAR, outcome VARCHAR, end_s DOUBLE)")
        yield connection


def pressure(folder, ledger, *lines, window=WINDOW):
    (folder / "samples.csv").write_text("".join(f"{line}\n" for line in (HEADER, *lines)))
    load_samples(ledger, folder / "samples.csv")
    return module.pressure(ledger, window)


def test_a_trial_of_before_there_were_probes_or_without_a_window_has_none(tmp_path, ledger):
    load_samples(ledger, tmp_path / "samples.csv")
    assert module.pressure(ledger, WINDOW) is None
    assert pressure(tmp_path, ledger, "1000.0,accept_queue,1,100", window=None) is None


def test_where_the_queue_cannot_be_seen_there_is_nothing_to_show(tmp_path, ledger):
    assert pressure(tmp_path, ledger, "1000.0,accept_queue,,", "1000.0,proxy_accept_queue,3,4096") is None


def test_each_part_keeps_the_most_that_was_seen_in_it_and_an_unseen_part_is_not_zero(tmp_path, ledger):
    found = pressure(
        tmp_path,
        ledger,
        "999.9,accept_queue,99,100",
        "1000.01,accept_queue,3,100",
        "1000.02,accept_queue,7,100",
        "1000.21,accept_queue,101,100",
        "1000.01,uwsgi_busy_workers,2,2",
    )
    assert found is not None
    assert found.queue == (7, None, 101, *[None] * 7)
    assert found.busy == (2, *[None] * 9)
    assert (found.queue_limit, found.workers, found.most_queued, found.window_s) == (100, 2, 101, 1.0)


def test_the_memory_of_the_container_is_seen_beside_the_queue_and_without_it(tmp_path, ledger):
    memory = ("1000.05,container_memory_bytes,3000000000,4294967296", "1000.05,container_memory_bytes,9,4294967296")
    beside = pressure(tmp_path, ledger, "1000.01,accept_queue,3,100", *memory)
    assert beside is not None
    assert (beside.memory_bytes[0], beside.memory_limit_bytes) == (3_000_000_000, 4_294_967_296)
    assert not beside.is_short_of_memory

    alone = pressure(tmp_path, ledger, "1000.95,container_memory_bytes,201326592,201326592")
    assert alone is not None
    assert (alone.most_queued, alone.most_memory_bytes, alone.is_full) == (None, 201_326_592, True)


def test_failures_are_counted_when_they_ended_and_those_after_the_window_in_its_last_part(tmp_path, ledger):
    ledger.executemany(
        "INSERT INTO ledger VALUES (?, ?, ?)",
        [
            ("window", "BAD_GATEWAY", 1000.05),
            ("window", "BAD_GATEWAY", 1000.06),
            ("window", "OK", 1000.07),
            ("window", "GATEWAY_TIMEOUT", 1006.0),
            ("warm-up", "BAD_GATEWAY", 1000.08),
            ("window", "BAD_GATEWAY", None),
        ],
    )
    found = pressure(tmp_path, ledger, "1000.0,accept_queue,1,100")
    assert found is not None
    assert found.failed == (2, *[0] * 8, 1)


def test_a_long_window_is_coarse_enough_to_draw(tmp_path, ledger):
    found = pressure(
        tmp_path, ledger, "1000.0,accept_queue,1,100", window=Window(start_s=1000.0, end_s=1300.0, drained_s=1301.0)
    )
    assert found is not None
    assert len(found.queue) == len(found.busy) == len(found.failed) == MOST_PARTS


def test_a_malformed_sample_is_named(tmp_path, ledger):
    with pytest.raises(RawDataError, match=r"samples\.csv"):
        pressure(tmp_path, ledger, "1000.0,accept_queue,many,100")

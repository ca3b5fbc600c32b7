"""The heartbeat of Locust's processes, and what is told from it."""

import json

import pytest

from badgateway.errors import LoadError
from badgateway.load.heartbeat import Heartbeat, read_gaps
from badgateway.load.stillness import generator_disturbances
from badgateway.model.raw import CLIENT_EVENTS, GENERATOR_GAPS
from badgateway.model.trial import OutsidePart
from tests.ledger.raw_folder import T0_S, client_row, write_client

LIMIT_S = 4.0


class Clocks:
    """What a process knows of its time, as a test sets it."""

    def __init__(self) -> None:
        self.now_s, self.cpu_s, self.waited_s = T0_S, 1.0, 2.0

    def pass_(self, seconds: float, *, cpu_s: float = 0.0, waited_s: float = 0.0) -> None:
        self.now_s += seconds
        self.cpu_s += cpu_s
        self.waited_s += waited_s


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def folder(tmp_path):
    Heartbeat.create(tmp_path)
    (tmp_path / CLIENT_EVENTS).write_text(json.dumps({"test_start_s": T0_S, "drained_s": T0_S + 60}))
    write_client(tmp_path, client_row("a"))
    return tmp_path


@pytest.fixture
def heartbeat(folder, clocks):
    made = Heartbeat(folder, lambda: clocks.now_s, cpu_s=lambda: clocks.cpu_s, waited_s=lambda: clocks.waited_s)
    yield made
    made.close()


def test_ticks_that_come_in_time_leave_no_row(folder, heartbeat, clocks):
    for seconds in (0.01, 0.02, 0.1):
        clocks.pass_(seconds)
        heartbeat.beat()

    assert read_gaps(folder) == ()


def test_a_tick_that_is_late_leaves_its_time_and_what_the_process_did(folder, heartbeat, clocks):
    clocks.pass_(0.01)
    heartbeat.beat()
    clocks.pass_(0.5, cpu_s=0.125, waited_s=0.25)
    heartbeat.beat()
    (gap,) = read_gaps(folder)

    assert (gap.begun_s, gap.length_s) == pytest.approx((T0_S + 0.01, 0.5), abs=1e-5)
    assert (gap.cpu_s, gap.waited_s, gap.still_s) == pytest.approx((0.125, 0.25, 0.125))


def test_a_process_that_neither_worked_nor_waited_for_a_cpu_stood_still(folder, heartbeat, clocks):
    clocks.pass_(3)
    heartbeat.beat()
    clocks.pass_(0.3, cpu_s=0.01)
    heartbeat.beat()
    first, second = generator_disturbances(folder, LIMIT_S)

    assert first.part is OutsidePart.GENERATOR
    assert first.what == "the load generator stood still for 3.00 s"
    assert (first.at_s, first.lasted_s) == pytest.approx((T0_S, 3))
    assert second.what == "the load generator stood still for 0.29 s"


@pytest.mark.parametrize("spent", [{"cpu_s": 0.95}, {"waited_s": 0.95}, {"cpu_s": 0.5, "waited_s": 0.42}])
def test_one_that_worked_or_waited_for_a_cpu_did_not(spent, folder, heartbeat, clocks):
    clocks.pass_(1, **spent)
    heartbeat.beat()

    assert len(read_gaps(folder)) == 1
    assert generator_disturbances(folder, LIMIT_S) == ()


def test_where_the_kernel_does_not_count_waiting_a_gap_tells_nothing(folder, clocks):
    blind = Heartbeat(folder, lambda: clocks.now_s, cpu_s=lambda: 0.0, waited_s=lambda: None)
    clocks.pass_(1)
    blind.beat()
    blind.close()

    assert read_gaps(folder)[0].still_s is None
    assert generator_disturbances(folder, LIMIT_S) == ()


@pytest.mark.parametrize("at_s", [-5, 70])
def test_a_gap_before_the_load_or_after_its_last_answer_does_not_count(at_s, folder, clocks):
    clocks.pass_(at_s)
    heartbeat = Heartbeat(folder, lambda: clocks.now_s, cpu_s=lambda: 0.0, waited_s=lambda: 0.0)
    clocks.pass_(2)
    heartbeat.beat()
    heartbeat.close()

    assert generator_disturbances(folder, LIMIT_S) == ()


def lasting(*durations_s):
    return [client_row(f"r{i}", end_s=T0_S + duration_s) for i, duration_s in enumerate(durations_s)]


def test_requests_past_their_limit_tell_of_a_generator_that_was_late(folder):
    write_client(folder, *lasting(0.5, 4.1, 5.0, 5.4))
    (found,) = generator_disturbances(folder, LIMIT_S)

    assert found.what == "the load generator was late: 2 requests lasted up to 5.40 s, though it ends each after 4 s"
    assert (found.at_s, found.lasted_s) == pytest.approx((T0_S + LIMIT_S, 1.4))


def test_requests_past_their_limit_by_the_generators_own_work_do_not(folder, heartbeat, clocks):
    clocks.pass_(3.9, cpu_s=3.9)
    heartbeat.beat()
    clocks.pass_(1.3, cpu_s=1.3)
    heartbeat.beat()
    write_client(folder, *lasting(5.1))

    assert generator_disturbances(folder, LIMIT_S) == ()


def test_a_load_that_never_began_tells_nothing(tmp_path):
    assert generator_disturbances(tmp_path, LIMIT_S) == ()


@pytest.mark.parametrize("text", [None, "begun_s\n1\n", "begun_s,length_s,cpu_s,waited_s\nx,1,1,1\n"])
def test_a_heartbeat_that_is_missing_or_damaged_is_said_so(text, tmp_path):
    if text is not None:
        (tmp_path / GENERATOR_GAPS).write_text(text)

    with pytest.raises(LoadError, match=GENERATOR_GAPS):
        read_gaps(tmp_path)

"""Real Locust with an open loop, against a server of this process; how exact it is, is tested live."""

from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from badgateway.errors import LoadError
from badgateway.load.arrivals import Arrivals, offsets_s
from badgateway.model.experiment import ArrivalKind
from tests.load.conftest import Driven, run_locust

RATE = 60
WARM_UP_S = 1.0
"""Two processes on a busy machine take a while to get going."""
LENGTH_S = WARM_UP_S + 1


def run(name: str, server: Any, folder: Path, **given: Any) -> Driven:
    return run_locust(name, server.url, folder, **{"rate_per_s": RATE, "warm_up_s": WARM_UP_S, **given})


def times(driven: Driven, column: str) -> list[float]:
    return sorted(float(row[column]) - driven.events["test_start_s"] for row in driven.rows)


def scheduled(**given: Any) -> list[float]:
    arrivals = Arrivals(rate_per_s=RATE, seed=7, **given)
    return list(takewhile(lambda offset_s: offset_s < LENGTH_S, offsets_s(arrivals)))


def asked(driven: Driven, server: Any) -> dict[int, str]:
    """Map the number of each arrival to what was asked of the server for it."""
    targets = {request_id: target for _, target, request_id in server.requests}
    return {int(row["name"].split()[1]): targets[row["request_id"]] for row in driven.rows}


@pytest.fixture(scope="module")
def alone(server, tmp_path_factory):
    return run("visitors", server, tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def shared(server, tmp_path_factory):
    return run("visitors", server, tmp_path_factory.mktemp("shared"), processes=2)


@pytest.mark.parametrize("driven", ["alone", "shared"])
def test_requests_are_due_as_the_schedule_has_it_and_sent_not_before(driven, request):
    driven = request.getfixturevalue(driven)
    check, expected = driven.drive.open_loop, scheduled()

    assert times(driven, "intended_start_s")[: len(expected)] == pytest.approx(expected, abs=1e-5)
    assert all(float(row["intended_start_s"]) < float(row["start_s"]) for row in driven.rows)
    assert check.arrivals == sum(offset_s >= WARM_UP_S for offset_s in expected)
    assert check.missed_arrivals == 0


def test_several_processes_ask_for_the_same_as_one_and_into_one_file(alone, shared, server):
    one, two = asked(alone, server), asked(shared, server)
    common = range(1, len(scheduled()) + 1)

    assert [one[number] for number in common] == [two[number] for number in common]
    assert len({one[number] for number in common}) > 20
    assert len({row["request_id"].partition("-")[0] for row in shared.rows}) == 2
    assert len({row["request_id"] for row in shared.rows}) == len(shared.rows)
    assert (shared.events["processes"], alone.events["processes"]) == (2, 1)


def test_the_closed_loop_can_be_shared_too_and_its_users_differ(server, tmp_path):
    driven = run_locust("visitors", server.url, tmp_path, users=4, warm_up_s=WARM_UP_S, processes=2)

    assert {row["name"].split()[1] for row in driven.rows} == {"1", "2", "3", "4"}
    assert all(row["intended_start_s"] == row["start_s"] for row in driven.rows)
    assert driven.drive.open_loop is None


def test_slow_answers_do_not_slow_the_arrivals_and_all_are_waited_for(server, tmp_path):
    driven = run("slow", server, tmp_path, arrivals=ArrivalKind.CONSTANT)
    first = [row for row in driven.rows if row["name"] == "first"]

    # Each takes 0.3 s: a closed loop of one user would have sent five.
    assert len(first) >= RATE * LENGTH_S
    assert all(row["error"] == "" and row["body_bytes"] == "4" for row in first)
    assert driven.drive.window.drained_s >= max(float(row["end_s"]) for row in driven.rows)


def test_a_second_request_of_a_task_is_due_when_it_is_sent(server, tmp_path):
    driven = run("slow", server, tmp_path)
    second = [row for row in driven.rows if row["name"] == "second"]

    assert len(second) > RATE / 2
    assert all(row["intended_start_s"] == row["start_s"] for row in second)


def test_what_the_cap_keeps_back_is_counted_and_has_no_row(server, tmp_path):
    driven = run("slow", server, tmp_path, arrivals=ArrivalKind.CONSTANT, max_in_flight=3)
    check, window = driven.drive.open_loop, driven.drive.window
    assert check is not None
    due = [float(row["intended_start_s"]) for row in driven.rows if row["name"] == "first"]
    sent = sum(window.start_s <= due_s < window.end_s for due_s in due)

    assert check.arrivals == RATE
    # Three at a time, 0.6 s each: five a second.
    assert 3 <= sent <= 9
    assert check.missed_arrivals == RATE - sent


def test_connections_are_used_again_but_never_by_two_at_a_time(alone, server):
    ids = {row["request_id"]: row for row in alone.rows}
    by_connection: dict[int, list[dict[str, str]]] = {}
    for number, _, request_id in server.requests:
        if request_id in ids:
            by_connection.setdefault(number, []).append(ids[request_id])

    assert len(by_connection) < len(ids) / 2
    for rows in by_connection.values():
        ends = [float(row["end_s"]) for row in rows]
        starts = [float(row["start_s"]) for row in rows]
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_an_exception_in_a_task_is_no_valid_load(server, tmp_path):
    with pytest.raises(LoadError, match=r"mistaken\.py raised \d+ exceptions; correct it"):
        run("mistaken", server, tmp_path)


def test_users_that_are_not_recorded_cannot_serve(server, tmp_path):
    with pytest.raises(LoadError, match=r"(?s)Locust ended with status 1.*Stranger: users of an open loop must derive"):
        run("stranger", server, tmp_path)


def test_the_tasks_of_several_user_classes_are_chosen_by_their_weights(server, tmp_path):
    driven = run("crowd", server, tmp_path, rate_per_s=200)
    names = [row["name"] for row in driven.rows]

    assert names.count("often") > 3 * names.count("seldom") > 0
    # on_start is a visitor's first request, so it is what was due.
    assert 0 < names.count("arrive") < len(names) / 2
    # Nobody waits for a moment to come at, although on_start asks for one.
    due = takewhile(lambda offset_s: offset_s < LENGTH_S, offsets_s(Arrivals(rate_per_s=200, seed=7)))
    assert len(names) >= len(list(due))

"""How far a study is, and how long it is likely to take."""

import dataclasses

from badgateway.model.capacity import CapacityGoal
from badgateway.model.design import Design, Ended
from badgateway.search import next_trials
from badgateway.search.outlook import outlook
from badgateway.words.progress import stage
from tests.simulation.servers import Machine, Server, design

SERVERS = {
    "baseline": Server(p95_ms=420, limit=400),
    "better": Server(p95_ms=350, limit=400),
    "breaks": Server(p95_ms=300, limit=60),
}
ASKED = dataclasses.replace(
    design(*SERVERS, levels=(50, 200), control=True), capacity=CapacityGoal(lowest=20, highest=640)
)


def after(ended: list[Ended], asked: Design = ASKED):
    return outlook(asked, ended, next_trials(asked, ended))


def test_the_time_left_goes_down_to_nothing_and_is_never_nothing_before():
    ended = Machine(servers=SERVERS, seed=1).run(ASKED)
    lefts_s = [after(ended[:number]).left_s for number in range(len(ended))]

    assert lefts_s[0] > lefts_s[len(ended) // 2] > lefts_s[-1] > 0


def test_who_has_left_is_no_longer_remaining():
    ended = Machine(servers=SERVERS, seed=1).run(ASKED)
    second_block = next(number for number, one in enumerate(ended) if one.step.block == 2)

    assert after([]).remaining == 3
    assert after(ended[:second_block]).remaining == 2
    assert stage(after(ended[:second_block])) == "block 2 of 8"


def test_a_budget_limits_the_time_left():
    asked = dataclasses.replace(ASKED, budget_s=100.0)

    assert after([], asked).left_s == 100


def test_a_search_and_its_long_window_are_told_apart():
    ended = Machine(servers=SERVERS, seed=1).run(ASKED)
    stages = [stage(after(ended[:number])) for number in range(len(ended))]

    assert "capacity search, trial 1" in stages
    assert any(one.startswith("capacity, long window, trial ") for one in stages)

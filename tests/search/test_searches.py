"""What a trial of a search says, from its facts."""

import pytest

from badgateway.model.capacity import Probe
from badgateway.model.design import Ended, Facts, Purpose, Step
from badgateway.search.searches import probe_of
from tests.simulation.capacities import GOAL
from tests.simulation.servers import design

ASKED = design("only", capacity=GOAL)


def probe(requests: int = 3000, failures: int = 0, p95_ms: float | None = 200.0, answered: float | None = 1.0) -> Probe:
    step = Step(
        configuration="only", level=100, window_s=30, purpose=Purpose.SEARCH, block=1, control=False, attempt=1, seed=1
    )
    facts = Facts(requests=requests, failures=failures, late=0, p95_ms=p95_ms, throughput_rps=100, answered=answered)
    return probe_of(Ended(step=step, facts=facts, took_s=39), ASKED)


@pytest.mark.parametrize(("failures", "overloaded"), [(0, False), (3, False), (8, False), (9, True), (3000, True)])
def test_a_window_fails_for_its_failures_only_when_that_is_proven(failures, overloaded):
    assert probe(failures=failures).overloaded is overloaded


def test_a_server_that_died_fails_the_window():
    dead = probe(requests=0, p95_ms=None)

    assert dead.overloaded
    assert not dead.passed


def test_a_p95_beyond_its_limit_fails_the_window_and_one_that_falls_on_a_failure_too():
    assert probe(p95_ms=999).passed
    assert not probe(p95_ms=1001).passed
    assert not probe(p95_ms=None).passed


def test_a_queue_that_grew_fails_the_window_at_the_load_that_was_answered():
    grew = probe(answered=0.9)

    assert not grew.passed
    assert grew.sustained == pytest.approx(90, rel=0.02)
    assert probe(answered=0.999).passed


def test_without_the_number_of_answers_a_queue_may_have_grown_unseen():
    assert probe(answered=None).may_hide > probe().may_hide

"""The little arithmetic of summaries."""

import pytest

from badgateway.model.outcome import FAILURES, STATUS_OF, Outcome
from badgateway.model.summary import Proportion
from tests.report.builders import measurement


def test_a_share_is_of_the_total():
    assert Proportion(count=3, total=12, low=0.1, high=0.5).share == 0.25


def test_a_share_of_nothing_is_an_error_and_never_zero():
    with pytest.raises(ZeroDivisionError):
        _ = Proportion(count=0, total=0, low=0, high=1).share


def test_an_outcome_that_did_not_occur_was_counted_zero_times():
    measured = measurement({Outcome.OK: 9, Outcome.BAD_GATEWAY: 4})

    assert [measured.count(outcome) for outcome in (Outcome.OK, Outcome.BAD_GATEWAY, Outcome.TRUNCATED)] == [9, 4, 0]


def test_every_outcome_but_ok_is_a_failure():
    assert {*FAILURES, Outcome.OK} == set(Outcome)
    assert Outcome.OK not in FAILURES


def test_status_codes_are_those_of_failures():
    assert set(STATUS_OF) <= set(FAILURES)
    assert STATUS_OF[Outcome.BAD_GATEWAY] == "502"
    assert STATUS_OF[Outcome.GATEWAY_TIMEOUT] == "504"

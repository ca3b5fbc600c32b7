"""How long a fixed schedule is expected to take, about and at most."""

import pytest

from badgateway.plan.expected_time import expected_s, most_s
from tests.declared import declared, experiment, far

PATIENT = {"app_s": 290, "proxy_read_s": 300, "client_s": 310}
UNENDED = {"app_s": 300, "proxy_read_s": 300, "client_s": 330, "any_order": True}


def test_the_expected_time_grows_with_the_trials():
    assert expected_s(experiment(blocks=2)) == 2 * expected_s(experiment(blocks=1))
    assert most_s(experiment(blocks=2)) == 2 * most_s(experiment(blocks=1))


def test_every_distance_takes_its_time():
    assert expected_s(far(0, 1, 5)) == pytest.approx(expected_s(experiment()) * 5 / 3)


def test_longer_limits_say_only_what_it_takes_at_most():
    usual, patient = experiment(), experiment(timeouts=PATIENT)

    assert expected_s(patient) == expected_s(usual)
    assert most_s(patient) == most_s(usual) + 3 * 2 * (310 - 10)


def test_a_server_that_ends_nothing_before_the_proxy_gives_up_is_waited_for():
    first, *others = declared()["configurations"]
    one = experiment(configurations=[first | {"timeouts": UNENDED}, *others])

    assert expected_s(one) == pytest.approx(expected_s(experiment()) + 2 * (200 - 1.2))
    assert expected_s(experiment(timeouts=UNENDED)) == pytest.approx(expected_s(experiment()) + 6 * (200 - 1.2))


def test_the_confirmation_of_the_pick_takes_its_time():
    confirmed = experiment(confirmation={"rate_per_s": 50, "window_s": 600})

    assert 600 < expected_s(confirmed) - expected_s(experiment()) < most_s(confirmed) - most_s(experiment()) < 630

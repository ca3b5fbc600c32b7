"""Users are raised on one bench until a trial fails, and each step is told."""

import pytest

from badgateway.analysis.raised_users import STEPS, Step
from badgateway.errors import DeploymentError
from badgateway.plan.overrides import for_raising
from badgateway.study.raise_users import raise_users
from tests.study.fakes import small


@pytest.fixture
def raised(seam, tmp_path):
    told: list[Step] = []
    return lambda: (raise_users(for_raising(small()), tmp_path, seam, told.append, STEPS), told)


def test_without_a_failure_all_numbers_are_tried_on_one_bench(raised, seam):
    steps, told = raised()

    assert [one.users for one in steps] == list(STEPS)
    assert list(steps) == told
    assert [one.p95_ms for one in steps] == [pytest.approx(20.0, abs=0.1)] * len(STEPS)
    assert (seam.drives, seam.up) == (len(STEPS), [])


def test_what_is_not_got_through_ends_it_with_its_reason(raised, seam):
    def deploy(_name):
        if seam.drives == 2:
            raise DeploymentError("the server ended with status 1")

    seam.on_deploy = deploy
    steps, _ = raised()

    assert [one.users for one in steps] == list(STEPS[:3])
    assert "ended with status 1" in steps[-1].problem

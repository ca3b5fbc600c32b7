"""A service is one that a run can start, and what leads to it is filled in only where it does."""

import pytest

from badgateway.plan.placeholders import placeholder_faults
from badgateway.plan.services import SERVICES, service_at, service_faults, services_of
from tests.declared import experiment


def faults(services, value):
    one = experiment(application={"services": services, "environment": {"SHOP_CACHE": value}})
    return [*service_faults(one), *placeholder_faults(one)]


@pytest.mark.parametrize("name", [one.name for one in SERVICES])
def test_what_leads_to_a_service_is_filled_in_where_a_run_starts_one(name):
    assert faults([name], f"${{{name}.url}} ${{{name}.host}} ${{{name}.port}}") == []
    (fault,) = faults([], f"${{{name}.url}}")
    assert f'services = ["{name}"]' in fault


def test_a_service_that_no_run_can_start_is_refused_with_the_likeliest():
    assert faults(["rediss"], "x") == ["application.services: rediss is not known; did you mean redis?"]
    assert "a run can start redis" in faults(["kafka"], "x")[0]


def test_each_is_started_once_and_is_known_by_its_port():
    assert len(services_of(experiment(application={"services": ["redis", "redis"]}))) == 1
    assert service_at(6379) == SERVICES[0]
    assert service_at(5) is None

"""Every test has a machine of its own, as far as its lock goes: others run experiments at the same time."""

import uuid

import pytest

from badgateway.cli import planned, running
from badgateway.process import machine_lock
from tests.charts import one_chart_for_all  # noqa: F401 # a fixture


@pytest.fixture(autouse=True)
def lock_name(monkeypatch) -> str:
    """The name of the machine's lock, which nobody else uses."""
    name = f"badgateway-test-{uuid.uuid4()}"
    monkeypatch.setattr(machine_lock, "NAME", name)
    return name


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch) -> None:
    """Look at the machine for no time at all, so that the commands begin at once."""
    monkeypatch.setattr(running, "await_quiet", lambda *_given: "")


@pytest.fixture(autouse=True)
def not_installed(monkeypatch) -> list[str]:
    """What the machine lacks of an experiment's programs: nothing, whatever it has."""
    lacking: list[str] = []
    monkeypatch.setattr(planned, "not_installed", lambda *_given: lacking)
    return lacking

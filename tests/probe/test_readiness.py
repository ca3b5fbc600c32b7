"""What an experiment needs is looked at where it is, and what spoils figures is said."""

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.manifest import Environment
from badgateway.probe import readiness
from badgateway.probe.quiet import Business, BusyProcess
from badgateway.probe.readiness import Finding, State, findings

GOOD = Environment(
    system="Linux 6.1, Debian",
    cpu="x",
    cores=4,
    memory_bytes=8 << 30,
    python="CPython 3.11.2",
    somaxconn=4096,
    account="",
    versions=(
        ("django", "5.2"),
        ("gunicorn", "23.0"),
        ("locust", "2.40"),
        ("mariadb", "10.11"),
        ("nginx", "1.22"),
        ("postgresql", "15.18"),
    ),
)
QUIET = Business(outside_share=0.0, steal_share=0.0, processes=())


@pytest.fixture
def machine(monkeypatch):
    """A machine on which all is well, in the parts that a test does not change."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(readiness, "service_account", lambda: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _what: (65_536, 65_536))
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 0)
    monkeypatch.setattr(os, "access", lambda _path, _mode: True)
    monkeypatch.setattr(readiness, "read_environment", lambda _account: GOOD)
    return monkeypatch


def found(subject: str, business: Business | None = QUIET) -> Finding:
    (one,) = (one for one in findings(Path("/nowhere/results"), looking=lambda: business) if one.subject == subject)
    return one


def test_a_machine_on_which_all_is_well_has_nothing_to_mend(machine):
    assert {(one.state, one.remedy) for one in findings(Path("/nowhere"), looking=lambda: QUIET)} == {(State.FINE, "")}


@pytest.mark.parametrize("name", ["nginx", "mariadb", "locust"])
def test_a_program_that_is_not_there_is_missing(machine, name):
    without = tuple((one, "not installed" if one == name else version) for one, version in GOOD.versions)
    machine.setattr(readiness, "read_environment", lambda _account: replace(GOOD, versions=without))

    assert found(name).state is State.MISSING
    assert found(name).remedy


def test_a_database_that_few_experiments_need_is_noted(machine):
    without = tuple(one for one in GOOD.versions if one[0] != "postgresql")
    machine.setattr(readiness, "read_environment", lambda _account: replace(GOOD, versions=without))

    assert found("postgresql").state is State.NOTED
    assert found("postgresql").remedy.startswith("for experiments on it, install it")


def test_one_server_is_enough_and_none_is_too_few(machine):
    assert found("servers").found == "gunicorn 23.0"
    machine.setattr(readiness, "read_environment", lambda _account: replace(GOOD, versions=()))

    assert found("servers").state is State.NOTED
    assert "a site has its own" in found("servers").remedy


def test_other_systems_can_explain_and_not_run(machine):
    machine.setattr(sys, "platform", "darwin")

    assert found("system").state is State.MISSING
    assert "explain and report work here" in found("system").remedy


def test_root_needs_an_account_for_servers(machine):
    def none():
        raise DeploymentError("no account to run servers under: add one")

    machine.setattr(readiness, "service_account", none)

    assert found("account").state is State.MISSING


def test_limits_that_spoil_figures_are_notes(machine):
    machine.setattr(readiness, "read_environment", lambda _account: replace(GOOD, cores=1, somaxconn=128))
    machine.setattr(resource, "getrlimit", lambda _what: (1024, 4096))
    machine.setattr(os, "access", lambda _path, _mode: False)
    machine.setattr(readiness, "LEAST_FREE_BYTES", 1 << 80)

    for subject in ("cores", "somaxconn", "open files", "/dev/shm", "disk"):
        assert found(subject).state is State.NOTED
        assert found(subject).remedy
    machine.setattr(resource, "getrlimit", lambda _what: (resource.RLIM_INFINITY, 0))
    assert found("open files").state is State.FINE


def test_who_keeps_the_machine_busy_is_named(machine):
    one = BusyProcess(pid=7, name="backup", core_share=0.9)
    busy = Business(outside_share=0.5, steal_share=0.0, processes=(one,))

    assert found("quiet", busy).state is State.NOTED
    assert found("quiet", busy).remedy.endswith("end backup (pid 7)")
    assert found("quiet", None).state is State.NOTED


def test_the_example_sites_framework_is_no_need_of_other_sites(machine):
    without = tuple((one, "not installed" if one == "django" else version) for one, version in GOOD.versions)
    machine.setattr(readiness, "read_environment", lambda _account: replace(GOOD, versions=without))

    assert found("django").state is State.NOTED

"""Levels that init chose are measured and written, and it is said what was met."""

import pytest

from badgateway.analysis.raised_users import Step
from badgateway.cli import raising
from badgateway.draft.experiment_text import NOT_MEASURED
from badgateway.plan.overrides import for_raising
from tests.declared import experiment

STEPS = (
    Step(users=5, requests=20, failures=0, p95_ms=10.0),
    Step(users=10, requests=40, failures=0, p95_ms=71.0),
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "badgateway.toml"
    path.write_text(f"[load]\nusers = [5, 10, 20]  # {NOT_MEASURED}\nwindow_s = 5\n")
    return path


def raised(monkeypatch, *steps):
    asked = []

    def raise_users(given, _root, _effects, on_step, numbers):
        asked.append(tuple(numbers))
        assert [one.name for one in given.configurations] == ["first"]
        for one in steps:
            on_step(one)
        return steps

    monkeypatch.setattr(raising, "raise_users", raise_users)
    return asked


def test_the_levels_are_written_with_why_and_each_step_is_said(file, monkeypatch, capsys):
    raised(monkeypatch, *STEPS)
    assert raising.are_chosen(file)
    raising.measure_levels(file, experiment())

    assert "users = [5, 10, 20]  # half, one and two times where it is felt: with 10 users" in file.read_text()
    assert not raising.are_chosen(file)
    assert "  5 users  20 requests, 0 failed and p95 10 ms" in capsys.readouterr().out


def test_the_rates_of_a_log_become_the_users_of_a_file_of_somebodys_own_that_make_them(file, monkeypatch):
    file.write_text(file.read_text().replace(NOT_MEASURED, f"{NOT_MEASURED}; requests/s of the log: 2, 4.5, 9"))
    asked = raised(monkeypatch, Step(users=5, requests=50, failures=0, p95_ms=10.0))
    assert raising.are_chosen(file)
    raising.measure_levels(file, experiment())

    # 50 requests of 5 users in 4 s: one sends 2.5 a second.
    assert "users = [1, 2, 4]  # 2, 4.5 and 9 requests/s, as the log has: 5 users sent 50 requests" in file.read_text()
    assert asked == [(5,)]
    assert not raising.are_chosen(file)


def test_where_nothing_was_measured_the_file_stays(file, monkeypatch, capsys):
    raised(monkeypatch, Step(users=5, requests=0, failures=0, p95_ms=None, problem="it was aborted"))
    before = file.read_text()
    raising.measure_levels(file, experiment())

    assert file.read_text() == before
    assert "no level was measured" in capsys.readouterr().out


def test_what_is_raised_is_the_baseline_alone_in_short_trials():
    found = for_raising(experiment(study={"budget_s": 600}))

    assert [one.name for one in found.configurations] == ["first"]
    assert (found.study, found.load.window_s, found.machine.max_outside_share) == (None, 4.0, 1)

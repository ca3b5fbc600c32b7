"""What is said of a run's time before it starts, held to what the runs of the reference reports took."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from badgateway.cli.planned import Planned
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.overrides import with_options
from badgateway.plan.worker_checks import plan_worker_checks

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"


class Took(NamedTuple):
    """How long a run took, on the machine of the reference reports."""

    started: str
    trials: int
    trials_s: int
    """From the first one's start to the last one's end, in its raw files; repeated ones are in it."""
    worker_checks_s: int = 0
    """0 where it had none."""


TOOK = {
    "concurrency": Took("2026-11-30T12:44:21Z", 93, 752, 46),
    "export": Took("2026-11-29T17:41:15Z", 50, 872, 18),
    "export-quick": Took("2026-11-30T06:31:27Z", 8, 124, 2),
    "export-servers": Took("2026-11-29T18:08:22Z", 14, 200),
    "servers": Took("2026-11-30T00:13:29Z", 112, 900, 37),
    "servers-quick": Took("2026-11-30T06:26:42Z", 41, 246, 32),
    "story-502": Took("2026-11-30T07:53:17Z", 37, 406),
    "story-502-cores": Took("2026-11-30T00:29:27Z", 24, 183),
    "story-502-deaths": Took("2026-11-30T09:40:13Z", 55, 624),
    "story-502-instances": Took("2026-11-30T00:32:42Z", 30, 219),
    "story-502-load": Took("2026-11-29T21:28:13Z", 24, 182),
    "story-502-memory": Took("2026-11-30T13:01:14Z", 16, 149),
    "story-502-rate": Took("2026-11-30T07:43:56Z", 5, 247),
    "story-502-sizes": Took("2026-11-30T12:57:52Z", 24, 197),
    "story-502-waves": Took("2026-11-30T07:48:10Z", 6, 298),
    "story-504": Took("2026-11-29T17:56:26Z", 51, 698),
    "story-504-full": Took("2026-11-30T03:35:11Z", 3, 624),
    "story-504-often": Took("2026-11-30T07:32:34Z", 10, 672),
}


@cache
def planned(name: str) -> Planned:
    path = ROOT / "experiments" / f"{name.removesuffix('-quick')}.toml"
    asked = with_options(load_experiment(path), variant="quick" if name.endswith("-quick") else None)
    return Planned(path=path, experiment=asked, worker_checks=plan_worker_checks(asked))


def of_as_many(took: Took, plan: Planned) -> float:
    """Return what as many trials as are planned would have taken; a study's number is part of what is foretold."""
    return took.trials_s if plan.forecast else took.trials_s * plan.trials / took.trials


@pytest.mark.parametrize("name", TOOK)
def test_the_trials_of_a_reference_took_about_what_the_plan_says(name):
    plan = planned(name)

    assert 0.75 < plan.trials_s / of_as_many(TOOK[name], plan) < 1.25


@pytest.mark.parametrize("name", TOOK)
def test_no_reference_took_longer_than_the_plan_says_it_takes_at_most(name):
    plan = planned(name)

    assert of_as_many(TOOK[name], plan) <= plan.most_s


@pytest.mark.parametrize("name", [name for name, took in TOOK.items() if took.worker_checks_s > 2])
def test_worker_checks_take_about_what_the_plan_says(name):
    assert 0.75 < planned(name).worker_checks_s / TOOK[name].worker_checks_s < 1.25


def test_the_time_of_every_reference_is_known():
    assert TOOK.keys() == {report.parent.name for report in REFERENCE.glob("*/report.json")}


@pytest.mark.parametrize("name", TOOK)
def test_a_time_is_that_of_the_reference_or_of_another_run_with_the_same_window(name):
    report = json.loads((REFERENCE / name / "report.json").read_text(encoding="utf-8"))
    trials = [one for configuration in report["configurations"] for one in configuration["trials"]]

    if report["started"] == TOOK[name].started:
        assert len(trials) + len(report["other_trials"]) + bool(report["confirmation"]) == TOOK[name].trials
    load = planned(name).experiment.load
    assert report["experiment"]["load"]["users"] == list(load.users)
    assert report["experiment"]["load"]["window_s"] == load.window_s

"""What the earlier runs of an experiment asked otherwise."""

import dataclasses

import pytest

from badgateway.analysis.earlier import differences, earlier_runs
from badgateway.model.manifest import Circumstances
from badgateway.model.raw import MANIFEST, TRIAL
from badgateway.store.run_folder import RunFolder
from tests.declared import experiment
from tests.study.fakes import manifest

OBJECTIVE = {"max_failure_share": 0.01, "p95_ms": 800}


def begun(results, of, *, started="2026-11-21T20:00:00Z", ended=1) -> RunFolder:
    made = dataclasses.replace(
        manifest(of), started=started, circumstances=Circumstances(experiment_digest="abc", earlier=())
    )
    folder = RunFolder.create(results, made)
    for number in range(ended):
        (folder.trials_path / f"{number + 1:03d}-first-5u").mkdir()
        (folder.trials_path / f"{number + 1:03d}-first-5u" / TRIAL).write_text("{}")
    return folder


def test_a_first_run_has_none_before_it(tmp_path):
    assert earlier_runs(tmp_path, experiment()) == ()


def test_runs_of_the_same_name_are_found_oldest_first_with_what_they_asked_otherwise(tmp_path):
    begun(tmp_path, experiment(), started="2026-11-22T20:00:00Z")
    begun(tmp_path, experiment(objective=OBJECTIVE))
    begun(tmp_path, experiment(name="other"))
    first, second = earlier_runs(tmp_path, experiment())

    assert (first.started, first.experiment_digest) == ("2026-11-21T20:00:00Z", "abc")
    assert first.differences == ("objective.p95_ms was 800 and is 1000",)
    assert second.differences == ()


def test_a_run_of_which_nothing_was_seen_was_no_look(tmp_path):
    begun(tmp_path, experiment(objective=OBJECTIVE), ended=0)

    assert earlier_runs(tmp_path, experiment()) == ()


def test_a_link_to_a_run_is_not_a_run_more(tmp_path):
    begun(tmp_path, experiment()).point_latest()

    assert len(earlier_runs(tmp_path, experiment())) == 1


def test_a_run_that_cannot_be_read_is_said_to_be_there(tmp_path):
    (begun(tmp_path, experiment()).path / MANIFEST).write_text("{")
    (found,) = earlier_runs(tmp_path, experiment())

    assert found.started == "2026-11-21T20-00-00Z"
    assert found.differences == ("what it asked is not known: its manifest cannot be read",)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"load": {"locustfile": "x.py", "users": [5, 80]}}, "load.users was 5, 50 and is 5, 80"),
        ({"study": {"margin": 0.1}}, "study.margin was none and is 0.1"),
        (
            {"objective": {"max_failure_share": 0.02, "p95_ms": 1000}},
            "max_failure_share was 0.01 and is 0.02",
        ),
    ],
)
def test_objective_load_and_margin_are_compared(change, told):
    assert told in "; ".join(differences(experiment(), experiment(**change)))


def test_what_decides_on_no_verdict_is_no_difference():
    assert list(differences(experiment(), experiment(question="Another?", seed=9, blocks=3))) == []

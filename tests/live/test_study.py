"""A tiny study on real servers: to its end, and on after a kill that nothing can catch."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from badgateway.analysis.trials import kept_trials
from badgateway.model.raw import MANIFEST, TRIAL
from badgateway.search.trial_queue import trial_queue
from badgateway.store.run_folder import RunFolder
from tests.live.faults.kit import Kit, make_project, run

WHOLE_STUDY_S = 240.0

pytestmark = [pytest.mark.live, pytest.mark.timeout(2 * WHOLE_STUDY_S)]

RACE = "experiments/race.toml"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def killed(project: Path) -> tuple[Path, list[str]]:
    """The folder of a study that was killed in its fourth trial, and the trials that it had kept."""
    kit = Kit(project, "run", RACE, "--no-worker-checks")
    trials = project / "results" / "race"
    kit.await_that(lambda: len(kept(trials)) >= 3, "third trial")
    os.kill(kit.pid, signal.SIGKILL)
    kit.end()
    (folder,) = [one for one in trials.iterdir() if not one.is_symlink()]
    return folder, kept(trials)


@pytest.fixture(scope="module")
def resumed(project: Path, killed: tuple[Path, list[str]]) -> Kit:
    """The same study, gone on with to its end."""
    half = killed[0] / "trials" / ".099-uwsgi-10u"
    half.mkdir()
    kit = Kit(project, "run", RACE, "--no-worker-checks", "--resume")
    kit.end(WHOLE_STUDY_S)
    return kit


def kept(results: Path) -> list[str]:
    return sorted(file.parent.name for file in results.glob(f"2*/trials/[!.]*/{TRIAL}"))


def records(folder: Path) -> list[dict[str, object]]:
    files = sorted(folder.glob(f"trials/[!.]*/{TRIAL}"))
    return [json.loads(file.read_text(encoding="utf-8"))["trial"] for file in files]


def test_a_killed_study_goes_on_behind_the_trials_it_had_kept(killed, resumed):
    folder, before = killed
    after = [file.name for file in sorted((folder / "trials").iterdir())]

    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert "discarded 099-uwsgi-10u, which was only half written" in resumed.errors


def test_no_trial_is_run_twice_and_none_is_missing(killed, resumed):
    found = records(killed[0])
    cells = [(one["configuration"], one["purpose"], one["block"], one["control"], one["attempt"]) for one in found]

    assert [one["position"] for one in found] == list(range(1, len(found) + 1))
    assert len(set(cells)) == len(cells)
    assert {(1, False), (1, True), (2, False), (2, True)} <= {(one["block"], one["control"]) for one in found}


def test_each_trial_is_the_one_that_those_before_it_lead_to(killed, resumed):
    folder = RunFolder(path=killed[0])
    manifest, found = folder.manifest(), kept_trials(folder)

    for number, entry in enumerate(found):
        assert trial_queue(manifest, found[:number]).next_trial() == entry.record.trial


def test_a_server_that_is_dead_at_the_start_has_failed_and_leaves(killed, resumed):
    tried = [one["attempt"] for one in records(killed[0]) if one["configuration"] == "dead"]

    assert tried == [1]


def test_the_capacity_is_searched_and_confirmed_in_an_open_loop(killed, resumed):
    searched = [one for one in records(killed[0]) if one["purpose"] in {"SEARCH", "CONFIRM"}]

    assert {one["configuration"] for one in searched} <= {"uwsgi", "gthread"}
    assert searched
    assert all(one["rate_per_s"] and not one["users"] for one in searched)


def test_the_answer_is_one_of_the_exit_statuses(resumed):
    assert "for race" in resumed.output
    assert "/results/race/latest/report.html\n" in resumed.output


def test_a_study_that_is_whole_is_reported_again_and_nothing_is_started(project, resumed):
    kit, _ = run(project, "run", RACE, "--no-worker-checks", "--resume")

    assert "for race" in kit.output
    assert not any(name in {"mariadbd", "nginx", "uwsgi"} for name, _ in kit.owners)


def test_an_experiment_that_was_changed_is_refused(project, killed, resumed):
    kit, status = run(project, "run", RACE, "--no-worker-checks", "--resume", "--seed", "9")

    assert status == 2
    assert "is a run of another experiment, it differs in seed" in kit.errors


def test_a_manifest_of_another_schema_is_refused(project, killed, resumed):
    other = project / "results" / "other-schema"
    shutil.copytree(killed[0], other)
    manifest = json.loads((other / MANIFEST).read_text())
    (other / MANIFEST).write_text(json.dumps(manifest | {"schema_version": 999}))
    kit, status = run(project, "run", RACE, "--no-worker-checks", "--resume", str(other))

    assert status == 4
    assert "schema version 999, written by badgateway " in kit.errors


def test_a_study_may_ask_at_a_rate(project):
    asked = ["--quick", "--only", "gthread", "--rate", "5", "--blocks", "1", "--no-worker-checks"]
    kit, _ = run(project, "run", RACE, *asked)
    folder = project / "results" / "race-quick-gthread" / "latest"
    compared = [one for one in records(folder) if one["purpose"] == "COMPARE"]

    assert "gthread, 5 tasks/s" in kit.errors
    assert compared
    assert all((one["rate_per_s"], one["users"]) == (5, 0) for one in compared)
    assert "at 5 tasks/s" in (folder / "report.md").read_text(encoding="utf-8")

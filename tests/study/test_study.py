"""An experiment that is a study, without servers: the engine, and going on after a kill."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from badgateway.analysis.run import analyse
from badgateway.analysis.trials import kept_trials
from badgateway.errors import ConfigurationError, DeploymentError, ResultsError
from badgateway.model.comparison import ChoiceKind
from badgateway.model.design import Purpose
from badgateway.model.masking import HIDDEN
from badgateway.model.raw import JOURNAL, TRIAL
from badgateway.model.run_summary import Decision
from badgateway.model.summary import Verdict
from badgateway.model.trial import MachineCheck, TrialStatus
from badgateway.store.run_folder import RunFolder
from badgateway.study import run_experiment as module
from badgateway.study.resume import LATEST, find_run, require_same
from badgateway.study.run_experiment import Finished, resume_experiment, run_experiment
from badgateway.words.choice import sentence
from badgateway.words.progress import stage
from tests.amounts import some_of
from tests.declared import experiment
from tests.ledger.raw_folder import client_row, complete, write_both
from tests.study.fakes import ENVIRONMENT, SaturatedError, Seam, Told

SEARCH = {"lowest": 2, "highest": 60, "max_trials": 4}


class Killed(BaseException):
    """As close as a test in one process comes to kill -9: nothing in the kit handles it."""


def study(**changes):
    asked = {"blocks": 2, "looks": []}
    return experiment(load={"locustfile": "experiments/load.py", "users": [5]}, study=asked | changes)


def one_level(**changes):
    """Return the experiment with a fixed schedule, at one level of load."""
    return experiment(load={"locustfile": "experiments/load.py", "users": [5]}, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run that many tests look at, and none may change."""

    finished: Finished
    results: Path
    told: Told


def _run_once(folder: Path, asked, seam: Seam) -> Ran:
    told = Told()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "read_environment", lambda *_given: ENVIRONMENT)
        finished = run_experiment(
            asked, root=folder, results=folder / "results", command="x", listener=told, effects=seam
        )
    return Ran(finished=finished, results=folder / "results", told=told)


def _seam(folder: Path) -> Seam:
    (folder / "bench").mkdir()
    return Seam(folder / "bench")


@pytest.fixture(scope="module")
def searched(tmp_path_factory) -> Ran:
    """A study to its end, in which the third configuration fails, with the search of the others' capacity."""
    folder = tmp_path_factory.mktemp("searched")
    seam = _seam(folder)
    seam.on_drive = failing("third")
    return _run_once(folder, study(capacity=SEARCH), seam)


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Ran:
    """A study to its end in which nothing fails."""
    folder = tmp_path_factory.mktemp("plain")
    return _run_once(folder, study(), _seam(folder))


@pytest.fixture
def results(tmp_path, monkeypatch, seam):
    monkeypatch.setattr(module, "read_environment", lambda *_given: ENVIRONMENT)
    return tmp_path / "results"


@pytest.fixture
def run(results, told, tmp_path, seam):
    def run_it(of=None):
        asked, command = of or study(), "badgateway run x"
        return run_experiment(asked, root=tmp_path, results=results, command=command, listener=told, effects=seam)

    return run_it


@pytest.fixture
def resume(results, told, tmp_path, seam):
    def resume_it(of=None):
        # A kit that was killed leaves its temporary folder; the next one has another.
        for left in seam.folder.iterdir():
            shutil.rmtree(left)
        found = find_run(LATEST, results, (of or study()).name)
        return resume_experiment(found, of or study(), root=tmp_path, listener=told, effects=seam)

    return resume_it


def failing(name):
    """Return a load in which half of the requests of one configuration fail."""

    def drive(trial, raw) -> None:
        if trial.configuration == name:
            rows = [client_row(f"{trial.position}-{i}", status=502 if i % 2 else 200, **_times()) for i in range(200)]
            write_both(raw, *rows)
            (raw / JOURNAL).unlink()
            complete(raw)

    return drive


def _times():
    now_s = time.time()
    return {"intended_start_s": now_s, "start_s": now_s, "first_byte_s": now_s, "end_s": now_s + 0.02}


def run_trials(results):
    folder = RunFolder.newest(results, "small")
    return [folder.record(one).trial for one in folder.trial_folders()]


def test_a_study_runs_its_blocks_then_searches_the_capacity_of_who_is_left(searched):
    finished, trials = searched.finished, run_trials(searched.results)

    blocks = [trial for trial in trials if trial.purpose is Purpose.COMPARE]
    assert [trial.block for trial in blocks] == [1, 1, 1, 1, 2, 2, 2]
    assert [trial.configuration for trial in blocks if trial.block == 2].count("third") == 0
    assert sum(trial.control for trial in blocks) == 2
    assert {trial.purpose for trial in trials[len(blocks) :]} == {Purpose.SEARCH, Purpose.CONFIRM}
    assert finished.run is not None
    assert finished.run.complete
    assert finished.run.choice is not None
    assert dict(finished.run.choice.capacities).keys() == {"first", "second"}


def test_the_recommendation_and_the_verdicts_are_those_of_the_choice(searched):
    found = searched.finished.run
    assert found is not None
    choice, told = found.choice, found.recommendation

    assert choice is not None
    # Two blocks prove nobody the best, but both keep the objective.
    assert choice.kind is ChoiceKind.EQUIVALENT
    assert (told.decision, told.configuration, told.sentence) == (Decision.PICKED, "first", sentence(choice))
    assert told.ranking[-1] == "third"
    by_name = {one.configuration.name: one.verdict for one in found.configurations}
    assert by_name == {"first": Verdict.PASS, "second": Verdict.PASS, "third": Verdict.FAIL}


def test_trials_of_the_control_and_of_searches_are_in_no_level(searched):
    found = searched.finished.run
    assert found is not None
    counted = [trial for one in found.configurations for level in one.levels for trial in level.trials]

    assert {(one.trial.purpose, one.trial.control) for one in counted} == {(Purpose.COMPARE, False)}
    # Two blocks of those who were left, and one of who failed.
    assert len(counted) == 5


def test_none_qualifies_when_all_fail(run, seam):
    seam.on_drive = lambda trial, raw: failing(trial.configuration)(trial, raw)
    found = run().run

    assert found is not None
    assert found.recommendation.decision is Decision.NONE_QUALIFIES


def test_reports_made_again_from_the_disk_say_the_same(plain):
    finished = plain.finished
    again = analyse(RunFolder.newest(plain.results, "small"))

    assert finished.run is not None
    assert again.choice == finished.run.choice
    assert again.recommendation == finished.run.recommendation


@pytest.mark.parametrize("position", some_of([1, 5, 9], first=[5]))
def test_a_study_that_was_killed_goes_on_with_the_trial_it_would_have_run(  # noqa: PLR0917 # fixtures
    position, run, resume, results, seam, searched
):
    asked = study(capacity=SEARCH)
    whole = run_trials(searched.results)

    def killed_at(trial, raw) -> None:
        failing("third")(trial, raw)
        if trial.position == position:
            raise Killed

    seam.on_drive = killed_at
    with pytest.raises(Killed):
        run(asked)
    assert len(run_trials(results)) == position - 1
    seam.on_drive = failing("third")
    finished = resume(asked)

    assert run_trials(results) == whole
    assert finished.run is not None
    assert finished.run.complete


def test_a_fixed_schedule_that_was_killed_goes_on_too(run, resume, results, seam):
    fixed = one_level(blocks=2)

    def killed_at(trial, raw) -> None:
        if trial.position == 3:
            raise Killed

    seam.on_drive = killed_at
    with pytest.raises(Killed):
        run(fixed)
    seam.on_drive = lambda _trial, _raw: None
    seam.drives = 0
    finished = resume(fixed)

    assert seam.drives == 4
    assert finished.run is not None
    assert finished.run.complete
    assert [trial.position for trial in run_trials(results)] == [1, 2, 3, 4, 5, 6]


def test_half_of_a_trial_is_discarded_and_said_so(run, resume, results, seam, told):
    def killed_at(trial, raw) -> None:
        if trial.position == 2:
            raise Killed

    seam.on_drive = killed_at
    with pytest.raises(Killed):
        run()
    half = RunFolder.newest(results, "small").trials_path / ".002-half"
    half.mkdir()
    (half / TRIAL).write_text("{")
    seam.on_drive = lambda _trial, _raw: None
    resume()

    assert "discarded 002-half, which was only half written" in told.busy
    assert not half.exists()


def test_a_trial_that_was_interrupted_is_run_again(run, resume, results, seam, told):
    def interrupted_at(trial, raw) -> None:
        if trial.position == 3:
            raise KeyboardInterrupt

    seam.on_drive = interrupted_at
    assert run().stopped_by is not None
    seam.on_drive = lambda _trial, _raw: None
    finished = resume()

    assert any("had been interrupted" in line for line in told.busy)
    assert finished.run is not None
    assert finished.run.complete
    assert all(folder.status is TrialStatus.COMPLETED for folder in _records(results))


def _records(results):
    folder = RunFolder.newest(results, "small")
    return [folder.record(one) for one in folder.trial_folders()]


def test_a_run_that_is_whole_starts_nothing_and_is_reported_again(run, resume, seam):
    run()
    seam.drives = 0
    seam.on_set_up = lambda: pytest.fail("MariaDB was started for nothing")

    assert resume().run.complete
    assert seam.drives == 0


def test_a_run_of_another_experiment_is_not_gone_on_with(plain):
    with pytest.raises(ConfigurationError, match="it differs in seed; give the options it was started with"):
        require_same(
            find_run(LATEST, plain.results, study().name), study().model_copy(update={"seed": 7}), plain.results
        )


SECRET = "precious-7f3a"


def with_secret(value):
    return one_level(
        application={"environment": {"SITE_TOKEN": value}, "prepare": [["python", "fill.py", "--password", value]]}
    )


def test_no_file_of_a_run_has_a_secret_and_who_resumes_gives_it_again(run, resume, results):
    run(with_secret(SECRET))
    folder = RunFolder.newest(results, "small")
    files = [file for file in folder.path.rglob("*") if file.is_file()]

    assert folder.manifest().experiment.application.environment == {"SITE_TOKEN": HIDDEN}
    assert [file for file in files if SECRET.encode() in file.read_bytes()] == []
    require_same(folder, with_secret(SECRET), results)
    assert resume(with_secret(SECRET)).run.complete


def test_what_a_run_is_gone_on_with_has_the_secret_again(run, resume, seam, results):
    run(with_secret(SECRET))
    last = RunFolder.newest(results, "small").trial_folders()[-1]
    shutil.rmtree(last)

    resume(with_secret(SECRET))

    assert [one.application.environment["SITE_TOKEN"] for one in seam.asked] == [SECRET, SECRET]


def test_a_run_with_another_secret_is_not_gone_on_with(run, results):
    run(with_secret(SECRET))
    folder = RunFolder.newest(results, "small")

    with pytest.raises(ConfigurationError, match="another value of SITE_TOKEN, and keeps none of them"):
        require_same(folder, with_secret("another"), results)


def test_nor_is_one_whose_database_is_another_by_now(run, results, monkeypatch):
    asked = one_level(database={"url": "env:STAGING_URL"}, application={"prepare": [], "restore": []})
    monkeypatch.setenv("STAGING_URL", f"mysql://me:{SECRET}@staging.example.org/shop")
    run(asked)
    folder = RunFolder.newest(results, "small")
    require_same(folder, asked, results)
    monkeypatch.setenv("STAGING_URL", f"mysql://me:{SECRET}@other.example.org/shop")

    with pytest.raises(ConfigurationError, match="another value of env:STAGING_URL"):
        require_same(folder, asked, results)


def test_a_run_whose_locust_file_was_edited_is_not_gone_on_with(run, results, tmp_path):
    file = tmp_path / "experiments" / "load.py"
    file.parent.mkdir()
    file.write_text("first\n")
    run(one_level())
    folder = RunFolder.newest(results, "small")
    require_same(folder, one_level(), tmp_path)
    file.write_text("second\n")

    with pytest.raises(ConfigurationError, match=r"begun with another experiments/load\.py.*without --resume"):
        require_same(folder, one_level(), tmp_path)


def test_without_a_run_there_is_nothing_to_go_on_with(results):
    with pytest.raises(ResultsError, match="no run to resume"):
        find_run(LATEST, results, study().name)


def test_an_invalid_trial_is_repeated_at_most_twice_and_then_left(run, results, seam, told):
    def fail(trial, raw) -> None:
        if trial.configuration == "second":
            raise SaturatedError

    seam.on_drive = fail
    finished = run()
    tried = [trial.attempt for trial in run_trials(results) if trial.configuration == "second"]

    assert tried == [1, 2, 3]
    assert finished.run is not None
    assert {one.configuration.name: one.verdict for one in finished.run.configurations}["second"] is Verdict.INVALID


def in_blocks():
    return one_level(blocks=2)


def test_an_invalid_trial_of_a_fixed_schedule_is_repeated_behind_the_others_of_its_block(run, results, seam):
    def fail_once(trial, raw) -> None:
        if (trial.position, trial.attempt) == (2, 1):
            raise SaturatedError

    seam.on_drive = fail_once
    finished = run(in_blocks())
    trials = run_trials(results)

    assert [(trial.block, trial.attempt) for trial in trials] == [(1, 1)] * 3 + [(1, 2)] + [(2, 1)] * 3
    assert [trial.position for trial in trials] == list(range(1, 8))
    assert (trials[3].configuration, trials[3].seed) == (trials[1].configuration, trials[1].seed)
    assert finished.run is not None
    assert finished.run.complete
    assert {one.verdict for one in finished.run.configurations} == {Verdict.PASS}


def test_a_trial_of_a_fixed_schedule_that_stays_invalid_is_run_three_times_in_each_block(run, results, seam, told):
    def fail(trial, raw) -> None:
        if trial.configuration == "second":
            raise SaturatedError

    seam.on_drive = fail
    finished = run(in_blocks())
    tried = [(trial.block, trial.attempt) for trial in run_trials(results) if trial.configuration == "second"]

    assert tried == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    known = [outlook.trials for outlook in told.outlooks]
    assert (known[0], known[-1], known) == (6, 10, sorted(known))
    assert finished.run is not None
    assert finished.run.complete


@pytest.mark.parametrize("position", some_of(range(1, 9), first=[4]))
def test_a_fixed_schedule_with_repeats_goes_on_after_a_kill_as_it_would_have(position, run, resume, results, seam):
    def fail(trial, raw) -> None:
        if trial.configuration == "second" and (trial.block, trial.attempt) in {(1, 1), (1, 2), (2, 1)}:
            raise SaturatedError

    seam.on_drive = fail
    run(in_blocks())
    whole = run_trials(results)
    assert len(whole) == 9

    def killed_at(trial, raw) -> None:
        if trial.position == position:
            raise Killed
        fail(trial, raw)

    seam.on_drive = killed_at
    with pytest.raises(Killed):
        run(in_blocks())
    seam.on_drive = fail
    resume(in_blocks())

    assert run_trials(results) == whole


def test_a_run_of_before_trials_were_repeated_is_whole_without_repeats(run, results, seam, monkeypatch):
    monkeypatch.setattr(module, "ATTEMPTS", 1)

    def fail(trial, raw) -> None:
        if trial.configuration == "second":
            raise SaturatedError

    seam.on_drive = fail
    finished = run(in_blocks())

    assert len(run_trials(results)) == 6
    assert finished.run is not None
    assert finished.run.complete


def test_a_trial_on_a_disturbed_machine_is_repeated(run, results, seam, monkeypatch):
    checks = iter([0.9])

    def check() -> MachineCheck:
        allowed = study().machine
        return MachineCheck(steal_share=0, outside_share=next(checks, 0), clock_step_s=0, allowed=allowed)

    seam.on_check_machine = check
    run()
    trials = run_trials(results)

    assert sorted(trial.attempt for trial in trials)[-2:] == [1, 2]
    assert trials[0].configuration in {trial.configuration for trial in trials if trial.attempt == 2}
    first, *_ = kept_trials(RunFolder.newest(results, "small"))
    assert first.record.machine is not None
    assert first.record.machine.outside_share == 0.9


def test_a_database_that_ends_stops_the_run_behind_the_trial(run, results, seam, monkeypatch):
    def ended(_bench) -> None:
        raise DeploymentError("MariaDB ended by itself")

    monkeypatch.setattr("badgateway.study.bench.Bench.check", ended)
    finished = run()

    assert isinstance(finished.stopped_by, DeploymentError)
    assert len(run_trials(results)) == 1


def test_who_watches_is_told_the_stage_who_stands_and_the_time_left(searched):
    first, last = searched.told.outlooks[0], searched.told.outlooks[-1]

    assert (stage(first), first.remaining) == ("block 1 of 2", 3)
    assert first.left_s > 60
    assert stage(last).startswith("capacity")
    assert last.remaining == 2


def test_a_pick_is_confirmed_at_the_rate_that_was_declared(run, results, seam):
    fixed = one_level(blocks=2, confirmation={"rate_per_s": 20, "window_s": 3})
    finished = run(fixed)
    *scheduled, last = run_trials(results)

    assert len(scheduled) == 6
    assert (last.purpose, last.rate_per_s, last.window_s) == (Purpose.CONFIRM, 20, 3)
    assert finished.run is not None
    assert last.configuration == finished.run.recommendation.configuration
    assert finished.run.complete


def test_a_confirmation_that_is_invalid_is_tried_three_times(run, results, seam):
    seam.open_loop = None
    run(one_level(blocks=2, confirmation={"rate_per_s": 20}))

    assert [trial.attempt for trial in run_trials(results) if trial.purpose is Purpose.CONFIRM] == [1, 2, 3]


def test_without_a_pick_there_is_nothing_to_confirm(run, results, seam):
    seam.on_drive = lambda trial, raw: failing(trial.configuration)(trial, raw)
    finished = run(one_level(confirmation={"rate_per_s": 20}))

    assert {trial.purpose for trial in run_trials(results)} == {Purpose.COMPARE}
    assert finished.run is not None
    assert finished.run.complete

"""What is switched on a site that already runs is compared by blocks as they come, whoever stops in between."""

from contextlib import contextmanager

import pytest

from badgateway.model.experiment import Experiment
from badgateway.model.raw import TRIAL
from badgateway.model.site_log import SiteLog, write_site_logs
from badgateway.store.run_folder import RunFolder
from badgateway.study import run_experiment as module
from badgateway.study.more_blocks import run_to_go_on_with, with_more_blocks
from badgateway.study.run_experiment import Finished, resume_experiment, run_experiment
from tests.declared import experiment
from tests.study.fakes import ENVIRONMENT

SITE = {"url": "https://staging.example.org", "i_may_load": "staging.example.org"}


def attached(label: str = "four-workers", *, users: tuple[int, ...] = (5,), **more: object) -> Experiment:
    one = {"name": label, "server": "kit:attached", "kind": "attached", "driver": "none", "workers": 1}
    load = {"locustfile": "load.py", "users": list(users)}
    return experiment(
        **{"target": SITE, "load": load, "database": {"system": "none"}, "configurations": [one], "seed": 7, **more},
        application={"prepare": [], "restore": [], "wait_path": None},
    )


class Site:
    """Runs experiments on it, as the command does."""

    def __init__(self, seam, told, folder) -> None:
        self.results = folder / "results"
        self._seam, self._told, self._root = seam, told, folder

    def run(self, of: Experiment) -> Finished:
        before = run_to_go_on_with(self.results, of, self._root)
        if before is not None:
            merged = with_more_blocks(before, of, "badgateway run again")
            return resume_experiment(before, merged, root=self._root, listener=self._told, effects=self._seam)
        return run_experiment(
            of,
            root=self._root,
            results=self.results,
            command="badgateway run",
            listener=self._told,
            effects=self._seam,
        )

    def blocks(self) -> list[tuple[str, int, int]]:
        folder = RunFolder.newest(self.results, "small")
        records = (folder.record(trial) for trial in folder.trial_folders())
        return [(one.trial.configuration, one.trial.block, one.trial.seed) for one in records]


@pytest.fixture
def site(seam, told, tmp_path, monkeypatch) -> Site:
    monkeypatch.setattr(module, "read_environment", lambda *_given: ENVIRONMENT)
    return Site(seam, told, tmp_path)


def test_each_label_is_a_configuration_and_each_run_of_it_its_next_block(site):
    for label in ("four-workers", "eight-workers", "eight-workers", "four-workers"):
        finished = site.run(attached(label))

    assert finished.run is not None
    assert finished.run.complete
    assert [(name, block) for name, block, _ in site.blocks()] == [
        ("four-workers", 1),
        ("eight-workers", 1),
        ("eight-workers", 2),
        ("four-workers", 2),
    ]
    assert [one.configuration.name for one in finished.run.configurations] == ["four-workers", "eight-workers"]
    assert len(list((site.results / "small").glob("*/manifest.json"))) == 2  # latest leads to the one


def test_the_same_block_of_two_labels_has_the_same_requests(site):
    site.run(attached("a"))
    site.run(attached("b", seed=99))
    (_, _, first), (_, _, second) = site.blocks()
    assert first == second


@pytest.mark.parametrize(
    "other",
    [
        {"users": (6,)},
        {"target": {**SITE, "most_users": 9}},
        {"objective": {"max_failure_share": 0.1, "p95_ms": 1000}},
    ],
    ids=["load", "target", "objective"],
)
def test_who_asks_something_else_begins_anew(site, other):
    site.run(attached())
    site.run(attached(**other))
    assert len(site.blocks()) == 1


def test_a_locust_file_that_was_edited_asks_something_else(site, tmp_path):
    (tmp_path / "load.py").write_text("first\n")
    site.run(attached("a"))
    site.run(attached("b"))
    assert len(site.blocks()) == 2

    (tmp_path / "load.py").write_text("second\n")
    site.run(attached("b"))
    assert [name for name, _, _ in site.blocks()] == ["b"]


def test_what_was_planned_and_not_run_is_not_run_under_another_label(site, seam):
    def stop(_trial, _raw) -> None:
        raise KeyboardInterrupt

    site.run(attached("a"))
    seam.on_drive = stop
    site.run(attached("b"))
    seam.on_drive = lambda _trial, _raw: None
    finished = site.run(attached("c"))

    assert [name for name, _, _ in site.blocks()] == ["a", "c"]
    assert finished.run is not None
    assert finished.run.complete


def test_a_trial_of_which_ctrl_c_took_the_logs_alone_is_kept(site, seam):
    deploy = seam.deploy

    @contextmanager
    def bringing(*given, raw, **more):
        with deploy(*given, raw=raw, **more) as deployment:
            yield deployment
        write_site_logs(raw, (SiteLog(told_as="ssh ...", file="", problem="Ctrl-C"),))
        raise KeyboardInterrupt

    seam.deploy = bringing
    finished = site.run(attached("a"))
    seam.deploy = deploy
    assert isinstance(finished.stopped_by, KeyboardInterrupt)
    assert finished.run is not None

    site.run(attached("a"))
    assert [(name, block) for name, block, _ in site.blocks()] == [("a", 1), ("a", 2)]


def test_a_trial_that_cannot_be_trusted_is_not_repeated_for_the_site_may_be_another_by_then(site, seam):
    def spoil(_trial, raw) -> None:
        (raw / "client.csv").write_text("x\n")

    seam.on_drive = spoil
    site.run(attached("a"))
    seam.on_drive = lambda _trial, _raw: None
    site.run(attached("b"))
    assert [(name, block) for name, block, _ in site.blocks()] == [("a", 1), ("b", 1)]


def test_a_trial_whose_record_is_lost_is_set_aside(site):
    site.run(attached("a"))
    folder = RunFolder.newest(site.results, "small")
    (folder.trial_folders()[0] / TRIAL).write_text("{")
    site.run(attached("a"))
    assert [(name, block) for name, block, _ in site.blocks()] == [("a", 1)]


def test_several_blocks_and_levels_at_once_are_run_one_after_the_other(site):
    site.run(attached("a", users=(5, 9), blocks=2))
    site.run(attached("a", users=(5, 9), blocks=1))
    assert sorted(block for _, block, _ in site.blocks()) == [1, 1, 2, 2, 3, 3]

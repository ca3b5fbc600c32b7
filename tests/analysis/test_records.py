"""A record that is damaged costs its own trial, and no other."""

import dataclasses
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from badgateway.analysis.records import Unreadable, read_records, uncounted
from badgateway.analysis.run import analyse, publish
from badgateway.errors import ResultsError
from badgateway.model.design import Purpose
from badgateway.model.raw import TRIAL
from badgateway.model.summary import Verdict
from badgateway.model.trial import Trial
from badgateway.report.grid import every_trial
from badgateway.store.run_folder import RunFolder
from badgateway.study.endings import aborted
from badgateway.study.resume import clear_remains
from badgateway.words.verdict_reasons import said
from tests.study.fakes import manifest, small

pytestmark = pytest.mark.fault("damage", always=True)


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    """A run in which no server came up."""
    run = RunFolder.create(tmp_path / "results", manifest(small()))
    for trial in run.manifest().trials:
        raw = tmp_path / "raw"
        raw.mkdir()
        run.keep_trial(aborted(trial, "no server came up", 0.0), raw)
    return run


DAMAGES = (
    b"",
    b"{}",
    b"[" * 900,
    b'{"trial": NaN}',
    b"\xff\xfe\x00",
    b'{"trial": {"block": ' + b"9" * 5001 + b"}}",
)


@pytest.mark.parametrize("content", DAMAGES)
def test_a_damaged_record_makes_its_trial_invalid_by_name_and_no_other(folder, content):
    first, *others = folder.trial_folders()
    (first / TRIAL).write_bytes(content)
    trials = {trial.trial.id: trial for trial in every_trial(analyse(folder))}

    assert trials[first.name].verdict is Verdict.INVALID
    assert said(trials[first.name].reasons)[0].startswith("trial.json: damaged: ")
    assert len(said(trials[first.name].reasons)[0].splitlines()) == 1
    assert all(trials[other.name].reasons == ("no server came up",) for other in others)


def test_a_record_that_is_gone_or_of_another_trial_is_damaged_too(folder):
    first, second, _ = folder.trial_folders()
    shutil.copyfile(first / TRIAL, second / TRIAL)
    (first / TRIAL).unlink()
    problems = [one.problem for _, one in read_records(folder, folder.manifest()) if isinstance(one, Unreadable)]

    assert problems == ["trial.json: is missing", f"trial.json: damaged: it is of the trial {first.name}"]


def put_a_socket(path: Path) -> None:
    # A socket's path may have 107 bytes, and pytest's folders are deep.
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"{short}/s")
        Path(short, "s").rename(path)


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "a pipe"),
    "socket": (put_a_socket, "a socket"),
    "link": (lambda path: path.symlink_to(path.with_name("aside")), "a symbolic link"),
    "link to nothing": (lambda path: path.symlink_to("nowhere"), "a symbolic link"),
    "file": (Path.touch, "a file"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_in_the_place_of_a_trials_folder_makes_it_invalid_by_name(other, folder):
    put, kind = OTHERS[other]
    first, *others = folder.trial_folders()
    first.rename(first.with_name("aside"))
    put(first)
    trials = {trial.trial.id: trial for trial in every_trial(analyse(folder))}

    assert trials[first.name].verdict is Verdict.INVALID
    (reason,) = said(trials[first.name].reasons)
    assert reason == f"trial.json: is not there: the trial's folder is {kind}; put the folder itself there"
    assert len(trials) == 1 + len(others)
    assert uncounted(folder, folder.manifest()) == (first.with_name("aside"),)
    assert clear_remains(folder)
    assert folder.trial_folders() == tuple(others)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices")
def test_a_device_in_the_place_of_a_trials_folder_is_not_opened(folder):
    first, *_ = folder.trial_folders()
    shutil.rmtree(first)
    try:
        os.mknod(first, 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this container may not make devices")

    assert "the trial's folder is a device" in "".join(
        reason for trial in every_trial(analyse(folder)) for reason in said(trial.reasons)
    )


def test_a_trial_under_a_name_that_is_none_is_told_and_its_plan_is_not_complete(folder):
    first, *others = folder.trial_folders()
    broken = first.rename(first.with_name(f"{first.name}\n"))
    (folder.trials_path / f"damaged-{first.name}").mkdir()
    (folder.trials_path / f"damaged-{first.name}" / TRIAL).touch()
    run = analyse(folder)

    assert uncounted(folder, folder.manifest()) == (broken,)
    assert len(every_trial(run)) == len(others)
    assert not run.complete


def test_what_is_no_trial_is_let_be(folder):
    before = folder.trial_folders()
    (folder.trials_path / ".DS_Store").write_text("a Mac was here")
    (folder.trials_path / "notes.txt").write_text("look at the third")
    (folder.trials_path / "copy of 001").mkdir()
    shutil.copytree(before[0], folder.trials_path / "001-unknown-5u")

    assert len(every_trial(analyse(folder))) == len(before)
    assert [one.name for one in uncounted(folder, folder.manifest())] == ["001-unknown-5u"]
    assert clear_remains(folder) == ()
    assert (folder.trials_path / ".DS_Store").exists()


def test_resume_sets_a_damaged_trial_aside_and_runs_it_again(folder):
    first, *others = folder.trial_folders()
    (first / TRIAL).write_text("{")
    (said,) = clear_remains(folder)

    assert said.startswith(f"set aside {first.name} as damaged-{first.name}: it is run again (trial.json: damaged: ")
    assert folder.trial_folders() == tuple(others)
    assert (folder.trials_path / f"damaged-{first.name}" / TRIAL).read_text() == "{"


def test_a_trial_damaged_twice_is_set_aside_twice(folder):
    first, *_ = folder.trial_folders()
    for _ in range(2):
        first.mkdir(exist_ok=True)
        (first / TRIAL).write_text("{")
        clear_remains(folder)

    assert (folder.trials_path / f"damaged-{first.name}-2").is_dir()


@pytest.mark.parametrize("users", [{"users": 5}, {"rate_per_s": 12.5}, {"rate_per_s": 1e-05}])
@pytest.mark.parametrize("name", ["uwsgi-2", "a-5u-1rps", "x-again", "y-attempt-2"])
@pytest.mark.parametrize(
    "others", [{}, {"control": True}, {"purpose": Purpose.SEARCH, "attempt": 3}, {"database_distance_ms": 1.5}]
)
def test_a_trial_is_known_by_the_name_of_its_folder(users, name, others):
    trial = Trial(block=1, position=7, configuration=name, seed=0, **users, **others)

    assert Trial.named(trial.id) == trial


@pytest.mark.parametrize(
    "name", ["", ".DS_Store", "001", "001-x", "001-x-0u", "1-x-5u", "damaged-001-x-5u", "x" * 5000]
)
def test_other_names_are_no_trials(name):
    assert Trial.named(name) is None


def test_reports_and_ledgers_go_where_they_are_asked_for_and_nothing_into_the_run(folder, tmp_path):
    before = sorted(os.walk(folder.path))
    elsewhere = dataclasses.replace(folder, derived=tmp_path / "out" / "deep")
    report = publish(elsewhere, analyse(elsewhere))

    assert report == tmp_path / "out" / "deep" / "report.html"
    assert sorted(os.walk(folder.path)) == before


def test_a_run_knows_whether_it_can_be_written(folder, monkeypatch):
    assert folder.is_writable()
    read_only = folder.trial_folders()[0]
    monkeypatch.setattr(os, "access", lambda path, _mode: path != read_only)

    assert not folder.is_writable()


def test_a_damaged_manifest_is_told_in_one_line(folder):
    for content in (b"{", b"[" * 900, b'{"schema_version": "' + b"x" * 5000 + b'"}', b'{"schema_version": 1}'):
        (folder.path / "manifest.json").write_bytes(content)
        with pytest.raises(ResultsError) as caught:
            folder.manifest()

        assert str(caught.value).startswith(f"{folder.path}/manifest.json: ")
        assert len(str(caught.value)) < 500

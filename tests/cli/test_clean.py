"""Old runs go when somebody agrees, and nothing else goes."""

import fcntl
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from badgateway.cli.entry import cli
from badgateway.model.raw import MANIFEST
from badgateway.store.run_lock import LOCK

DAY_S = 86400


def run_of(results: Path, experiment: str, name: str, age_days: float) -> Path:
    run = results / experiment / name
    (run / "trials" / "1").mkdir(parents=True)
    (run / "trials" / "1" / "client.csv").write_bytes(b"x" * 100_000)
    manifest = run / MANIFEST
    manifest.write_text("{}")
    when = run.stat().st_mtime - age_days * DAY_S
    os.utime(manifest, (when, when))
    os.utime(run, (when, when))
    return run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    place = tmp_path / "results"
    old, newest = run_of(place, "one", "2026-01-01", 9), run_of(place, "one", "2026-01-05", 5)
    (place / "one" / "latest").symlink_to(old.name)
    run_of(place, "two", "2026-01-03", 7)
    (place / "reference" / "one").mkdir(parents=True)
    (place / "reference" / "one" / "report.md").write_text("kept")
    assert newest.is_dir()
    return place


def clean(results: Path, *more: str, answer: str = ""):
    return CliRunner().invoke(cli, ["clean", "--results", str(results), *more], input=answer)


def runs(results: Path) -> set[str]:
    return {file.parent.name for file in results.glob(f"*/*/{MANIFEST}") if not file.parent.is_symlink()}


def test_the_newest_run_of_each_experiment_stays_and_so_does_what_is_no_run(results):
    told = clean(results, "--yes")

    assert told.exit_code == 0
    assert "2026-01-01" in told.output
    assert "removed 1 folder, " in told.output
    assert runs(results) == {"2026-01-05", "2026-01-03"}
    assert (results / "reference" / "one" / "report.md").read_text() == "kept"
    # A link to what is gone leads nowhere.
    assert not (results / "one" / "latest").is_symlink()


def test_without_a_terminal_and_without_yes_it_only_lists(results):
    told = clean(results)

    assert told.exit_code == 0
    assert "1 folder, " in told.stderr
    assert "could be removed: give --yes" in told.stderr
    assert len(runs(results)) == 3


def test_how_many_stay_and_how_old_they_must_be_can_be_said(results):
    clean(results, "--yes", "--keep", "0", "--older", "144h")

    assert runs(results) == {"2026-01-05"}


def test_a_run_that_is_going_on_stays(results):
    going = results / "one" / "2026-01-01"
    lock = os.open(going / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        told = clean(results, "--yes")
    finally:
        os.close(lock)

    assert told.output == "nothing to remove\n"
    assert len(runs(results)) == 3


def test_a_link_in_a_run_is_removed_and_not_followed(results, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "row").write_text("mine")
    (results / "one" / "2026-01-01" / "link").symlink_to(precious)
    clean(results, "--yes")

    assert (precious / "row").read_text() == "mine"


def test_environments_go_only_when_they_are_named_and_only_those_of_the_kit(results, tmp_path, monkeypatch):
    (tmp_path / ".venv").mkdir()
    monkeypatch.chdir(tmp_path)
    assert ".venv" not in clean(results, "--environments").output
    (tmp_path / "noxfile.py").touch()
    (tmp_path / "badgateway").mkdir()
    assert ".venv" not in clean(results).output
    clean(results, "--environments", "--yes")

    assert not (tmp_path / ".venv").exists()


def test_what_is_no_folder_is_refused(results, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    for named in (tmp_path / "file", tmp_path / "no-such-folder"):
        told = clean(named)
        assert told.exit_code == 2
        assert str(named) in told.stderr

    monkeypatch.chdir(tmp_path / "results" / "one")
    assert CliRunner().invoke(cli, ["clean"]).output == "nothing to remove\n"

"""Logs that come late are brought once more, and what is there is never exchanged for less."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.running_site import RunningSite
from badgateway.model.site_log import SiteLog, read_site_logs, write_site_logs
from badgateway.stack import site_logs
from badgateway.store.run_folder import RunFolder
from badgateway.study.collect import Collected, collect
from tests.analysis.test_site_evidence import RECORD, ROWS, combined, evidence
from tests.study.fakes import manifest
from tests.study.test_more_blocks import attached

FILE = "site-log-1-access.log"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> RunFolder:
    monkeypatch.setattr(site_logs, "FLUSH_S", 0.05)
    declared = attached()
    assert isinstance(declared.target, RunningSite)
    target = declared.target.model_copy(update={"logs": ("access.log",)})
    return RunFolder.create(tmp_path / "results", manifest(declared.model_copy(update={"target": target})))


def keep(folder: RunFolder, raw: Path, *lines: str, problem: str = "") -> Path:
    """Keep a trial with a log that has these lines."""
    raw.mkdir()
    evidence(raw, ROWS)
    (raw / FILE).write_text("".join(f"{line}\n" for line in lines))
    write_site_logs(raw, (SiteLog(told_as="access.log", file=FILE, problem=problem),))
    record = replace(RECORD, trial=replace(RECORD.trial, configuration="four-workers", users=5))
    return folder.keep_trial(record, raw)


def collected(folder: RunFolder, root: Path, *lines: str) -> Collected:
    (root / "access.log").write_text("".join(f"{line}\n" for line in lines))
    (found,) = collect(folder, root)
    return found


def test_lines_that_came_late_take_the_place_of_fewer(folder, tmp_path):
    trial = keep(folder, tmp_path / "raw", *map(combined, ROWS[:10]))
    found = collected(folder, tmp_path, "an older line", *map(combined, ROWS))

    assert (found.before, found.requests, found.problem) == (10, 40, "")
    assert len((trial / FILE).read_text().splitlines()) == 41
    assert folder.damages(trial) == ()


def test_a_packed_log_tells_of_its_requests_too(folder, tmp_path):
    keep(folder, tmp_path / "raw", *map(combined, ROWS[:10]))
    (tmp_path / "access.log").write_bytes(gzip.compress("\n".join(map(combined, ROWS)).encode()))
    (found,) = collect(folder, tmp_path)

    assert (found.before, found.requests) == (10, 40)


def test_a_log_that_was_rotated_meanwhile_takes_nothing_away(folder, tmp_path):
    trial = keep(folder, tmp_path / "raw", *map(combined, ROWS))
    found = collected(folder, tmp_path, "a line of today")

    assert (found.before, found.requests) == (40, 40)
    assert len((trial / FILE).read_text().splitlines()) == 40
    assert folder.damages(trial) == ()


def test_what_could_not_be_had_and_now_can_is_no_problem_any_more(folder, tmp_path):
    trial = keep(folder, tmp_path / "raw", problem="it was rotated")
    assert collected(folder, tmp_path, *map(combined, ROWS)).problem == ""
    assert [one.problem for one in read_site_logs(trial)] == [""]


def test_a_trial_that_was_altered_stays_as_it_is(folder, tmp_path):
    trial = keep(folder, tmp_path / "raw", combined(ROWS[0]))
    (trial / FILE).write_text("altered\n")
    (tmp_path / "access.log").write_text(combined(ROWS[0]))
    assert list(collect(folder, tmp_path)) == []
    assert folder.damages(trial)


def test_a_run_that_started_its_servers_has_its_logs(tmp_path):
    own = RunFolder.create(tmp_path / "own", manifest())
    with pytest.raises(ConfigurationError, match="started its servers itself"):
        list(collect(own, tmp_path))

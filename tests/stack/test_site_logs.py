"""Of a site's logs a trial gets what was written meanwhile, and is told what it could not get."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError, RawDataError
from badgateway.model.raw import SITE_LOGS
from badgateway.model.running_site import LogCommand
from badgateway.model.site_log import SiteLog, read_site_logs
from badgateway.stack import site_logs
from badgateway.stack.site_logs import SiteLogs

ID = "0a1b2c3d-1"


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(site_logs, "FLUSH_S", 0.05)
    monkeypatch.setattr(site_logs, "LOOK_S", 0.01)


def brought(logs: SiteLogs, raw: Path, *ids: str) -> tuple[SiteLog, ...]:
    raw.mkdir()
    with closing(logs):
        logs.bring(raw, ids)
    return read_site_logs(raw)


def test_a_file_gives_what_was_appended_since(tmp_path):
    file = tmp_path / "access.log"
    file.write_text("before\n")
    logs = SiteLogs(["access.log"], tmp_path)
    with file.open("a") as more:
        more.write(f"{ID}\n")

    (found,) = brought(logs, tmp_path / "raw", ID)
    assert found == SiteLog(told_as="access.log", file="site-log-1-access.log")
    assert (tmp_path / "raw" / found.file).read_text() == f"{ID}\n"


def test_files_of_one_name_are_kept_apart(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "access.log").touch()
    found = brought(SiteLogs(["a/access.log", str(tmp_path / "b/access.log")], tmp_path), tmp_path / "raw")
    assert len({one.file for one in found}) == 2


def test_a_log_that_is_rotated_under_way_is_brought_from_both_files(tmp_path):
    file = tmp_path / "access.log"
    file.write_text("before\n")
    logs = SiteLogs(["access.log"], tmp_path)
    with file.open("a") as more:
        more.write("moved away\n")
    file.rename(tmp_path / "access.log.1")
    file.write_text(f"{ID}\n")

    (found,) = brought(logs, tmp_path / "raw", ID)
    assert found.problem == ""
    assert (tmp_path / "raw" / found.file).read_text() == f"moved away\n{ID}\n"


def test_what_a_log_had_that_was_emptied_under_way_is_said_to_be_missing(tmp_path):
    file = tmp_path / "access.log"
    file.write_text("before\n" * 9)
    logs = SiteLogs(["access.log"], tmp_path)
    file.write_text(f"{ID}\n")

    (found,) = brought(logs, tmp_path / "raw", ID)
    assert "was emptied during the trial" in found.problem
    assert (tmp_path / "raw" / found.file).read_text() == f"{ID}\n"


def test_a_log_that_was_emptied_and_is_longer_than_before_by_now_is_no_whole_one(tmp_path):
    file = tmp_path / "access.log"
    file.write_text("before\n")
    logs = SiteLogs(["access.log"], tmp_path)
    file.write_text(f"the first line of many\n{ID}\n")

    (found,) = brought(logs, tmp_path / "raw", ID)
    assert "was emptied during the trial" in found.problem
    assert (tmp_path / "raw" / found.file).read_text() == f"the first line of many\n{ID}\n"


def test_a_file_that_is_gone_costs_no_trial(tmp_path):
    file = tmp_path / "access.log"
    file.touch()
    logs = SiteLogs(["access.log"], tmp_path)
    file.write_text(f"{ID}\n")
    file.unlink()
    (found,) = brought(logs, tmp_path / "raw", ID)
    assert "No such file" in found.problem
    assert (tmp_path / "raw" / found.file).read_text() == f"{ID}\n"


def test_who_does_not_wait_for_a_log_keeps_the_load_and_is_told_what_brings_it(tmp_path, monkeypatch):
    def interrupt(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "access.log").touch()
    monkeypatch.setattr(site_logs, "demand_end", interrupt)
    told = LogCommand(command=(sys.executable, "-c", ""))
    with pytest.raises(KeyboardInterrupt):
        brought(SiteLogs(["access.log", told, told], tmp_path), tmp_path / "raw")

    whole, begun, waiting = read_site_logs(tmp_path / "raw")
    assert (whole.problem, waiting.file) == ("", "")
    assert all("badgateway collect" in one.problem for one in (begun, waiting))


def test_a_file_that_cannot_be_read_is_refused_before_anything_is_loaded(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"target.logs: nope.log cannot be read: No such file.*\{command = "
    ) as error:
        SiteLogs(["nope.log"], tmp_path)
    assert "\n" not in str(error.value)


def test_a_file_beyond_the_bound_is_cut_and_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(site_logs, "MOST_BYTES", 1 << 20)
    (tmp_path / "access.log").touch()
    logs = SiteLogs(["access.log"], tmp_path)
    (tmp_path / "access.log").write_bytes(b"x" * ((1 << 20) + 1))
    (found,) = brought(logs, tmp_path / "raw")
    assert "more than 1 MiB" in found.problem
    assert (tmp_path / "raw" / found.file).stat().st_size == 1 << 20


def test_what_a_command_prints_beyond_the_bound_is_cut_and_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr(site_logs, "MOST_BYTES", 1 << 20)
    much = LogCommand(command=(sys.executable, "-c", f"print('x' * {(1 << 20) + 1})"))
    (found,) = brought(SiteLogs([much], tmp_path), tmp_path / "raw")
    assert "more than 1 MiB" in found.problem
    assert (tmp_path / "raw" / found.file).stat().st_size == 1 << 20


def test_a_command_is_run_after_the_load_with_the_time_at_which_it_began(tmp_path):
    print_it = [sys.executable, "-c", "import sys; print(sys.argv[1])", "--since=${since}"]
    (found,) = brought(SiteLogs([LogCommand(command=tuple(print_it))], tmp_path), tmp_path / "raw")
    said = (tmp_path / "raw" / found.file).read_text()
    assert found.problem == ""
    assert said.startswith("--since=2")
    assert said.strip().endswith("Z")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("no-such-program",), "no-such-program"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "status 3"),
        (("sleep", "60"), "did not end within 0.2 s"),
    ],
)
def test_a_command_that_fails_or_hangs_costs_no_trial_and_says_why(tmp_path, monkeypatch, command, words):
    if command[0] == "sleep":
        monkeypatch.setattr(site_logs, "COMMAND_S", 0.2)
    (found,) = brought(SiteLogs([LogCommand(command=command)], tmp_path), tmp_path / "raw")
    assert words in found.problem
    assert "\n" not in found.problem


@pytest.mark.parametrize(
    "content",
    ["", "{}", '[{"file": "x"}]', *(json.dumps([{"told_as": "x", "file": file}]) for file in ("../x", 2, "a\0"))],
)
def test_a_list_that_is_damaged_is_believed_in_nothing(tmp_path, content):
    (tmp_path / SITE_LOGS).write_text(content)
    if content == "{}":
        assert read_site_logs(tmp_path) == ()
        return
    with pytest.raises(RawDataError, match=SITE_LOGS):
        read_site_logs(tmp_path)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_that_stays_is_refused_and_not_waited_for(tmp_path, kind):
    log = Path("/dev/null") if kind == "device" else tmp_path / "access.log"
    if kind == "pipe":
        os.mkfifo(log)
    elif kind == "folder":
        log.mkdir()
    with pytest.raises(ConfigurationError, match=r"target\.logs: .* is no file that stays.*; name a log"):
        SiteLogs([str(log)], tmp_path)


def test_a_command_that_is_a_script_names_no_file_by_what_stands_in_it(tmp_path):
    (found,) = brought(SiteLogs([LogCommand(command=("sh", "-c", "echo hunter2"))], tmp_path), tmp_path / "raw")
    assert (found.told_as, found.file) == ("sh ...", "site-log-1-log")

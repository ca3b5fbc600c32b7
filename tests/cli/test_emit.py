"""The files of a deployment as a user asks for them."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from badgateway.cli.entry import cli
from tests.emit.subjects import REFERENCE, ROOT

REPORT = REFERENCE / "servers" / "report.json"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deploy"


def emit(*arguments: object) -> Result:
    words = [str(one) for one in arguments]
    return CliRunner().invoke(cli, ["emit", *words, "--project", str(ROOT)], prog_name="badgateway")


@pytest.mark.parametrize("run", [REPORT, REPORT.parent])
def test_the_picks_files_are_written_and_listed(run, out):
    done = emit(run, "--out", out)

    assert done.exit_code == 0
    assert sorted(done.stdout.split()) == sorted(str(file) for file in out.rglob("*") if file.is_file())
    assert done.stderr == f"badgateway: read {out}/WHY.md first\n"
    assert "processes = 16" in (out / "server" / "uwsgi.ini").read_text()


def test_a_link_to_the_newest_run_is_followed(tmp_path, out):
    run = tmp_path / "results" / "servers" / "2026"
    run.mkdir(parents=True)
    shutil.copy(REPORT, run)
    (run.parent / "latest").symlink_to("2026")

    assert emit(run.parent, "--out", out).exit_code == 0


def test_one_that_failed_is_written_by_name_and_said_to_have_failed(out):
    done = emit(REPORT, "uwsgi-2", "--out", out)

    assert done.exit_code == 0
    assert "uwsgi-2 did not keep the objective (FAIL)" in done.stderr


def test_a_file_that_is_there_is_left_and_shown_as_a_patch(out):
    mine = out / "server" / "uwsgi.ini"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    refused, shown = emit(REPORT, "--out", out), emit(REPORT, "--out", out, "--diff")

    assert refused.exit_code == 2
    assert "uwsgi.ini: is there already, and nothing was written" in refused.stderr
    assert shown.exit_code == 0
    assert "--- a/server/uwsgi.ini" in shown.stdout
    assert "-mine" in shown.stdout
    assert [file for file in out.rglob("*") if file.is_file()] == [mine]
    assert mine.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere",), "nowhere: is neither a run's folder nor its report.json"),
        ((REPORT, "nobody"), "has no configuration nobody; it has uwsgi-2,"),
        ((ROOT / "README.md",), "README.md: is no report.json"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(arguments, told, out):
    done = emit(*arguments, "--out", out)

    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_a_server_file_that_is_not_there_is_named_with_the_remedy(tmp_path, out):
    done = CliRunner().invoke(cli, ["emit", str(REPORT), "--out", str(out), "--project", str(tmp_path)])

    assert done.exit_code == 2
    assert "servers/uwsgi.ini: is not there, and uwsgi-16 was run with it; say where" in done.stderr


def test_a_server_file_that_takes_its_numbers_otherwise_is_refused_by_its_name(tmp_path, out):
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / "uwsgi.ini").write_text("[uwsgi]\nprocesses = $(WEB_PROCESSES)\n")
    done = CliRunner().invoke(cli, ["emit", str(REPORT), "--out", str(out), "--project", str(tmp_path)])

    assert done.exit_code == 2
    assert "servers/uwsgi.ini: line 2: WEB_PROCESSES cannot be filled in" in done.stderr


def test_a_run_without_a_pick_asks_for_a_name(tmp_path, out):
    report = json.loads(REPORT.read_text())
    report["recommendation"] |= {"configuration": None, "decision": "NONE_QUALIFIES"}
    (tmp_path / "report.json").write_text(json.dumps(report))
    done = emit(tmp_path, "--out", out)

    assert done.exit_code == 2
    assert "picked no configuration (NONE_QUALIFIES)" in done.stderr

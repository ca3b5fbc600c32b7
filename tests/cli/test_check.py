"""A check prints a line for each fact, and its status says whether something is to be mended."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from badgateway.analysis.site_check import Fact, RouteAnswer
from badgateway.cli import check
from badgateway.cli.entry import cli
from badgateway.errors import DeploymentError
from badgateway.process.machine_lock import machine_lock
from badgateway.store.run_folder import RunFolder
from badgateway.study.run_experiment import Finished
from tests.report import samples

ROOT = Path(__file__).parents[2]
FINE = Fact(subject="books", found="balance")
WRONG = Fact(subject="GET /old/", found="404", fix="take the task out")


@pytest.fixture
def project(tmp_path):
    for name in ("experiments", "servers", "app"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture
def called(monkeypatch, project):
    asked = []

    def call(*found, stopped_by=None, options=()):
        def run(experiment, **_options):
            asked.append(experiment)
            return Finished(run=samples.picked(), report=Path("report.html"), stopped_by=stopped_by)

        monkeypatch.setattr(check, "run_experiment", run)
        monkeypatch.setattr(check, "require_users", lambda *_: None)
        monkeypatch.setattr(check, "require_installed", lambda *_: None)
        monkeypatch.setattr(check, "facts", lambda *_: iter(found))
        monkeypatch.setattr(RunFolder, "newest", lambda *_: None)
        path = str(project / "experiments" / "concurrency.toml")
        return CliRunner().invoke(cli, ["check", path, *options]), asked

    return call


def test_all_is_well(called):
    told, (asked,) = called(FINE)

    assert told.exit_code == 0
    assert told.output.splitlines() == ["ok   books  balance", "all is well: badgateway run measures it"]
    assert [one.name for one in asked.configurations] == ["uwsgi-2"]


def test_what_is_to_be_mended_comes_with_the_fix(called):
    told, _ = called(FINE, WRONG)

    assert told.exit_code == 4
    assert told.output.splitlines()[1:] == ["mend GET /old/  404: take the task out", "1 to be mended"]


def test_the_log_of_a_server_that_did_not_start_keeps_its_lines_and_the_fix_comes_last(called):
    log = "gunicorn ended with status 1; last log lines:\nTraceback\nModuleNotFoundError: No module named 'x'\n"
    told, _ = called(FINE, Fact(subject="trial", found=log, fix="mend that first"))

    assert told.output.splitlines()[1:] == [
        "mend trial  gunicorn ended with status 1; last log lines:",
        "            Traceback",
        "            ModuleNotFoundError: No module named 'x'",
        "            mend that first",
        "1 to be mended",
    ]


def test_tasks_that_fail_are_taken_out_where_init_wrote_them(called, project):
    file = project / "experiments" / "concurrency.py"
    task = '    @task(1)\n    def get_old(self) -> None:\n        self.fetch("GET", "/old/", name="GET /old/")\n'
    file.write_text(f"{file.read_text()}\n{task}")
    told, _ = called(FINE, WRONG, options=("--drop",))

    assert told.exit_code == 0
    assert "# GET /old/  (404)" in file.read_text()
    assert "took GET /old/ out of" in told.output


FROM_INIT = """\"\"\"Users of the site, as badgateway init wrote them from x.\"\"\"
class Visitor:
    @task(1)
    def get_home(self) -> None:
        self.fetch("GET", "/", name="GET /")

    @task(1)
    def get_old(self) -> None:
        self.fetch("GET", "/old/", name="GET /old/")
"""


def answered(name, status, *, is_well=False):
    answer = RouteAnswer(
        name=name, status=status, outcome="OK" if is_well else "BAD_CONTENT", detail="", slowest_ms=1.0
    )
    return Fact(subject=name, found=str(status), fix="" if is_well else "mend it", answer=answer)


HOME = answered("GET /", 200, is_well=True)


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_task_of_inits_that_the_site_refuses_is_taken_out_without_being_asked(called, project, status):
    file = project / "experiments" / "concurrency.py"
    file.write_text(FROM_INIT)
    told, _ = called(HOME, answered("GET /old/", status))

    assert told.exit_code == 0
    assert f"# GET /old/  ({status})" in file.read_text()
    assert 'name="GET /"' in file.read_text()


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        pytest.param(FROM_INIT.replace("as badgateway init wrote them", "mine"), (HOME, 404), id="somebody's own"),
        pytest.param(FROM_INIT, (HOME, 500), id="the site fails"),
        pytest.param(FROM_INIT, (answered("GET /", 302), 302), id="all are refused"),
    ],
)
def test_others_stay_and_are_to_be_mended(called, project, text, facts):
    file = project / "experiments" / "concurrency.py"
    file.write_text(text)
    told, _ = called(facts[0], answered("GET /old/", facts[1]))

    assert told.exit_code == 4
    assert file.read_text() == text


def test_another_configuration_can_be_tried(called):
    _, (asked,) = called(FINE, options=("--configuration", "gunicorn-sync"))

    assert [one.name for one in asked.configurations] == ["gunicorn-sync"]


def test_beside_another_experiment_it_says_in_one_line_what_that_means(called, lock_name):
    with machine_lock(lock_name):
        told, _ = called(FINE)
    (line,) = [line for line in told.output.splitlines() if "another experiment" in line]

    assert told.exit_code == 0
    assert line.startswith("beside another experiment on this machine (pid ")
    assert "this check counts no speed, so it goes on" in line


def test_what_ended_the_trial_is_told_in_its_own_words(called):
    told, _ = called(stopped_by=DeploymentError("uWSGI ended with status 1"))

    assert told.exit_code == 4
    assert "uWSGI ended with status 1" in told.output

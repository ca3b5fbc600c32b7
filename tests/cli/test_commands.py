"""The commands as a user types them."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from badgateway.cli import commands, planned, running, serve, worker_check
from badgateway.cli.entry import cli
from badgateway.errors import DeploymentError, LoadError
from badgateway.model.experiment import Experiment
from badgateway.model.run_summary import Decision
from badgateway.process.machine_lock import machine_lock
from badgateway.study import run_experiment
from badgateway.study.run_experiment import Finished
from tests.cli.given import decided
from tests.study.fakes import ENVIRONMENT, Seam

ROOT = Path(__file__).parents[2]
EXAMPLE = """
name = "small"
question = "Which [one]?"
[load]
locustfile = "experiments/load.py"
users = [5]
[objective]
max_failure_share = 0.01
p95_ms = 1000
[[configurations]]
name = "first"
server = "servers/uwsgi.ini"
driver = "mysqlclient"
workers = 2
[[configurations]]
name = "second"
server = "servers/uwsgi.ini"
driver = "pymysql"
workers = 2
"""
COMMANDS = [
    "init",
    "check",
    "run",
    "worker",
    "report",
    "collect",
    "emit",
    "emit-load",
    "rows",
    "gate",
    "diff",
    "plan",
    "serve",
    "ui",
    "explain",
    "watch",
    "advise",
    "cause",
    "worker-check",
    "doctor",
    "clean",
    "completion",
]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="badgateway")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = ("nginx.conf", "mariadb.cnf", "journal.py", "uwsgi.ini")
    for name in (
        "experiments/load.py",
        "app/manage.py",
        "app/school_site/wsgi.py",
        *(f"servers/{one}" for one in names),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(ROOT / "experiments" / "application.toml", tmp_path / "experiments")
    (tmp_path / "experiments" / "small.toml").write_text(EXAMPLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BADGATEWAY_STARTED_AS", raising=False)
    # Its Locust file is empty; see the test of the one that is loaded.
    for module in (commands, serve):
        monkeypatch.setattr(module, "require_users", lambda *_given: None)
    return tmp_path


@pytest.fixture
def seam(project, tmp_path, monkeypatch) -> Seam:
    (tmp_path / "bench").mkdir()
    monkeypatch.setattr(run_experiment, "read_environment", lambda *_given: ENVIRONMENT)
    fake = Seam(tmp_path / "bench")
    monkeypatch.setattr(running, "LOCAL", fake)
    return fake


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    result = call(command, "--help")

    assert result.exit_code == 0
    assert f"Usage: badgateway {command} [OPTIONS]" in result.stdout
    assert f"  {command} " in call("--help").stdout


def test_the_first_help_names_the_commands_in_the_order_of_use_and_the_statuses():
    text = call("--help").stdout

    assert [line.split()[0] for line in text.partition("Commands:\n")[2].splitlines()] == COMMANDS
    assert "70 a fault of badgateway itself, 130 interrupted" in " ".join(text.split())
    assert "..." not in text.partition("Commands:\n")[2], "a summary is cut off"


def test_the_first_help_begins_with_a_site_of_ones_own_and_what_is_done_with_it_first():
    shown = [line.split()[1] for line in call("--help").stdout.splitlines() if line.startswith("    badgateway ")]

    assert shown[:3] == ["init", "check", "run"]


def test_the_version_is_printed():
    assert call("--version").stdout.startswith("badgateway, version ")


@pytest.mark.parametrize("example", ["concurrency", "export"])
def test_plan_lists_the_trials_in_their_order_and_the_time_they_take(example):
    result = call("plan", ROOT / "experiments" / f"{example}.toml")
    order, *listed, outlook = result.stdout.splitlines()
    trials = [line for line in listed if line.startswith("block ")]

    assert result.exit_code == 0
    assert order == "the order of --seed 1; a run draws its seed, unless the file or --seed gives one"
    after = [line for line in listed[len(trials) :] if not line.startswith("then     the pick at ")]
    assert after[0].startswith("after    one worker's waiting: servers/")
    assert listed[-1] == "after    cost of a database connect"
    assert [int(line.split()[2]) for line in trials] == list(range(1, len(trials) + 1))
    assert all(re.match("block [12] ", line) and re.search(r" users(, database at [15] ms)?$", line) for line in trials)
    confirmations = len(listed[len(trials) :]) - len(after)
    assert outlook.startswith(f"{len(trials) + confirmations} trials and worker checks, about ")


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_site_of_ones_own_is_run_in_its_folder_without_naming_a_file(command, project, seam):
    (project / "badgateway.toml").write_text(EXAMPLE.replace("servers/uwsgi.ini", "kit:uwsgi.ini"))
    for name in ("manage.py", "school_site"):
        (project / "app" / name).rename(project / name)
    result = call(command)

    assert (result.exit_code, result.stderr.count("badgateway:")) == ({"plan": 0, "run": 3}[command], 0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("workers = 2", "workers = -2"), "configurations[first].workers: -2 is not allowed"),
        (("p95_ms", "p59_ms"), "objective.p59_ms: unknown key; did you mean p95_ms?"),
        (('name = "second"', 'name = "first"'), "configuration name used twice: first"),
        (("servers/uwsgi.ini", "servers/uwsgo.ini"), "configurations[first].server: no such file"),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_mistake_in_the_file_is_told_with_file_and_key_and_nothing_is_made(command, change, told, project):
    file = project / "experiments" / "small.toml"
    file.write_text(file.read_text().replace(*change, 1))
    result = call(command, "experiments/small.toml")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"badgateway: experiments/small.toml: {told}" in result.stderr
    assert all(line.startswith("badgateway: ") for line in result.stderr.splitlines())
    assert not (project / "results").exists()


@pytest.mark.parametrize("command", [["plan"], ["run"], ["serve"], ["ui"]])
def test_what_is_not_installed_is_told_before_anything_is_started(command, project, seam, not_installed):
    not_installed += ["nginx is not installed; install it", "MariaDB is not installed; install it"]
    result = call(*command, "experiments/small.toml", *(["first"] if command in (["serve"], ["ui"]) else []))

    assert (result.exit_code, seam.up) == (4, [])
    assert result.stderr.splitlines() == [f"badgateway: experiments/small.toml: {line}" for line in not_installed]
    assert ("block 1" in result.stdout) is (command == ["plan"])
    assert not (project / "results").exists()


@pytest.mark.parametrize("command", [["plan"], ["run"], ["ui"]])
def test_a_locust_file_without_users_is_told_before_anything_is_started(command, project, seam, monkeypatch):
    for module in (commands, serve):
        monkeypatch.setattr(module, "require_users", planned.require_users)
    result = call(*command, "experiments/small.toml", *(["first"] if command == ["ui"] else []))

    assert (result.exit_code, result.stdout, seam.up) == (2, "", [])
    (line,) = result.stderr.splitlines()
    assert line.startswith("badgateway: experiments/small.toml: load.locustfile: ")
    assert "experiments/load.py: has no user class; write one, derived from HttpUser" in line
    assert not (project / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "experiments/nope.toml"), "no such experiment file; there is experiments/small.toml"),
        (("run", "experiments/small.toml", "--only", "nope"), "has no configuration nope; it has first, second"),
        (("run", "experiments/small.toml", "--blocks", "0"), "command line: blocks: 0 is not allowed"),
        (("run", "experiments/small.toml", "--window", "nan"), "command line: load.window_s: nan is not allowed"),
        (("serve", "experiments/small.toml", "nope"), "has no configuration nope; it has first, second"),
        (("ui", "experiments/small.toml", "nope"), "has no configuration nope; it has first, second"),
        (
            ("run",),
            "run: missing argument 'EXPERIMENTS...': this folder has no badgateway.toml either; see",
        ),
        (("run", "--uzers", "3"), "run: no such option '--uzers'"),
        (("run", "--users"), "option '--users' requires an argument; see badgateway --help"),
        (
            ("serve", "experiments/small.toml"),
            "missing argument 'CONFIGURATION': name one of those in experiments/small",
        ),
        (("exlpain", "x"), "no such command 'exlpain'. Did you mean 'explain'?"),
        (("version",), "no such command 'version'. Did you mean '--version'?"),
        (("clean", "--keep", "x"), "clean: invalid value for '--keep'"),
        (("clean", "--older", "soon"), "--older: 'soon' is no length of time"),
        (("plan", "experiments/small.toml", "--budget", "soon"), "--budget: 'soon' is no length of time"),
        (("run", "experiments/small.toml", "--wait", "soon"), "--wait: 'soon' is no length of time"),
        (("emit", "nowhere", "--out", "x", "--wait", "soon"), "--wait: 'soon' is no length of time"),
        (("gate", "experiments/small.toml", "--budget", "soon"), "--budget: 'soon' is no length of time"),
        (
            ("run", "experiments/small.toml", "--results", "experiments/small.toml"),
            "Directory 'experiments/small.toml' is a file",
        ),
        (
            ("report", "nowhere", "--out", "experiments/small.toml"),
            "'--out': Directory 'experiments/small.toml' is a file",
        ),
        (
            ("emit", "nowhere", "--out", "experiments/small.toml"),
            "'--out': Directory 'experiments/small.toml' is a file",
        ),
        (
            ("report", "experiments/small.toml"),
            "experiments/small.toml: is a file, and no run's folder; name that of a run",
        ),
        (("advise", "nowhere.ini"), "nowhere.ini: no such file; name files of"),
        (("cause", "listen-queue"), "cause: 'listen-queue' is not in the catalogue"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments, told, project):
    result = call(*arguments)

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("badgateway: ")
    assert told in line


def test_worker_checks_follow_the_trials_unless_they_are_left_out(seam):
    with_it = call("run", "experiments/small.toml")
    assert (
        "worker check 1 of 3: can a worker serve others while a request waits? servers/uwsgi.ini, mysqlclient"
        in with_it.stderr
    )
    assert "while a request waits?" in Path("results/small/latest/report.md").read_text()

    # Its name before is taken for this release.
    for option in ("--no-worker-checks", "--no-diagnosis"):
        without = call("run", "experiments/small.toml", option)
        assert without.exit_code == 3
        assert "worker check" not in without.stderr
        assert "while a request waits?" not in Path("results/small/latest/report.md").read_text()


def test_a_second_file_with_a_mistake_stops_the_first_one_too(seam):
    result = call("run", "experiments/small.toml", "experiments/nope.toml")

    assert (result.exit_code, seam.drives) == (2, 0)


def test_a_run_prints_its_decision_on_stdout_and_its_progress_on_stderr(seam):
    result = call("run", "experiments/small.toml", "--blocks", "2")

    assert result.exit_code == 0, result.stderr
    table, _, answer = result.stdout.partition("\n\n")
    at, head, *rows, _ties = table.splitlines()
    assert at == "At 5 users, limit of p95 1\N{NO-BREAK SPACE}s:"
    assert head.split() == ["configuration", "verdict", "failed", "p95", "served", "changes"]
    assert sorted(row.replace(">", " ").replace("=", " ").split()[0] for row in rows) == ["first", "second"]
    headline, sentence, *reasons, following, report = answer.splitlines()
    assert headline.startswith("RUN for small: ")
    assert sentence.startswith("Run ")
    assert all(reason.startswith("- ") for reason in reasons)
    assert following.startswith("Next: ")
    assert following.endswith(f" ui experiments/small.toml {headline.rpartition(' ')[2]}")
    assert report == f"Report: {Path('results/small/latest/report.html').absolute().as_uri()}"
    assert Path("results/small/latest/report.html").exists()
    told = [line for line in result.stderr.splitlines() if line]
    assert told[0] == "small: Which [one]?"
    assert told[1].startswith("4 trials and worker checks, about ")
    assert told[2].startswith("kept in results/small: no earlier run shows how much; ")
    assert told[3] == "starting MariaDB and loading the data"
    assert [line[:3] for line in told[4:8]] == ["1/4", "2/4", "3/4", "4/4"]


def test_options_narrow_the_run(seam):
    narrow = ("--only", "second", "--users", "7", "--blocks", "2", "--no-worker-checks")
    result = call("run", "experiments/small.toml", *narrow)

    assert [line for line in result.stderr.splitlines() if ": PASS" in line][1].startswith("2/2  second, 7 users")
    assert Path("results/small-second/latest/report.json").exists()


def test_a_set_up_that_fails_is_told_with_the_log_and_status_4(seam):
    def fail() -> None:
        raise DeploymentError("MariaDB ended with status 1; last log lines:\nno space")

    seam.on_set_up = fail
    result = call("run", "experiments/small.toml", "experiments/small.toml")

    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.endswith("badgateway: MariaDB ended with status 1; last log lines:\nbadgateway: no space\n")
    assert result.stderr.count("Which [one]?") == 1


def test_results_that_cannot_be_written_are_told_with_status_4(seam):
    Path("results").mkdir()
    Path("results/small").touch()
    result = call("run", "experiments/small.toml")

    assert result.exit_code == 4
    assert "badgateway: results/small: cannot be written: " in result.stderr


def test_ctrl_c_before_a_trial_has_ended_says_that_there_is_nothing_to_report(seam):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    seam.on_drive = interrupt
    result = call("run", "experiments/small.toml")

    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.endswith("so there is nothing to report\nbadgateway: interrupted\n")


def test_ctrl_c_reports_what_had_ended_and_starts_no_other_experiment(seam, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/x/bin/badgateway", "run", "experiments/small.toml", "experiments/other.toml"])

    def interrupt(trial, raw) -> None:
        if trial.position == 2:
            raise KeyboardInterrupt

    seam.on_drive = interrupt
    result = call("run", "experiments/small.toml", "experiments/small.toml")

    assert result.exit_code == 130
    interrupted, following, report = result.stdout.splitlines()[-3:]
    assert interrupted == "Interrupted: only the trials that had ended are counted."
    assert following.endswith(" run experiments/small.toml --resume")
    assert report.endswith("/results/small/latest/report.html")
    assert seam.drives == 2
    assert result.stderr.endswith("badgateway: interrupted\n")


def test_a_server_that_cannot_start_says_its_own_last_words(seam):
    def fail(name: str) -> None:
        raise DeploymentError("gunicorn ended with status 255; last log lines:\n  File x\nPermissionError: /dev/shm")

    seam.on_deploy = fail
    result = call("run", "experiments/small.toml", "--only", "first", "--no-worker-checks")

    assert "gunicorn ended with status 255\n       | PermissionError: /dev/shm\n" in result.stderr


def test_a_run_in_which_no_trial_could_be_trusted_has_status_4(seam):
    def fail(trial, raw) -> None:
        raise LoadError("Locust failed")

    seam.on_drive = fail
    result = call("run", "experiments/small.toml", "--no-worker-checks")

    assert result.exit_code == 4
    assert result.stdout.splitlines()[0] == "NO TRUSTED TRIAL for small"
    assert call("report", "results/small").exit_code == 4


def test_a_restore_that_fails_ends_the_run_at_once_with_its_own_words(seam):
    def fail() -> None:
        raise DeploymentError("app: restore ended with status 1; last log lines of restore.log:\nno such table")

    seam.on_restore = fail
    result = call("run", "experiments/small.toml")

    assert (result.exit_code, result.stdout, seam.drives) == (4, "", 0)
    assert "badgateway: application.restore: the data could not be put back, so the run ends here" in result.stderr
    assert result.stderr.endswith("badgateway: no such table\n")


def test_an_invalid_trial_is_counted_in_the_progress(seam):
    def fail_once(trial, raw) -> None:
        if (trial.position, trial.attempt) == (1, 1):
            raise LoadError("Locust failed")

    seam.on_drive = fail_once
    result = call("run", "experiments/small.toml", "--no-worker-checks")
    ended = [line for line in result.stderr.splitlines() if line[:1].isdigit() and ", 5 users" in line]

    assert [line.split()[0] for line in ended] == ["1/2", "2/3", "3/3"]
    assert ", attempt 2: PASS" in ended[-1]
    assert result.exit_code == 3


def test_a_second_experiment_at_the_same_time_has_status_4_and_starts_nothing(seam, lock_name):
    with machine_lock(lock_name):
        result = call("run", "experiments/small.toml")
        waited = call("run", "experiments/small.toml", "--wait", "0.1s")
        beside = call("run", "experiments/small.toml", "--no-worker-checks", "--beside")

    assert (result.exit_code, waited.exit_code, beside.exit_code) == (4, 4, 3)
    (line,) = result.stderr.splitlines()
    assert line.startswith("badgateway: another experiment on this machine (pid ")
    assert "waiting for another experiment" in waited.stderr
    assert seam.drives == 2
    assert len(list(Path("results/small").glob("*/manifest.json"))) == 2, "one run, and latest"


@pytest.mark.parametrize("command", ["serve", "ui", "worker-check"])
def test_what_would_disturb_a_run_is_refused_in_one_line_unless_it_is_asked_for(
    command, project, lock_name, monkeypatch
):
    started: list[str] = []
    monkeypatch.setattr(serve, "browse", lambda *_given, **_more: started.append(command))
    monkeypatch.setattr(worker_check, "prove", lambda *_given: started.append(command))
    monkeypatch.setattr(worker_check, "render_table", lambda _report: "")
    arguments = (command, "experiments/small.toml", *(["first"] if command != "worker-check" else []))
    with machine_lock(lock_name):
        refused = call(*arguments)
        assert (refused.exit_code, refused.stdout, started) == (4, "", [])
        (line,) = refused.stderr.splitlines()
        assert line.startswith("badgateway: another experiment on this machine (pid ")
        assert "with --beside if those figures do not matter" in line
        assert call(*arguments, "--beside").exit_code == 0
    assert call(*arguments).exit_code == 0
    assert started == [command, command]


def test_a_run_does_not_start_beside_servers_that_somebody_holds_up(seam, lock_name, monkeypatch):
    runs: list[Result] = []
    monkeypatch.setattr(serve, "browse", lambda *_given, **_more: runs.append(call("run", "experiments/small.toml")))
    call("serve", "experiments/small.toml", "first")

    assert [run.exit_code for run in runs] == [4]
    assert seam.drives == 0


def test_a_wait_that_is_no_time_is_refused(project):
    assert call("run", "experiments/small.toml", "--wait", "soon").exit_code == 2
    assert call("run", "experiments/nope.toml", "--wait", "0").exit_code == 2


@pytest.mark.parametrize("which", ["latest", "results/small/latest"])
def test_a_run_that_is_still_going_is_not_gone_on_with_but_can_be_reported(which, seam):
    results: list[Result] = []

    def go_on_meanwhile(trial, raw) -> None:
        if trial.position == 2 and not results:
            results.append(call("run", "experiments/small.toml", "--no-worker-checks", "--resume", which))
            results.append(call("report", "results/small/latest"))

    seam.on_drive = go_on_meanwhile
    whole = call("run", "experiments/small.toml", "--no-worker-checks")
    second, report = results

    assert (second.exit_code, report.exit_code, whole.exit_code) == (4, 3, 3)
    (line,) = second.stderr.splitlines()
    assert f"is being run by pid {os.getpid()}, since " in line
    assert "Interrupted: only the trials that had ended are counted." in report.stdout
    assert seam.drives == 2


def test_a_run_keeps_the_digest_of_its_file_and_who_was_busy_and_the_report_tells_of_earlier_runs(seam, monkeypatch):
    call("run", "experiments/small.toml", "--no-worker-checks")
    file = Path("experiments/small.toml")
    file.write_text(file.read_text().replace("p95_ms = 1000", "p95_ms = 1500"))
    monkeypatch.setattr(running, "await_quiet", lambda *_given: "others used 63% of its CPU time")
    call("run", "experiments/small.toml", "--no-worker-checks")
    found = json.loads(Path("results/small/latest/report.json").read_text())["circumstances"]

    assert found["experiment_digest"] == sha256(file.read_bytes()).hexdigest()
    assert found["busy"] == "others used 63% of its CPU time"
    assert [one["differences"] for one in found["earlier"]] == [["objective.p95_ms was 1000 and is 1500"]]
    told = Path("results/small/latest/report.md").read_text().replace("\\", "")
    assert "1 earlier run of this name asked something else" in told
    assert "objective.p95_ms was 1000 and is 1500" in told
    assert call("report", "results/small/latest").exit_code == 3


def finished(decision: Decision) -> Finished:
    return Finished(run=decided(decision), report=Path("results/small/latest/report.html"), stopped_by=None)


@pytest.mark.parametrize(
    ("decisions", "status"),
    [
        ((Decision.PICKED, Decision.PICKED), 0),
        ((Decision.PICKED, Decision.NONE_QUALIFIES), 1),
        ((Decision.INCONCLUSIVE, Decision.NONE_QUALIFIES), 3),
    ],
)
def test_of_several_experiments_the_highest_status_is_returned(decisions, status, project, monkeypatch):
    left = list(decisions)
    monkeypatch.setattr(running, "run_experiment", lambda _experiment, **_: finished(left.pop(0)))

    assert call("run", "experiments/small.toml", "experiments/small.toml").exit_code == status


def started_as(project, monkeypatch) -> str:
    seen: list[str] = []

    def run_it(experiment: Experiment, *, command: str, **_: object) -> Finished:
        seen.append(command)
        return finished(Decision.PICKED)

    monkeypatch.setattr(running, "run_experiment", run_it)
    monkeypatch.setattr("sys.argv", ["/somewhere/badgateway", "run", "a b.toml"])
    call("run", "experiments/small.toml")
    return seen[0]


def test_the_report_gets_the_command_as_it_was_typed(project, monkeypatch):
    assert started_as(project, monkeypatch) == "badgateway run 'a b.toml'"


def test_the_report_gets_the_session_where_one_started_the_command(project, monkeypatch):
    monkeypatch.setenv("BADGATEWAY_STARTED_AS", "./lab compare")

    assert started_as(project, monkeypatch) == "./lab compare"


def test_report_rebuilds_the_same_bytes_and_gives_the_same_status(seam):
    ran = call("run", "experiments/small.toml", "--blocks", "2", "--no-worker-checks")
    report = Path("results/small/latest/report.html")
    before = report.read_bytes()
    report.unlink()
    result = call("report", "results/small")

    assert result.exit_code == ran.exit_code == 0
    assert report.read_bytes() == before
    assert result.stdout.splitlines()[:-1] == [line for line in ran.stdout.splitlines()[:-1] if "Next: " not in line]


_WITHOUT_LINUX = """
import click, duckdb, jinja2, numpy, os, psutil, pydantic, resource, rich, scipy.stats, select, signal, socket, sys
for module, names in (
    (os, ("eventfd", "memfd_create", "O_PATH", "O_TMPFILE", "pidfd_open", "sched_getaffinity", "sched_setaffinity")),
    (resource, ("prlimit",)), (select, ("epoll",)), (signal, ("SIGPOLL", "SIGPWR", "SIGRTMIN")),
    (socket, ("AF_NETLINK", "AF_PACKET", "SO_PEERCRED", "SOCK_CLOEXEC", "SOCK_NONBLOCK")),
):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "darwin"
from badgateway.cli.entry import cli
cli(sys.argv[1:], prog_name="badgateway")
"""
"""Runs a command with what there is on macOS, as far as that is seen in what Python has."""


@pytest.mark.proof
def test_a_run_is_reported_with_nothing_that_only_linux_has(seam):
    ran = call("run", "experiments/small.toml", "--blocks", "2", "--no-worker-checks")
    report = Path("results/small/latest/report.html")
    before = report.read_bytes()
    report.unlink()
    command = [sys.executable, "-c", _WITHOUT_LINUX, "report", "results/small"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (ran.exit_code, "")
    assert report.read_bytes() == before


def test_quiet_says_only_the_answer_and_json_is_one_line_for_each_experiment(seam):
    both = ("experiments/small.toml", "experiments/small.toml")
    result = call("run", *both, "--blocks", "2", "--no-worker-checks", "-q", "--json")
    first, second = map(json.loads, result.stdout.splitlines())

    assert (result.exit_code, result.stderr) == (0, "")
    assert first["exit_status"] == 0
    assert Path(first["report"]) == Path("results/small/latest/report.html").absolute()
    assert second["result"] == json.loads(Path("results/small/latest/report.json").read_text())
    assert json.loads(call("report", "results/small", "--json").stdout)["result"] == second["result"]


def test_a_run_can_be_watched_at_one_address_and_its_answer_stays_alone_on_stdout(seam):
    result = call("run", *["experiments/small.toml"] * 2, "--no-worker-checks", "--ui", "--json")
    (line,) = [line for line in result.stderr.splitlines() if "web UI" in line]

    assert re.fullmatch(r"Locust's web UI shows the run at http://127\.0\.0\.1:\d+/\?token=\S{20,}", line)
    assert len(list(map(json.loads, result.stdout.splitlines()))) == 2
    assert [command.name for command in seam.commands] == ["Locust's web UI", "the look at the run"]


def test_a_run_in_a_network_of_its_own_cannot_be_watched_and_says_so(seam, monkeypatch):
    monkeypatch.setattr(running, "is_apart", lambda: True)
    result = call("run", "experiments/small.toml", "--ui")

    assert result.exit_code == 2
    assert "--ui: this site runs in a network of its own, which no browser reaches" in result.stderr
    assert seam.drives == 0


def test_before_a_run_it_is_said_what_the_last_one_there_takes_on_disk(seam):
    call("run", "experiments/small.toml", "--no-worker-checks")
    (line,) = [
        line
        for line in call("run", "experiments/small.toml", "--no-worker-checks").stderr.splitlines()
        if line.startswith("kept in ")
    ]

    assert re.search(
        r"^kept in results/small: the last run there takes \d\S* MiB; \S+ [GM]iB are free",
        line.replace("\N{NO-BREAK SPACE}", " "),
    )


def test_two_runs_are_put_side_by_side_and_nothing_is_written_into_them(seam):
    file = Path("experiments/small.toml")
    narrow = ("--no-worker-checks", "--users", "7", "--only", "first")
    call("run", file, *narrow)
    first = Path("results/small-first/latest").resolve()
    file.write_text(file.read_text().replace("p95_ms = 1000", "p95_ms = 1500"))
    call("run", file, *narrow)
    before = {path: path.stat().st_mtime_ns for path in Path("results").rglob("*")}
    result = call("diff", first, "results/small-first/latest")

    assert result.exit_code == 0, result.stderr
    assert "At 7 users:" in result.stdout
    assert "- experiment: objective.p95_ms was 1000 and is 1500" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in Path("results").rglob("*")} == before


def test_report_on_a_folder_without_a_run_says_what_to_name(project):
    result = call("report", project)

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"badgateway: {project}: holds no run")
    assert "results/concurrency/latest" in line


def test_report_on_a_run_without_its_manifest_whole_says_so(seam):
    call("run", "experiments/small.toml", "--only", "first", "--no-worker-checks")
    shutil.copytree("results/small-first/latest", "copy")
    Path("copy/manifest.json").write_text("{")

    assert "copy/manifest.json: damaged" in call("report", "copy").stderr


STUDY = """
[study]
blocks = 2
looks = []
"""


@pytest.fixture
def race(project) -> str:
    """A study beside the experiment, told by its path."""
    declared = Path("experiments/small.toml").read_text(encoding="utf-8")
    Path("experiments/race.toml").write_text(declared + STUDY, encoding="utf-8")
    return "experiments/race.toml"


def test_the_plan_of_a_study_tells_its_stages_and_how_long_it_takes(race):
    lines = call("plan", race).stdout.splitlines()

    assert lines[0].startswith("Block 1: ")
    assert lines[1].startswith("Blocks 2 to 2: ")
    assert lines[-1].startswith("likely ")
    assert "at most" in lines[-1]


def test_a_budget_that_is_too_small_is_refused_before_anything_is_started(race, seam):
    for command in ("plan", "run"):
        result = call(command, race, "--budget", "5s")

        assert result.exit_code == 2
        assert "budget 5 s (--budget, or study.budget_s): " in result.stderr
    assert seam.up == []


def test_a_budget_that_is_no_time_is_refused(race):
    result = call("plan", race, "--budget", "soon")

    assert result.exit_code == 2
    assert "write it as 90s, 30m or 1.5h" in result.stderr


def test_a_study_says_its_stages_while_it_runs(race, seam):
    result = call("run", race, "--no-worker-checks")

    assert "block 1 of 2, 2 still in the race, about " in result.stderr
    assert "block 2 of 2" in result.stderr
    assert ", again (A/A): PASS" in result.stderr


# Where it is not asked what the blocks of a study do.
SHORT = ("--no-worker-checks", "--blocks", "1", "--only", "first")


def seeds_of_runs() -> list[int]:
    manifests = sorted(Path("results").glob("*/[!l]*/manifest.json"), key=lambda file: file.stat().st_mtime_ns)
    return [json.loads(file.read_text("utf-8"))["experiment"]["seed"] for file in manifests]


def test_a_run_draws_its_seed_and_keeps_it_and_goes_on_with_it(race, seam, monkeypatch):
    drawn = iter([123, 456, 789])
    monkeypatch.setattr(secrets, "randbelow", lambda _below: next(drawn))
    for options in ((), ("--seed", "5"), ("--seed", "5", "--resume")):
        call("run", race, *SHORT, *options)

    assert seeds_of_runs() == [123, 5]


def test_a_run_whose_seed_was_drawn_is_gone_on_with_without_naming_it(race, seam):
    assert call("run", race, *SHORT).exit_code == call("run", race, *SHORT, "--resume").exit_code

    assert len(seeds_of_runs()) == 1


@pytest.mark.parametrize("order", [("RACE", "--resume"), ("--resume", "RACE"), ("--resume", "latest", "RACE")])
def test_a_run_is_gone_on_with_wherever_the_option_stands(order, race, seam):
    def interrupt(trial, raw) -> None:
        if trial.position == 2:
            raise KeyboardInterrupt

    seam.on_drive = interrupt
    one_block = ("--no-worker-checks", "--blocks", "1")
    call("run", race, *one_block)
    seam.on_drive = lambda _trial, _raw: None
    words = [race if word == "RACE" else word for word in order]
    result = call("run", *one_block, *words)

    assert "going on with results/small/" in result.stderr.replace(f"{Path.cwd()}/", "")
    assert "which had been interrupted: it is run again" in result.stderr
    assert "Interrupted: only" not in result.stdout


def test_one_run_is_gone_on_with_at_a_time(race):
    result = call("run", race, "experiments/small.toml", "--resume")

    assert result.exit_code == 2
    assert "--resume goes on with one run: name one experiment; see" in result.stderr


def test_without_an_experiment_there_is_nothing_to_run(project):
    assert "missing argument 'EXPERIMENTS...'" in call("run").stderr


def test_a_schedule_at_rates_is_refused_before_anything_is_started(project):
    path = project / "experiments" / "small.toml"
    path.write_text(re.sub(r"(?m)^users = .*$", "rates_per_s = [5]", path.read_text(encoding="utf-8")))
    result = call("run", path)

    assert result.exit_code == 2
    assert "load.rates_per_s: without [study], configurations are compared at numbers of users" in result.stderr

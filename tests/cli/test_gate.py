"""The command gate as CI runs it: what it prints and writes, and its exit status."""

import json
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import replace

import pytest

from badgateway.analysis.gate_file import read_baseline
from badgateway.cli import gating
from badgateway.study import run_experiment
from tests.cli.test_commands import EXAMPLE, call, project
from tests.study.fakes import ENVIRONMENT, SaturatedError, Seam

__all__ = ["project"]
QUICK = ("--budget", "35s", "--users", "5")
"""Three blocks: fewer say nothing of how two sessions differ."""


@pytest.fixture
def seam(project, tmp_path, monkeypatch):
    (tmp_path / "bench").mkdir()
    monkeypatch.setattr(run_experiment, "read_environment", lambda *_given: ENVIRONMENT)
    monkeypatch.setattr(gating, "require_users", lambda *_given: None)
    monkeypatch.setattr(gating, "await_quiet", lambda *_given: "")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    fake = Seam(tmp_path / "bench")
    monkeypatch.setattr(gating, "WATCHFUL", fake)
    return fake


@pytest.fixture(scope="module")
def kept():
    """The baseline's text, once a test had a gate write it."""
    return []


@pytest.fixture
def baseline(project, seam, kept):
    file = project / "experiments" / "small.gate.json"
    if not kept:
        assert call("gate", "experiments/small.toml", *QUICK, "--baseline-update").exit_code == 0
        kept.append(file.read_text())
    file.write_text(kept[0])
    return file


def test_without_a_baseline_the_objective_alone_is_asked(seam):
    result = call("gate", "experiments/small.toml", *QUICK)

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("KEPT for small: the objective alone was asked\n")
    assert "there is no baseline: the objective alone is asked" in result.stderr


def test_a_baseline_is_a_small_file_a_line_a_trial_and_is_taken_by_itself(baseline, project, seam):
    found = read_baseline(baseline.read_bytes(), baseline)
    lines = baseline.read_text().splitlines()
    (level,) = found.levels

    assert (level.configuration, level.users) == ("first", 5)
    assert sum(line.startswith('      {"block"') for line in lines) == len(level.trials) > 1
    assert found.machine.cpu == ENVIRONMENT.cpu
    assert found.asked.keys() == {"p95_ms", "max_failure_share", "locustfile", "warm_up_s", "script"}
    result = call("gate", "experiments/small.toml", *QUICK, "--strict")
    assert result.exit_code == 0, result.output
    assert "held to experiments/small.gate.json" in result.stdout.splitlines()[0]


def test_a_site_that_is_slower_is_broken_with_by_how_much(baseline, project, seam):
    keep = json.loads(baseline.read_text())
    for trial in keep["levels"][0]["trials"]:
        trial["p95_ms"] /= 10
    for trial in keep["levels"][0]["trials"]:
        trial["throughput_rps"] *= 10
    baseline.write_text(json.dumps(keep))
    result = call("gate", "experiments/small.toml", *QUICK, "--out", "reports")
    first, *rest = result.stdout.splitlines()

    assert result.exit_code == 1
    assert first.startswith("BROKEN for small: first, 5 users: ")
    assert any("served" in line and "lower" in line for line in rest)
    suite = ET.parse("reports/gate.junit.xml").getroot()[0]  # its own
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("1", "1", "0")
    assert suite.find("testcase/failure") is not None
    entry, *_ = json.loads((project / "reports" / "gate.codequality.json").read_text())
    assert (entry["severity"], entry["location"]["path"]) == ("critical", "servers/uwsgi.ini")


def test_a_baseline_of_another_machine_is_said_and_fails_only_when_strict(baseline, seam):
    keep = json.loads(baseline.read_text())
    keep["machine"]["cpu"] = "another"
    baseline.write_text(json.dumps(keep))
    result = call("gate", "experiments/small.toml", *QUICK)

    assert result.exit_code == 0
    assert result.stdout.startswith("INCONCLUSIVE for small: first, 5 users: ")
    assert "measure both here: --against CHECKOUT" in result.stdout
    assert call("gate", "experiments/small.toml", *QUICK, "--strict").exit_code == 3


def test_another_script_of_the_load_is_another_question(baseline, project, seam):
    (project / "experiments" / "load.py").write_text("# more pages\n")

    assert "was asked something else" in call("gate", "experiments/small.toml", *QUICK).stdout


def test_a_run_may_be_the_baseline(seam):
    call("gate", "experiments/small.toml", *QUICK)
    result = call("gate", "experiments/small.toml", *QUICK, "--baseline", "results/small-gate/latest")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("KEPT for small, held to results/small-gate/latest")


def test_no_trial_that_can_be_trusted_is_no_pass_and_writes_no_baseline(project, seam):
    def saturated(*_given):
        raise SaturatedError

    seam.on_drive = saturated
    result = call("gate", "experiments/small.toml", *QUICK, "--baseline-update")

    assert result.exit_code == 4
    assert "no trial can be trusted" in result.stdout
    assert not (project / "experiments" / "small.gate.json").exists()


def test_on_github_annotations_and_a_summary_are_written(project, seam, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n")
    result = call("gate", "experiments/small.toml", *QUICK)

    assert "::notice file=servers/uwsgi.ini,line=1,title=badgateway gate" in result.stdout
    assert (tmp_path / "summary.md").read_text().startswith("before\n### ")


def test_one_line_of_json_has_all(project, seam):
    result = call("gate", "experiments/small.toml", *QUICK, "--json", "-q")
    found = json.loads(result.stdout)

    assert (found["verdict"], found["baseline"]) == ("KEPT", None)
    assert found["cases"][0]["findings"][0]["matter"] == "objective"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--against", "x", "--baseline", "y"), "--against measures the baseline itself"),
        (("--users", "5", "--rate", "5"), "are two loads"),
        (("--baseline", "nothing.json"), "nothing.json: no such baseline; write it: --baseline-update"),
        (("--against", "elsewhere"), "elsewhere/experiments/small.toml: is not there; --against takes a checkout"),
        (("--against", "first"), "--against first: one other configuration is held to it; name that with --only"),
        (("--against", "first", "--only", "first", "--only", "second"), "--against first: one other configuration"),
        (("--against", "."), ".: is this very checkout"),
        (("--budget", "3s"), "needs at least"),
        (("--only", "nobody"), "has no configuration nobody"),
    ],
)
def test_wrong_usage_starts_nothing_and_says_what_helps(project, seam, words, told):
    result = call("gate", "experiments/small.toml", *words)

    assert result.exit_code == 2
    assert told in result.stderr
    assert seam.drives == 0


def test_a_damaged_baseline_is_told_with_its_key(baseline, seam):
    baseline.write_text(baseline.read_text().replace('"failures": 0', '"failures": -1', 1))
    result = call("gate", "experiments/small.toml", *QUICK)

    assert result.exit_code == 2
    assert "small.gate.json: levels.0.trials.0.failures: " in result.stderr
    assert "write it anew: --baseline-update" in result.stderr


def test_a_place_for_reports_that_cannot_be_made_is_told_before_anything_is_run(project, seam):
    (project / "reports").write_text("a file\n")
    result = call("gate", "experiments/small.toml", *QUICK, "--out", "reports")

    assert result.exit_code == 2
    assert "gate: invalid value for '--out': Directory 'reports' is a file" in result.stderr
    assert seam.drives == 0


def test_a_summary_that_cannot_be_written_does_not_hide_the_answer(project, seam, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "nowhere" / "summary.md"))
    result = call("gate", "experiments/small.toml", *QUICK)

    assert result.exit_code == 4
    assert result.stdout.startswith("KEPT for small")


@pytest.fixture
def main(project):
    """Another checkout of the project; returns its experiment's file."""
    names = (
        "load.py",
        "uwsgi.ini",
        "nginx.conf",
        "mariadb.cnf",
        "journal.py",
        "manage.py",
        "wsgi.py",
        "application.toml",
    )
    for file in [file for name in names for file in project.rglob(name)]:
        there = project / "main" / file.relative_to(project)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(file.read_bytes())
    return project / "main" / "experiments" / "small.toml"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("first", "other"), "--against: the other checkout has no configuration first; it has other, second"),
        (("first-before",) * 2, "--against: first-before ends with -before, as the other checkout's"),
    ],
)
def test_what_cannot_be_put_beside_another_checkouts_is_refused_by_name(project, main, seam, names, told):
    for file, name in zip((project / "experiments" / "small.toml", main), names, strict=True):
        file.write_text(EXAMPLE.replace('"first"', f'"{name}"'))
    result = call("gate", "experiments/small.toml", "--budget", "200s", "--users", "5", "--against", "main")

    assert result.exit_code == 2
    assert told in result.stderr
    assert seam.drives == 0


@pytest.fixture
def two(seam, tmp_path, monkeypatch):
    """What two checkouts are run by; has the folders whose configurations were the baseline's."""
    roots = []

    class Two(Seam):
        def __init__(self, before, root):
            super().__init__(tmp_path / "bench")
            self.before = before
            roots.append(root)

        @contextmanager
        def set_up(self, of, root):
            with super().set_up(of, root) as now:
                other = replace(now, experiment=self.before)
                yield replace(now, others={one.name: other for one in self.before.configurations})

    monkeypatch.setattr(gating, "TwoCheckouts", Two)
    return roots


def test_two_checkouts_are_measured_turn_by_turn(project, main, two):
    main.write_text(EXAMPLE.replace("workers = 2", "workers = 4", 1))

    result = call("gate", "experiments/small.toml", "--budget", "200s", "--users", "5", "--against", "main")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("KEPT for small, held to the checkout main\n")
    assert "not as in the baseline: workers was 4 and is 2" in result.stdout
    text = (project / "results" / "small-gate" / "latest" / "gate.md").read_text()
    assert "turn by turn" in text


def test_two_configurations_of_a_file_are_measured_turn_by_turn(project, two):
    words = ("--budget", "45s", "--users", "5", "--against", "first", "--only", "second")
    result = call("gate", "experiments/small.toml", *words)

    assert result.exit_code == 0, result.output
    assert two == [project]
    assert result.stdout.startswith("INCONCLUSIVE for small: second, 5 users: ")
    assert "held to the configuration first" in result.stderr
    assert "not as in the baseline: driver was mysqlclient and is pymysql" in result.stdout

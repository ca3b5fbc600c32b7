"""The files of a deployment as a user asks for them."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from badgateway.cli import proving as proving_module
from badgateway.cli.entry import cli
from badgateway.model.places import Line, Places
from badgateway.plan.experiment_file import load_experiment
from badgateway.study.prove_files import WrittenEffects
from tests.analysis.test_file_proof import machine, summary
from tests.emit.subjects import REFERENCE, ROOT

REPORT = REFERENCE / "servers" / "report.json"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deploy"


def window_of(report: Path) -> str:
    return f"{json.loads(report.read_text())['experiment']['load']['window_s']:g}"


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


def test_files_of_a_run_with_networks_between_the_parts_are_not_proven_without_them(monkeypatch, out):
    far = {"places": Places(database=Line(round_trip_ms=1))}
    monkeypatch.setattr(proving_module, "load_experiment", lambda path: load_experiment(path).model_copy(update=far))

    done = emit(REPORT, "--out", out, "--prove")

    assert done.exit_code == 2
    assert "places: --prove starts the files without networks between the parts" in done.stderr
    assert "(database)" in done.stderr


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


@pytest.fixture
def proving(monkeypatch) -> list[str]:
    """What is proven is not started; the list has the levels at which it would have been."""
    asked: list[str] = []

    def instead(experiment, level, _root, _effects):
        asked.append(f"{experiment.configurations[0].name} {level.size:g} {experiment.load.window_s:g}")
        return summary(126)

    monkeypatch.setattr(proving_module, "prove_files", instead)
    monkeypatch.setattr(proving_module, "read_environment", lambda _account: machine())
    monkeypatch.setattr(proving_module, "await_quiet", lambda *_given: "")
    monkeypatch.setattr(proving_module, "require_users", lambda *_given: None)
    monkeypatch.setattr("badgateway.stack.file_checks.unit_faults", lambda _name, _text: ())
    return asked


def test_what_is_written_is_proven_at_the_highest_load_of_the_run(proving, out):
    done = emit(REPORT, "--out", out, "--prove")

    assert done.exit_code == 0, done.output
    # As the run's own: its noise is that of windows of this length, whatever the experiment's file says by now.
    assert proving == [f"uwsgi-16 120 {window_of(REPORT)}"]
    page = (out / "PROOF.md").read_text()
    assert "**AS MEASURED.**" in page
    assert "- `nginx/school-site.conf: listen 80 backlog=4096;`" in page
    assert "| p95\\_ms | 126 |" in page
    assert done.stdout.endswith("PROOF.md: AS MEASURED\n")


def test_a_run_in_other_windows_than_the_file_has_now_is_proven_in_its_own(proving, out, tmp_path):
    run = json.loads(REPORT.read_text())
    run["experiment"]["load"] |= {"window_s": 7.5, "warm_up_s": 1.0}
    (tmp_path / "report.json").write_text(json.dumps(run))

    assert emit(tmp_path, "--out", out, "--prove").exit_code == 0
    assert proving == ["uwsgi-16 120 7.5"]
    assert "for 7.5 s" in (out / "PROOF.md").read_text()


def test_a_variant_of_an_experiment_is_proven_with_its_own_size(proving, out):
    assert emit(REFERENCE / "servers-quick", "--out", out, "--prove").exit_code in {0, 3}
    assert {*proving} == {f"uwsgi-16 120 {window_of(REFERENCE / 'servers-quick' / 'report.json')}"}


def test_what_differs_or_cannot_be_told_has_a_status_of_its_own(proving, out, tmp_path, monkeypatch):
    of_files = [summary(9000)]

    def instead(_experiment, _level, _root, effects):
        return of_files[0] if isinstance(effects, WrittenEffects) else summary(126)

    monkeypatch.setattr(proving_module, "prove_files", instead)
    different = emit(REPORT, "--out", out, "--prove")
    monkeypatch.setattr(proving_module, "read_environment", lambda _account: machine(cores=64))
    unknown = emit(REPORT, "--out", tmp_path / "other", "--prove")

    assert (different.exit_code, unknown.exit_code) == (1, 3)
    assert "DIFFERENT: p95_ms is not where the run's trials put it; one more trial of what the run" in different.stdout
    assert "NOT TOLD: the run was measured on 2 cores" in unknown.stdout


def test_where_the_machine_is_not_as_it_was_the_files_are_not_to_blame(proving, out, monkeypatch):
    monkeypatch.setattr(proving_module, "prove_files", lambda *_given: summary(9000))
    done = emit(REPORT, "--out", out, "--prove")

    assert done.exit_code == 3
    assert "this machine, or the site, is not as it was in the run" in (out / "PROOF.md").read_text()


def test_a_unit_that_systemd_complains_of_proves_nothing_good(proving, out, monkeypatch):
    monkeypatch.setattr("badgateway.stack.file_checks.unit_faults", lambda _name, _text: ("line 3: Unknown key",))

    assert emit(REPORT, "--out", out, "--prove").exit_code == 1
    assert "line 3: Unknown key" in (out / "PROOF.md").read_text()


def test_files_that_are_there_as_they_would_be_written_are_proven_as_they_are(proving, out):
    emit(REPORT, "--out", out)
    again = emit(REPORT, "--out", out, "--prove")
    once_more = emit(REPORT, "--out", out, "--prove")

    assert again.exit_code == 0
    assert once_more.exit_code == 2
    assert "PROOF.md: is there already" in once_more.stderr
    assert len(proving) == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--experiment", ROOT / "nowhere.toml"), "nowhere.toml: is not there; --prove runs the load"),
        (
            ("--experiment", ROOT / "experiments" / "concurrency.toml"),
            "is not what was run: ",
        ),
    ],
)
def test_another_experiment_than_the_runs_is_refused_before_anything_is_written(proving, out, given, told):
    done = emit(REPORT, "--out", out, "--prove", *given)

    assert done.exit_code == 2
    assert re.search(told, done.stderr)
    assert not out.exists()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((), {"system/school-site.service"}),
        (("Dockerfile",), {"docker/Dockerfile"}),
        (("compose.yaml", "Procfile"), {"docker/compose.yaml", "procfile/Procfile"}),
        (("k8s",), {"kubernetes/deployment.yaml"}),
    ],
)
def test_without_being_asked_it_is_for_what_the_project_uses(tmp_path, there, expected):
    (tmp_path / "servers").symlink_to(ROOT / "servers")
    for name in there:
        (tmp_path / name).mkdir()
    out = tmp_path / "put" / "here"
    CliRunner().invoke(cli, ["emit", str(REPORT), "--out", str(out), "--project", str(tmp_path)])
    targets = {"system/school-site.service", "docker/compose.yaml", "procfile/Procfile", "kubernetes/deployment.yaml"}
    found = {str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()}

    assert found >= expected
    assert found & targets <= {*expected}
    if "docker/Dockerfile" in found:
        assert "COPY put/here/server/" in (out / "docker" / "Dockerfile").read_text()


def test_a_patch_cannot_be_proven(proving, out):
    done = emit(REPORT, "--out", out, "--diff", "--prove")

    assert (done.exit_code, proving) == (2, [])
    assert "--diff writes nothing that --prove could start" in done.stderr


def test_what_it_is_for_may_be_a_list_and_a_mistake_in_it_is_told(out):
    done = emit(REPORT, "--out", out, "--for", "docker, procfile")
    wrong = emit(REPORT, "--out", out, "--for", "nomad")

    assert (out / "docker" / "Dockerfile").exists()
    assert not (out / "system" / "school-site.service").exists()
    assert done.exit_code == 0
    assert wrong.exit_code == 2
    assert "'nomad' is none of systemd, docker, compose, kubernetes, procfile" in wrong.stderr

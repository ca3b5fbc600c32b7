"""What is written for others' programs, held to their own schemas, where the machine has what checks them.

`uv tool install check-jsonschema` and `uv tool install kubernetes-validate` bring both, with the schemas in them, and
Debian's package prometheus brings promtool. SARIF's schema is read from its home, or from the file in SARIF_SCHEMA.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path, PurePath

import pytest

from badgateway.causes.invited import invitations
from badgateway.causes.sarif import render_sarif
from badgateway.causes.site_files import read_site
from badgateway.emit.files import Target, files_of
from tests.emit.subjects import EVERY_KIND, ROOT, chosen
from tests.emit.test_kernel import PROXY, TARGET, placed

pytestmark = pytest.mark.proof
RECIPES = ROOT / "docs" / "recipes"


def checked(program: str, *words: object) -> str:
    """Return what a program has to say against files; empty when nothing."""
    if shutil.which(program) is None:
        pytest.skip(f"this machine has no {program}")
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def written(name: str, path: str, folder: Path) -> Path:
    texts = {str(file.path): file.text for file in files_of(chosen(name), tuple(Target))}
    target = folder / Path(path).name
    target.write_text(texts[path])
    return target


@pytest.mark.parametrize("name", EVERY_KIND)
def test_compose_takes_its_file(name, tmp_path):
    file = written(name, "docker/compose.yaml", tmp_path)

    assert checked("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file) == ""


@pytest.mark.parametrize("name", EVERY_KIND)
def test_kubernetes_takes_its_file(name, tmp_path):
    file = written(name, "kubernetes/deployment.yaml", tmp_path)

    assert checked("kubernetes-validate", "--strict", file) == ""


@pytest.mark.parametrize(
    ("path", "program", "words"),
    [
        ("docker/compose.yaml", "check-jsonschema", ("--builtin-schema", "vendor.compose-spec")),
        ("kubernetes/deployment.yaml", "kubernetes-validate", ("--strict",)),
    ],
)
def test_both_take_the_limits_of_a_place(path, program, words, tmp_path):
    texts = {str(file.path): file.text for file in files_of(placed(proxy=PROXY, target=TARGET), tuple(Target))}
    file = tmp_path / "file.yaml"
    file.write_text(texts[path])

    assert checked(program, *words, file) == ""


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_linter_of_dockerfiles_has_nothing_to_say(name, tmp_path):
    assert checked("hadolint", written(name, "docker/Dockerfile", tmp_path)) == ""


@pytest.mark.parametrize(
    ("schema", "file"), [("github-workflows", "github-gate.yml"), ("gitlab-ci", "gitlab-gate.yml")]
)
def test_the_recipes_of_a_gate_are_what_code_hosts_take(schema, file):
    assert checked("check-jsonschema", "--builtin-schema", f"vendor.{schema}", RECIPES / file) == ""


@pytest.mark.parametrize("uwsgi", ["[uwsgi]\nsocket = /run/a.sock\nprocesses = 8\n", "[uwsgi]\nlisten = 1024\n"])
def test_what_advise_says_is_sarif(uwsgi, tmp_path):
    cookies = 'SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"\n'
    files = {PurePath("uwsgi.ini"): uwsgi, PurePath("shop/settings of ours.py"): cookies}
    log = tmp_path / "advise.sarif"
    log.write_text(render_sarif(invitations(read_site(files)), [*files]))
    schema = os.environ.get("SARIF_SCHEMA") or json.loads(log.read_text())["$schema"]
    told = checked("check-jsonschema", "--schemafile", schema, log)
    if "SARIF_SCHEMA" not in os.environ and "Failed" in told:
        pytest.skip(f"SARIF's schema cannot be had: {told}")

    assert told == ""


def test_prometheus_takes_the_alert_rules():
    assert checked("promtool", "check", "rules", RECIPES / "watch-alerts.yml") == ""


def test_prometheus_takes_every_query_of_the_dashboard(tmp_path):
    dashboard = json.loads((RECIPES / "watch-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yml"
    # JSON is YAML.
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert checked("promtool", "check", "rules", file) == ""

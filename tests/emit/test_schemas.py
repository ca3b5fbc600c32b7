"""What is written for others' programs, held to their own schemas, where the machine has what checks them.

`uv tool install check-jsonschema` and `uv tool install kubernetes-validate` bring both, with the schemas in them.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from badgateway.emit.files import Target, files_of
from tests.emit.subjects import EVERY_KIND, ROOT, chosen

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
    ("schema", "file"), [("github-workflows", "github-gate.yml"), ("gitlab-ci", "gitlab-gate.yml")]
)
def test_the_recipes_of_a_gate_are_what_code_hosts_take(schema, file):
    assert checked("check-jsonschema", "--builtin-schema", f"vendor.{schema}", RECIPES / file) == ""

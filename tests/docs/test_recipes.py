"""The script before a merge, as it is written, with a gate that says what it was asked."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "recipes" / "pre-merge.sh"
GATE = """#!/bin/sh
echo "$@"
ls "$3"
exit 3
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "-qb", "main"), (*author, "commit", "-q", "--allow-empty", "-m", "empty")):
        folder.mkdir(exist_ok=True)
        subprocess.run(["git", *words], cwd=folder, check=True)
    gate = tmp_path / "bin" / "badgateway"
    gate.parent.mkdir()
    gate.write_text(GATE)
    gate.chmod(0o755)
    (tmp_path / "temporary").mkdir()
    return folder


def before_merge(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    around = repository.parent
    environment = {"PATH": f"{around / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(around / "temporary")}
    return subprocess.run(
        ["sh", SCRIPT, *words], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )


def left_over(repository: Path) -> list[Path]:
    return list((repository.parent / "temporary").iterdir())


def test_the_gate_is_held_to_a_checkout_of_the_branch_and_has_the_last_word(repository):
    done = before_merge(repository, "main", "--strict")
    asked = done.stdout.split()

    assert (done.returncode, done.stderr) == (3, "")
    assert (*asked[:2], *asked[3:]) == ("gate", "--against", "--budget", "5m", "--strict")
    assert left_over(repository) == []


def test_a_branch_that_is_not_there_is_wrong_usage_and_leaves_nothing(repository):
    done = before_merge(repository, "nowhere")

    assert done.returncode == 2
    assert done.stderr == "fatal: invalid reference: nowhere\n"
    assert left_over(repository) == []

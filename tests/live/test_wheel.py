"""The plain wheel, installed in an empty environment, takes a site of the user's own from init to an answer."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import ROOT, _reachable_folder
from tests.live.own_sites import repository
from tests.live.test_init import DECIDED, FLASK

pytestmark = [pytest.mark.live, pytest.mark.proof]
LINE = '10.0.0.1 - - [21/Nov/2026:21:00:00 +0000] "GET / HTTP/1.1" 502 150 "-" "x"\n'


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with _reachable_folder(None) as found:
        if os.geteuid() == 0:
            found.chmod(0o711)
        yield found


@pytest.fixture(scope="module")
def badgateway(folder: Path) -> Path:
    """The command, of an environment that has nothing but the wheel and what it asks for."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheel")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "wheel").iterdir()
    venv.create(folder / "kit", with_pip=True)
    subprocess.run([folder / "kit/bin/python", "-m", "pip", "install", "-q", str(wheel)], check=True)
    return folder / "kit/bin/badgateway"


@pytest.mark.timeout(600)
def test_a_site_gets_to_an_answer(badgateway: Path, folder: Path):
    # Of the servers it has Gunicorn: the wheel brings none that it could lend.
    root = repository(folder, "flask_shop", (*FLASK, "gunicorn"))
    steps = (("init", "--yes"), ("check",), ("run", "--beside", "--budget", "2m"))
    for step in steps:
        done = subprocess.run([badgateway, *step], cwd=root, capture_output=True, text=True, timeout=300, check=False)

        assert done.returncode in (DECIDED if step[0] == "run" else {0}), done.stdout + done.stderr


def test_it_explains_logs(badgateway: Path, tmp_path: Path):
    (tmp_path / "access.log").write_text(LINE * 3)
    told = subprocess.check_output([badgateway, "explain", tmp_path / "access.log"], text=True)

    assert "502" in told

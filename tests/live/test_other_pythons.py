"""A site on another Python than the kit's, from init to an answer: its own interpreter runs all that is the site's."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgateway.process.account import service_account, unreachable_parent
from tests.interpreters import demand_interpreter
from tests.live.conftest import _reachable_folder
from tests.live.faults.kit import Kit, read_report
from tests.live.own_sites import repository
from tests.live.test_init import DECIDED

pytestmark = [pytest.mark.live, pytest.mark.proof]

VERSIONS = ("3.8", "3.13")
"""The oldest that a site may have, and one that is newer than the kit's."""


@pytest.fixture(scope="module", params=VERSIONS)
def site(request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    program = Path(demand_interpreter(request.param))
    if barred := unreachable_parent(program, service_account()):
        pytest.skip(f"the servers' account cannot enter {barred}")
    with _reachable_folder(None) as folder:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        root = repository(folder, "flask_shop", ())
        shutil.rmtree(root / ".venv")
        subprocess.run([program, "-m", "venv", root / ".venv"], check=True)
        # The kit lends servers to its own version of Python alone.
        own = root / ".venv/bin/python"
        subprocess.run([own, "-m", "pip", "install", "-q", "-r", "requirements.txt", "gunicorn"], cwd=root, check=True)
        yield request.param, root


@pytest.mark.timeout(600)
def test_a_site_on_it_gets_to_an_answer(site: tuple[str, Path]):
    version, root = site
    for step in (("init", "--yes"), ("check", "--no-levels"), ("run", "--users", "5", "--blocks", "1")):
        kit = Kit(root, *step)

        # On a machine that is busy a run waits a minute before it goes on.
        assert kit.end(200) in (DECIDED if step[0] == "run" else {0}), kit.output + kit.errors
    (latest,) = (root / "results").glob("*/latest")

    assert f"{version}." in read_report(latest)["environment"]["python"]

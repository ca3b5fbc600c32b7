"""A repository that knows nothing of the kit, from init to an answer: no line is written by hand, nothing touched."""

import os
import sqlite3
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.live.conftest import _reachable_folder
from tests.live.faults.kit import Kit, read_report
from tests.live.own_sites import repository, wagtail
from tests.live.test_own_site import DJANGO

pytestmark = pytest.mark.live

FLASK = (
    *("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker"),
    *("sqlalchemy", "greenlet", "typing_extensions", "pymysql"),
)
SITES = {
    "flask_shop": FLASK,
    "django_postgres": DJANGO,
    "django_sqlite": ("django", "asgiref", "sqlparse", "typing_extensions"),
}
PRECIOUS = "precious"
OWN_FILE = "db.sqlite3"
"""Where the site on SQLite has its own data."""
DECIDED = {0, 1, 3}
"""A pick, none qualifies, or too little to say."""


WAGTAIL = "wagtail"


@contextmanager
def clone(name: str) -> Iterator[Path]:
    """Give a site that nobody has run, with an environment, and data and secrets of its user's."""
    with _reachable_folder(None) as folder:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        root = wagtail(folder) if name == WAGTAIL else repository(folder, name, SITES[name])
        (root / ".env").write_text(f"DATABASE_URL=mysql://me:{PRECIOUS}@db.example.org/shop\n")
        with closing(sqlite3.connect(root / OWN_FILE)) as link, link:
            link.execute("CREATE TABLE notes_note (text)")
            link.execute("INSERT INTO notes_note VALUES (?)", (PRECIOUS,))
        # Users that somebody wrote by hand would be kept; this is about those that init writes.
        subprocess.run(["git", "rm", "-rqf", "--ignore-unmatch", "loadtest"], cwd=root, check=True)
        yield root


def own_rows(root: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(root / OWN_FILE)) as link:
        return link.execute("SELECT * FROM notes_note").fetchall()


SHARED = """
# Other tests share the machine.
[machine]
max_steal_share = 1
max_outside_share = 1
"""


@pytest.mark.timeout(200)
def test_a_site_gets_from_its_repository_to_an_answer_in_a_minute():
    """The cheapest of them, which is run each time: two of its configurations, in one block of trials.

    In the proofs no line is written by hand.
    """
    with clone("django_sqlite") as root:
        init = Kit(root, "init", "--yes")
        assert init.end(30) == 0, init.errors
        file = root / "badgateway.toml"
        found = tomllib.loads(file.read_text())
        file.write_text(file.read_text() + SHARED)
        only = [word for one in found["configurations"][:2] for word in ("--only", one["name"])]
        check = Kit(root, "check", "--no-levels")
        assert check.end(40) == 0, check.output + check.errors
        run = Kit(root, "run", *only, "--users", "5", "--blocks", "1", "--window", "2")

        assert run.end(120) in DECIDED, run.errors
        assert own_rows(root) == [(PRECIOUS,)]


@pytest.fixture(
    scope="module", params=[pytest.param(one, marks=pytest.mark.proof) for one in (*sorted(SITES), WAGTAIL)]
)
def site(request: pytest.FixtureRequest) -> Iterator[Path]:
    with clone(request.param) as root:
        kit = Kit(root, "init", "--yes")
        assert kit.end(60) == 0, kit.errors
        yield root


def test_nothing_of_the_site_is_changed_and_no_secret_is_written(site: Path):
    changed = subprocess.check_output(["git", "diff", "--name-only"], cwd=site, text=True).split()
    written = [site / "badgateway.toml", *(site / "loadtest").iterdir()]

    assert set(changed) <= {".gitignore"}
    assert not any(PRECIOUS in file.read_text() for file in written if file.is_file())


@pytest.mark.timeout(300)
def test_a_check_finds_all_well_or_takes_it_out(site: Path):
    kit = Kit(site, "check")

    assert kit.end(240) == 0, kit.output + kit.errors
    assert "the run's own" in kit.output


@pytest.mark.timeout(360)
def test_a_run_ends_with_an_answer(site: Path):
    kit = Kit(site, "run", "--budget", "2m")

    assert kit.end(300) in DECIDED, kit.errors
    (latest,) = (site / "results").glob("*/latest")
    assert read_report(latest)["choice"]["kind"]


def test_the_users_own_file_is_as_it_was(site: Path):
    assert own_rows(site) == [(PRECIOUS,)]

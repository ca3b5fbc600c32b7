"""Experiment files as people mistype them: each is planned, or refused in lines that name the file; nothing else."""

import shutil
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from badgateway.cli.commands import checked_plan
from badgateway.cli.planned import plan_lines
from badgateway.errors import ConfigurationError
from badgateway.model.printable import printable
from badgateway.plan.declaration_faults import LONGEST_MESSAGE
from badgateway.plan.experiment_file import OF_ALL
from tests.amounts import amounts
from tests.mutations import damaged, mutated, toml

ROOT = Path(__file__).parents[2]
NAMED = ("uwsgi.ini", "gunicorn_gevent.py", "nginx.conf", "mariadb.cnf", "journal.py")
"""Of servers/; an experiment names the first two, and every project has the others."""
OF_SERVERS = """
name = "x"
question = "x?"
load = { locustfile = "experiments/concurrency.py", users = [5] }
objective = { max_failure_share = 0.01, p95_ms = 1000 }
[[configurations]]
name = "a"
server = "servers/uwsgi.ini"
driver = "pymysql"
workers = 2
[[configurations]]
name = "b"
server = "servers/gunicorn_gevent.py"
driver = "pymysql"
workers = 2
"""
FILES = tuple(file for file in sorted((ROOT / "experiments").glob("*.toml")) if file.name != OF_ALL)
CONTENTS = tuple(file.read_bytes() for file in FILES)
LONGEST_LINE = LONGEST_MESSAGE + 700
"""Of a message with two paths of the project in it, and a list of all keys."""

SOME = 60
ALL = 6000

mutations = st.sampled_from(CONTENTS).flatmap(lambda content: mutated(tomllib.loads(content.decode())))
damages = st.sampled_from(CONTENTS).flatmap(damaged)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """A file beside copies of the kit's own project."""
    root: Path = tmp_path_factory.mktemp("project")
    for name in ("app", "servers", "experiments"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return root / "experiments" / "mutated.toml"


def check(file: Path, content: bytes) -> bool:
    """Plan the file; return whether it could be."""
    file.write_bytes(content)
    try:
        assert list(plan_lines(checked_plan(file, variant=None, budget_s=None)))
    except ConfigurationError as error:
        lines = str(error).split("\n")
        assert all(line.startswith((f"{file}: ", "variant ", "and ")) for line in lines), lines
        assert all(printable(line) == line and len(line) < LONGEST_LINE + len(str(file)) for line in lines), lines
        return False
    return True


def many(examples: int):
    # A run finds what it finds in its own time; the example database is no part of a test.
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


def test_what_is_mutated_is_a_plan_before(file):
    assert all(check(file, content) for content in CONTENTS)
    assert all(check(file, toml(tomllib.loads(content.decode())).encode()) for content in CONTENTS)


@pytest.mark.parametrize("examples", amounts(SOME, ALL))
def test_a_file_with_changed_values_is_planned_or_refused_by_its_name(file, examples):
    planned = 0

    @many(examples)
    @given(tables=mutations)
    def run(tables):
        nonlocal planned
        planned += check(file, toml(tables).encode())

    run()

    assert examples * 0.02 < planned < examples * 0.9, "the mutations are either too wild or too tame to tell anything"


@pytest.mark.parametrize("examples", amounts(SOME // 2, ALL // 2))
def test_a_damaged_file_is_planned_or_refused_by_its_name(file, examples):
    @many(examples)
    @given(content=damages)
    def run(content):
        check(file, content)

    run()


@pytest.mark.parametrize("examples", amounts(SOME // 6, ALL // 2))
@pytest.mark.parametrize("name", NAMED)
def test_a_damaged_file_of_servers_is_planned_with_or_refused_by_its_name(name, file, examples):
    whole = ROOT / "servers" / name
    of_server = file.parents[1] / "servers" / name

    @many(examples)
    @given(content=damaged(whole.read_bytes()))
    def run(content):
        of_server.write_bytes(content)
        check(file, OF_SERVERS.encode())

    try:
        run()
    finally:
        shutil.copy(whole, of_server)

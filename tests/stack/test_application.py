import sys
from dataclasses import replace
from typing import Any

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.stack.application import looks, prepare, restoring
from badgateway.stack.project import Snapshot
from tests.declared import experiment
from tests.stack.test_database import DATABASE

PROGRAM = """
import os, sys
print(sys.executable, os.getcwd(), os.environ["DB_DRIVER"], os.environ["DB_PORT"], os.environ["APP_MEMBERS"])
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def database(tmp_path):
    return replace(DATABASE, folder=tmp_path)


@pytest.fixture
def snapshot(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manage.py").write_text(PROGRAM)
    return Snapshot(root=tmp_path, nginx_template="", database_template="")


def declared(**commands: Any) -> Experiment:
    return experiment(application={"environment": {"APP_MEMBERS": "12"}, **commands})


def test_python_is_the_kits_own_and_runs_in_the_application_with_its_database(database, snapshot, tmp_path):
    prepare(declared(prepare=["python", "manage.py", "0"]), database, snapshot)

    driver = declared().configurations[0].driver
    assert (tmp_path / "prepare.log").read_text() == f"{sys.executable} {tmp_path}/app {driver} 3307 12\n"


def test_a_command_that_fails_is_named_with_its_status_and_its_last_lines(database, snapshot):
    failed = r"app: python manage\.py 3 ended with status 3; .*\n.*3307 12"
    command = declared(restore=["python", "manage.py", "3"])
    with restoring(command, database, snapshot) as wait, pytest.raises(DeploymentError, match=failed):
        wait()


def test_a_site_is_looked_at_once_for_each_way_in_which_it_is_loaded(database, snapshot):
    def asked(**commands: Any) -> list[tuple[str, ...]]:
        return [look.argv[2:] for look in looks(declared(**commands), database, snapshot)]

    own = [("manage.py", "look"), ("school_site.wsgi:application",)]
    assert asked() == own
    assert asked(restore=["make", "restore"]) == own
    development = ["python", "manage.py", "restore", "--settings=development"]
    assert asked(restore=development) == [own[0], ("manage.py", "look", "--settings=development"), own[1]]
    first = ["python", "manage.py", "--settings=development", "restore"]
    assert ("manage.py", "--settings=development", "restore") in asked(restore=first)

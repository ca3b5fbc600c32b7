from contextlib import nullcontext
from dataclasses import replace

import pytest

from badgateway.errors import ConfigurationError, DeploymentError, RestoreError
from badgateway.stack import application, experiment_database
from badgateway.stack.experiment_database import restoring
from badgateway.stack.project import Snapshot
from tests.declared import experiment
from tests.stack.test_database import DATABASE


@pytest.fixture
def begun(tmp_path):
    """A restore by a command that does nothing."""
    (tmp_path / "app").mkdir()
    declared = experiment(application={"restore": ["python", "-c", "pass"]})
    snapshot = Snapshot(root=tmp_path, nginx_template="", database_template="")
    return restoring(declared, replace(DATABASE, folder=tmp_path), snapshot)


@pytest.mark.parametrize("refusing", ["demand_own_databases", "demand_nothing_else"])
def test_nothing_of_a_site_is_run_before_it_is_known_to_use_the_runs_database(refusing, tmp_path, monkeypatch):
    done = []

    def refuse(*_):
        done.append(refusing)
        raise ConfigurationError("it would write to another database")

    monkeypatch.setattr(experiment_database, "_database", lambda *_: nullcontext(replace(DATABASE, folder=tmp_path)))
    monkeypatch.setattr(experiment_database, "demand_own_databases", lambda *_: False)
    monkeypatch.setattr(experiment_database, refusing, refuse)
    monkeypatch.setattr(application, "looks", lambda *_: ())
    for name in ("prepare", "restoring"):
        monkeypatch.setattr(application, name, lambda *_, name=name: done.append(name))
    snapshot = Snapshot(root=tmp_path, nginx_template="", database_template="")
    begun = experiment_database.prepare_database(experiment(), snapshot=snapshot, folder=tmp_path / "run", account=None)

    with pytest.raises(ConfigurationError, match="another database"), begun:
        pass
    assert done == [refusing]


def be_gone(_database):
    raise DeploymentError("MariaDB is gone")


def test_a_database_that_is_killed_after_the_restore_is_the_trials_end_and_not_the_restores(begun, monkeypatch):
    monkeypatch.setattr(experiment_database, "renew_statistics", lambda _database: ())

    def be_killed_under_load():
        with begun as finish:
            finish()
            monkeypatch.setattr(experiment_database, "renew_statistics", be_gone)
            raise DeploymentError("MariaDB ended in the middle of the trial")

    with pytest.raises(DeploymentError, match="ended in the middle of the trial"):
        be_killed_under_load()


def test_a_server_that_did_not_come_up_leaves_no_half_restored_data(begun, monkeypatch):
    monkeypatch.setattr(experiment_database, "renew_statistics", be_gone)

    with pytest.raises(RestoreError, match="MariaDB is gone"), begun:
        raise DeploymentError("no server came up")


def test_a_command_that_fails_is_to_be_mended_and_not_for_a_database_that_gives_no_answer(tmp_path, monkeypatch):
    (tmp_path / "app").mkdir()
    snapshot = Snapshot(root=tmp_path, nginx_template="", database_template="")
    monkeypatch.setattr(experiment_database, "renew_statistics", be_gone)
    for code, told in (("raise SystemExit(3)", "^mend the command: .* status 3"), ("pass", "^see what keeps the ")):
        declared = experiment(application={"restore": ["python", "-c", code]})
        begun = restoring(declared, replace(DATABASE, folder=tmp_path), snapshot)

        with pytest.raises(RestoreError, match=told), begun as finish:
            finish()

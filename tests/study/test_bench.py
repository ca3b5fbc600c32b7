"""What an experiment's trials share is set up only where the site cannot turn root's own files against it."""

import os

import pytest

from badgateway.errors import ConfigurationError
from badgateway.process.account import Account
from badgateway.study.bench import demand_unchangeable, set_up
from badgateway.study.run_experiment import run_experiment
from tests.study.fakes import small

ACCOUNT = Account(name="www-data", uid=54321, gid=54322)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its servers another account")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr("badgateway.study.bench.service_account", lambda: ACCOUNT)
    monkeypatch.setattr("badgateway.study.run_experiment.service_account", lambda: ACCOUNT)
    (tmp_path / "experiments").mkdir()
    return tmp_path


def test_root_does_not_run_a_locust_file_that_the_servers_account_can_change(project):
    place = project / "experiments"
    os.chown(place, ACCOUNT.uid, ACCOUNT.gid)

    with pytest.raises(ConfigurationError) as refusal, set_up(small(), project):
        pass

    assert str(refusal.value) == (
        f"{place}/load.py: account www-data, which runs the servers, can change {place}, and root would use it; "
        "run badgateway as another user, or in a copy of the project that www-data cannot change"
    )


def test_root_does_not_write_results_where_the_servers_account_can_change_the_folder(project, told):
    (project / "shared").mkdir()
    (project / "shared").chmod(0o777)

    with pytest.raises(ConfigurationError, match=f"can change {project}/shared, and root"):
        run_experiment(small(), root=project, results=project / "shared" / "results", command="x", listener=told)

    assert list((project / "shared").iterdir()) == []


def test_an_ordinary_user_may_use_any_folder(project):
    (project / "experiments").chmod(0o777)

    demand_unchangeable(project / "experiments", None)

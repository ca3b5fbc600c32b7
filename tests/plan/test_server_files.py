"""What an experiment keeps of its server files once it has been read."""

from pathlib import Path

import pytest

from badgateway.model.knob import WorkerModel
from badgateway.plan.experiment_file import with_servers
from tests.declared import experiment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / "uwsgi.ini").write_text("[uwsgi]\nprocesses = 2\n")
    (tmp_path / "servers" / "gunicorn_gevent.py").write_text('worker_class = "gevent"\n')
    return tmp_path


def test_an_experiment_keeps_which_server_runs_a_configuration_and_how_its_workers_serve(root):
    kept = with_servers(experiment(), root).configurations

    assert [one.kind for one in kept] == ["uwsgi", "gunicorn", "gunicorn"]
    assert [one.worker_model for one in kept] == [WorkerModel.THREADS, WorkerModel.GREENLETS, WorkerModel.GREENLETS]


def test_what_a_configuration_declares_of_its_workers_stays(root):
    first = {"name": "first", "server": "servers/uwsgi.ini", "driver": "pymysql", "workers": 2}
    (kept,) = with_servers(experiment(configurations=[first | {"worker_model": "greenlets"}]), root).configurations

    assert kept.worker_model is WorkerModel.GREENLETS


def test_the_name_of_a_file_does_not_tell_how_its_workers_serve(root):
    (root / "servers" / "gunicorn_gevent.py").write_text('worker_class = "sync"\n')

    assert with_servers(experiment(), root).configurations[1].worker_model is WorkerModel.ONE_REQUEST

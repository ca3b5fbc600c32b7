"""What a command comes to is found out in a copy with all that a run copies; a run starts what is made of it."""

import json
import os
import subprocess
import sys

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.knob import WorkerModel
from badgateway.servers.gunicorn_command import ASKS
from badgateway.stack.own_command import as_it_runs, is_made, server_file
from badgateway.stack.project import take_snapshot
from tests.declared import declared


@pytest.fixture
def site(tmp_path):
    root = tmp_path / "site"
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / "shop.py").touch()
    return root


def of(command: str, **application) -> Experiment:
    kind = command.split(maxsplit=1)[0]
    one = {"name": "today", "server": "kit:own_command.py", "kind": kind, "command": command, "workers": 1}
    given = {"directory": ".", "wsgi": "shop:app", "python": sys.executable, **application}
    return Experiment.model_validate(
        declared(
            configurations=[{"driver": "pymysql", **one}], application=given, load={"locustfile": "a.py", "users": [1]}
        )
    )


def told(experiment: Experiment, site) -> Configuration:
    (one,) = as_it_runs(experiment, site).configurations
    return one


def test_what_git_ignores_and_a_run_copies_is_there_for_the_file_that_imports_it(site):
    (site / ".gitignore").write_text("numbers_here.py\n")
    (site / "numbers_here.py").write_text("WORKERS = 7\n")
    (site / "gunicorn.conf.py").write_text("from numbers_here import WORKERS as workers\n")

    assert told(of("gunicorn shop:app", copy=["numbers_here.py"]), site).workers == 7


def test_what_is_made_of_a_command_has_its_numbers_and_is_what_a_run_starts(site, tmp_path):
    (site / "etc").mkdir()
    (site / "etc" / "a.ini").write_text("[uwsgi]\nprocesses = 3\nhttp-socket = :8000\nharakiri = 9\nlisten = 64\n")
    experiment = as_it_runs(of("uwsgi --ini etc/a.ini --threads 2"), site)
    (one,) = experiment.configurations
    assert (one.workers, one.threads, one.listen, one.worker_model) == (3, 2, 64, WorkerModel.THREADS)
    assert one.timeouts is not None
    assert one.timeouts.app_s == 9

    snapshot = take_snapshot(experiment, site, tmp_path / "copy", None)
    text = snapshot.server_text(server_file(one))
    assert is_made(one)
    assert snapshot.path(server_file(one)).read_text() == text
    assert "processes = 3" in text
    assert "8000" not in text


def test_an_event_loop_is_known_before_anything_is_asked(site):
    found = told(of("uvicorn shop:app --workers 2", asgi="shop:app"), site)

    assert (found.workers, found.worker_model, found.keepalive_s) == (2, WorkerModel.EVENT_LOOP, 5)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("uwsgi --ini gone.ini", "there is no gone.ini in what a run copies"),
        ("uwsgi --ini ../precious.ini", "there is no ../precious.ini in what a run copies"),
        ("granian shop:app", "name its --interface"),
        ("uwsgi --processes %k", "processes = %k is no plain number"),
    ],
)
def test_what_is_not_known_is_refused_with_its_key(site, command, why):
    (site.parent / "precious.ini").write_text("[uwsgi]\nprocesses = 2\n")

    with pytest.raises(ConfigurationError, match=r"^configurations\[today\]\.command: ") as refused:
        told(of(command), site)
    assert why in str(refused.value)


def test_the_server_itself_says_what_a_command_and_its_file_come_to(tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("workers = 5\nbacklog = 77\ntimeout = 20\n")
    ask = [sys.executable, "-c", ASKS, "--threads", "4", "nowhere:application"]
    told = json.loads(subprocess.check_output(ask, cwd=tmp_path, env={"PATH": os.defpath}, text=True))

    assert (told["workers"], told["threads"], told["listen"], told["app_s"], told["model"]) == (5, 4, 77, 20, "gthread")

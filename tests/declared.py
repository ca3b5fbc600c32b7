"""A small, valid experiment as a user would declare it, for tests to change."""

import copy
import tomllib
from pathlib import Path
from typing import Any

from badgateway.model.experiment import Experiment

_OF_ALL = Path(__file__).resolve().parents[1] / "experiments" / "application.toml"
SCHOOL: dict[str, Any] = tomllib.loads(_OF_ALL.read_text())["application"]
"""What the experiments of this project say of their site."""
DECLARED: dict[str, Any] = {
    "name": "small",
    "question": "Which one?",
    "load": {"locustfile": "experiments/load.py", "users": [5, 50]},
    "objective": {"max_failure_share": 0.01, "p95_ms": 1000},
    "configurations": [
        {"name": "first", "server": "servers/uwsgi.ini", "driver": "mysqlclient", "workers": 2},
        {"name": "second", "server": "servers/gunicorn_gevent.py", "driver": "pymysql", "workers": 2},
        {"name": "third", "server": "servers/gunicorn_gevent.py", "driver": "mysqlclient", "workers": 2},
    ],
}


def declared(**changes: Any) -> dict[str, Any]:
    """Return a fresh copy, with top-level keys replaced; of [application], those that are given."""
    own = changes.get("application", {})
    return {**copy.deepcopy(DECLARED), **changes, "application": SCHOOL | own if isinstance(own, dict) else own}


def experiment(**changes: Any) -> Experiment:
    """Return the small experiment as a value."""
    return Experiment.model_validate(declared(**changes))


def far(*distances_ms: float) -> Experiment:
    """Return it with its first configuration at several distances to the database."""
    first, *others = declared()["configurations"]
    return experiment(configurations=[first | {"database_distances_ms": distances_ms}, *others])

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from badgateway.load.locust import Drive, drive
from badgateway.load.progress import Progress
from badgateway.model import raw
from badgateway.model.experiment import Load
from badgateway.model.trial import Trial
from tests.load.server import faulty_server

ROOT = Path(__file__).parents[2]


@dataclass
class Driven:
    """What one run of real Locust left."""

    drive: Drive
    rows: list[dict[str, str]]
    events: dict[str, Any]
    progress: list[Progress] = field(default_factory=list)

    def row(self, name: str) -> dict[str, str]:
        (row,) = [row for row in self.rows if row["name"] == name]
        return row


def read_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / raw.CLIENT_ROWS).open(newline="") as file:
        return list(csv.DictReader(file))


def load_of(name: str, *, users: int, warm_up_s: float = 0, window_s: float = 1) -> tuple[Load, Trial]:
    load = Load(locustfile=f"tests/load/locustfiles/{name}.py", users=(users,), warm_up_s=warm_up_s, window_s=window_s)
    trial = Trial(block=1, position=1, configuration="fake", users=users, seed=7)
    return load, trial


def run_locust(name: str, url: str, folder: Path, *, users: int, client_timeout_s: float = 1, **more: Any) -> Driven:
    environment = more.pop("environment", {})
    load, trial = load_of(name, users=users, **more)
    seen: list[Progress] = []
    result = drive(
        load,
        trial,
        url=url,
        project_root=ROOT,
        client_timeout_s=client_timeout_s,
        raw=folder,
        on_start=lambda _: None,
        on_progress=seen.append,
        check=lambda: None,
        environment=environment,
    )
    events = json.loads((folder / raw.CLIENT_EVENTS).read_text())
    return Driven(result, read_rows(folder), events, seen)


@pytest.fixture(scope="session")
def server():
    with faulty_server() as running:
        yield running

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
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


def load_of(
    name: str, *, users: int = 0, rate_per_s: float | None = None, seed: int = 7, **more: Any
) -> tuple[Load, Trial]:
    load = Load(
        locustfile=PurePosixPath(f"{name}.py" if "/" in name else f"tests/load/locustfiles/{name}.py"),
        users=(users,) if users else (),
        rates_per_s=(rate_per_s,) if rate_per_s else (),
        **{"warm_up_s": 0, "window_s": 1, **more},
    )
    trial = Trial(block=1, position=1, configuration="fake", users=users, rate_per_s=rate_per_s, seed=seed)
    return load, trial


def run_locust(name: str, url: str, folder: Path, *, client_timeout_s: float = 1, **more: Any) -> Driven:
    environment, standby = more.pop("environment", {}), more.pop("standby", None)
    load, trial = load_of(name, **more)
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
        standby=standby,
    )
    events = json.loads((folder / raw.CLIENT_EVENTS).read_text())
    return Driven(result, read_rows(folder), events, seen)


@pytest.fixture(scope="session")
def server():
    with faulty_server() as running:
        yield running

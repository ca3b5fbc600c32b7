"""Raw files and whole runs of any size, made up; no server is started for them."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from badgateway.store.packed import keep_plain
from badgateway.study import run_experiment
from tests.declared import experiment
from tests.ledger.raw_folder import T0_S, client_row, journal_line, proxy_line, write_client, write_journal, write_proxy
from tests.study import fakes

TRIALS, ROWS_OF_ALL = 35, 65_000
_SERVERS = ("uwsgi.ini", "gunicorn_gevent.py", "gunicorn_gthread.py", "gunicorn_sync.py", "uwsgi_gevent.ini")
_PER_S = 1000


def trial(folder: Path, rows: int) -> Path:
    """Write the books of client, proxy and application for so many requests that succeed; return the folder."""
    folder.mkdir(parents=True)
    write_client(folder, *(client_row(_id(number), **_times(number)) for number in range(rows)))
    write_proxy(folder, *(proxy_line(_id(number), time_s=_times(number)["end_s"]) for number in range(rows)))
    write_journal(folder, *_journal(rows))
    return folder


def _journal(rows: int) -> Iterator[str]:
    for number in range(rows):
        start_s = _times(number)["start_s"]
        yield journal_line("start", _id(number), time_s=start_s, number=number)
        yield journal_line("end", _id(number), time_s=start_s + 0.4, number=number)


def _id(number: int) -> str:
    # As hard to compress as the ids that nginx draws.
    return hashlib.blake2b(number.to_bytes(8), digest_size=16).hexdigest()


def _times(number: int) -> dict[str, float]:
    start_s = T0_S + number / _PER_S
    return {"start_s": start_s, "first_byte_s": start_s + 0.25, "end_s": start_s + 0.5}


def run(folder: Path) -> Path:
    """Run a study of 35 trials in which nothing is started; return its folder."""
    configurations: list[dict[str, Any]] = [
        {"name": f"configuration-{number}", "server": f"servers/{server}", "driver": "pymysql", "workers": 2}
        for number, server in enumerate(_SERVERS)
    ]
    asked = experiment(
        configurations=configurations,
        blocks=TRIALS // len(configurations),
        load={"locustfile": "experiments/load.py", "users": [5]},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes, "REQUESTS", ROWS_OF_ALL // TRIALS)
        patch.setattr(run_experiment, "read_environment", lambda *_given: fakes.ENVIRONMENT)
        (bench := folder / "bench").mkdir(parents=True)
        finished = run_experiment.run_experiment(
            asked,
            root=folder,
            results=folder / "results",
            command="badgateway run x",
            listener=fakes.Told(),
            effects=fakes.Seam(bench),
        )
    return finished.report.parent


def kept_bytes(raw: Path) -> int:
    """Return the size of a trial's raw files as a run keeps them."""
    with tempfile.TemporaryDirectory(dir=raw.parent) as folder:
        for file in raw.iterdir():
            keep_plain(file, Path(folder))
        return sum(file.stat().st_size for file in Path(folder).iterdir())

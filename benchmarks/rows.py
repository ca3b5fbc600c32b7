"""The rows of the table: what of the kit is measured, and against what."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from badgateway.load.locust import drive
from badgateway.model.experiment import Load
from badgateway.model.raw import CLIENT_ROWS
from badgateway.model.trial import Trial
from benchmarks import combined_log, made_up, server_logs
from benchmarks.duel import Duel, Took
from benchmarks.explain import have_in_memory, measured
from tests.load.plain_server import plain_server

ROOT = Path(__file__).parents[1]
KIT = (sys.executable, "-c", "from badgateway.cli import main; main()")
ANCHORS = (sys.executable, "-m", "benchmarks.anchors")
BARE = "bare DuckDB"
USERS, WARM_UP_S, WINDOW_S = 20, 1.0, 5.0
MILLION = 1_000_000

_BYTECODE = ROOT / ".cache" / "bytecode"
"""Where measured programs keep their modules compiled; an environment that keeps none would measure the compiler."""

LARGE_LOGS = {
    "error": "nginx's error log, 85 % failures",
    "uWSGI": "uWSGI's log",
    "Gunicorn": "Gunicorn's log",
    "ALB": "an ALB's access log",
    "JSON": "nginx's access log in JSON",
}
"""By their kind in server_logs."""

Duels = Callable[[Path, float], Iterator[Duel]]
"""Prepares what it needs in a folder, for work of that scale, and gives the duels."""


def program(*command: str, log: Path | None = None) -> Took:
    """Run a program in the project's root; return seconds, CPU seconds and peak memory."""
    if log is not None:
        have_in_memory(log)
    return asdict(measured(list(command), cwd=ROOT, bytecode=_BYTECODE))


def compiled(duel: Duel) -> Duel:
    """Have the modules of both sides compiled, as they are when a program does not run for the first time."""
    for run in filter(None, (duel.ours, duel.anchor)):
        run()
    return duel


def starts(folder: Path, _scale: float) -> Iterator[Duel]:
    """What it takes until a command does its work."""
    log = folder / "small.log"
    combined_log.write_log(log, 1_000, seed=1)
    bare = partial(program, sys.executable, "-c")
    yield compiled(
        Duel(
            work="badgateway --help",
            ours=partial(program, *KIT, "--help"),
            anchor=partial(bare, "import click"),
            against="Python that imports click",
            quantities=("seconds",),
        )
    )
    yield compiled(
        Duel(
            work="explain, 1,000 lines",
            ours=partial(program, *KIT, "explain", "--output", str(folder / "small.json"), str(log)),
            anchor=partial(bare, "import duckdb; duckdb.execute('SELECT 1')"),
            against="Python that imports DuckDB",
            quantities=("seconds",),
        )
    )


def explanations(folder: Path, scale: float) -> Iterator[Duel]:
    """Large logs, read by explain, by the least of DuckDB, and where it is installed by goaccess."""
    for kind, name in LARGE_LOGS.items():
        log, lines = folder / f"{kind}.log", int(MILLION * scale)
        server_logs.write_log(kind, log, lines, seed=1)
        yield explained(log, f"explain, {lines:,} lines of {name}", *split(log))
        log.unlink()
    log, lines = folder / "combined.log", int(10 * MILLION * scale)
    combined_log.write_log(log, lines, seed=1)
    work = f"explain, {lines:,} combined lines"
    yield explained(log, work, *split(log))
    if shutil.which("goaccess"):
        asked = ("--log-format=COMBINED", "--no-progress", "-o", str(folder / "goaccess.json"))
        yield explained(log, work, partial(program, "goaccess", str(log), *asked, log=log), "goaccess")
    log.unlink()


def growth(folder: Path, scale: float) -> Iterator[Duel]:
    """What memory explain takes for twice as many failures."""
    kind, lines, logs = "error", int(MILLION * scale), (folder / "twice.log", folder / "once.log")
    for log, count in zip(logs, (2 * lines, lines), strict=True):
        server_logs.write_log(kind, log, count, seed=1)
    twice, once = (partial(explain, log) for log in logs)
    yield Duel(
        work=f"explain, {2 * lines:,} lines of {LARGE_LOGS[kind]}",
        ours=twice,
        anchor=once,
        against=f"explain of {lines:,} of them",
        quantities=("peak_mib",),
    )
    for log in logs:
        log.unlink()


def split(log: Path) -> tuple[Callable[[], Took], str]:
    """Return what splits the lines of a log and no more, and its name."""
    return partial(program, *ANCHORS, "split", str(log), log=log), f"{BARE} that splits the lines"


def explained(log: Path, work: str, anchor: Callable[[], Took], against: str) -> Duel:
    """Return the duel of explain with somebody else on one log."""
    return Duel(
        work=work,
        ours=partial(explain, log),
        anchor=anchor,
        against=against,
        quantities=("seconds", "cpu_s", "peak_mib"),
    )


def explain(log: Path) -> Took:
    """Have a log explained."""
    return program(*KIT, "explain", "--format", "json", "--output", f"{log}.json", str(log), log=log)


def trials(folder: Path, scale: float) -> Iterator[Duel]:
    """Raw files of a trial and of a run, made up."""
    rows = int(MILLION * scale)
    raw = made_up.trial(folder / "trial", rows)
    build = "import sys; from pathlib import Path; from badgateway import ledger; ledger.build(Path(sys.argv[1]), None)"
    yield Duel(
        work=f"ledger of a trial of {rows:,} requests",
        ours=partial(program, sys.executable, "-c", build, str(raw)),
        anchor=partial(program, *ANCHORS, "join", str(raw)),
        against=f"{BARE} that joins the files",
        quantities=("seconds", "cpu_s", "peak_mib"),
    )
    yield Duel(
        work="files kept of a million requests",
        ours=lambda: {"mb": made_up.kept_bytes(raw) / rows * MILLION / 1e6},
        quantities=("mb",),
    )
    shutil.rmtree(raw)
    run = made_up.run(folder / "run")
    yield Duel(
        work=f"report of {made_up.TRIALS} trials, {made_up.ROWS_OF_ALL:,} requests in all",
        ours=partial(program, *KIT, "report", str(run)),
        anchor=partial(program, *ANCHORS, "read", str(run)),
        against=f"{BARE} that reads the files once",
        quantities=("seconds", "cpu_s", "peak_mib"),
    )


def exports(_folder: Path, scale: float) -> Iterator[Duel]:
    """The streamed workbook against XlsxWriter, and where it is installed against a library that is written in C."""
    rows = int(MILLION * scale / 10)

    def write(name: str) -> Took:
        command = [sys.executable, "benchmarks/export_writers.py", name, str(rows)]
        found = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        return {"cpu_s": found["cpu_s"], "peak_mib": found["growth_bytes"] / 2**20}

    rivals = {"XlsxWriter, constant_memory": "xlsxwriter constant_memory"}
    if find_spec("openexcel"):
        rivals["openexcel-c"] = "openexcel-c"
    for against, name in rivals.items():
        yield Duel(
            work=f"streamed .xlsx of {rows:,} rows",
            ours=partial(write, "the site (zipstream-ng)"),
            anchor=partial(write, name),
            against=against,
            quantities=("cpu_s",),
        )


def generators(folder: Path, _scale: float) -> Iterator[Duel]:
    """One process that asks as often as it can, against Locust's own fast client."""
    with plain_server() as server:
        yield Duel(
            work="a request of the load generator, one process",
            ours=partial(recorded, server.url, folder),
            anchor=partial(fast_http, server.url, folder),
            against="Locust's FastHttpUser",
            quantities=("cpu_us", "us"),
        )


def recorded(url: str, folder: Path) -> Took:
    """Let the kit's users ask; return microseconds a request, of the CPU and of the clock."""
    path = PurePosixPath("benchmarks/locustfiles/recorded.py")
    load = Load(locustfile=path, users=(USERS,), warm_up_s=WARM_UP_S, window_s=WINDOW_S)
    with tempfile.TemporaryDirectory(dir=folder) as raw:
        driven = drive(
            load,
            Trial(block=1, position=1, configuration="plain", users=USERS, seed=1),
            url=url,
            project_root=ROOT,
            client_timeout_s=8,
            raw=Path(raw),
            on_start=lambda _pid: None,
            on_progress=lambda _progress: None,
            check=lambda: None,
        )
        with Path(raw, CLIENT_ROWS).open("rb") as file:
            requests = sum(1 for _ in file) - 1
    # Of those in the warm-up, which is as fast, the window has its share.
    per_s = requests / (WARM_UP_S + WINDOW_S)
    assert driven.generator_cpu_share is not None
    return {"us": 1e6 / per_s, "cpu_us": driven.generator_cpu_share * 1e6 / per_s}


def fast_http(url: str, folder: Path) -> Took:
    """Let Locust's users ask; return microseconds a request, of the CPU and of the clock."""
    answer = folder / "fast-http.json"
    file = "benchmarks/locustfiles/fast_http.py"
    limits = ("--users", str(USERS), "--spawn-rate", str(USERS), "--run-time", f"{WINDOW_S:g}s", "--only-summary")
    command = [sys.executable, "-m", "locust", "--headless", "-f", file, "--host", url, *limits]
    environment = {**os.environ, "BENCHMARK_ANSWER": str(answer)}
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=environment)
    found = json.loads(answer.read_text("utf-8"))
    return {"us": found["seconds"] * 1e6 / found["requests"], "cpu_us": found["cpu_s"] * 1e6 / found["requests"]}


def overheads(folder: Path, _scale: float) -> Iterator[Duel]:
    """A real run of tiny trials: what of a trial is neither warm-up nor window nor drain."""
    yield Duel(
        work="overhead of a trial of uWSGI and of Gunicorn, on average",
        ours=lambda: {"seconds": overhead_s(folder)},
        quantities=("seconds",),
    )


def overhead_s(folder: Path) -> float:
    """Run one trial of each server; return the average."""
    from tests.live.faults.kit import make_project, read_report, run  # noqa: PLC0415 # it needs a stack

    with tempfile.TemporaryDirectory(dir=folder) as place:
        project = make_project(Path(place, "project"))
        run(project, "run", "experiments/small.toml", "--no-diagnosis")
        report = read_report(project / "results" / "small" / "latest")
    each = [float(trial["overhead_s"]) for one in report["configurations"] for trial in one["trials"]]
    return sum(each) / len(each)


GROUPS: dict[str, Duels] = {
    "start": starts,
    "explain": explanations,
    "memory": growth,
    "trials": trials,
    "exports": exports,
    "generator": generators,
    "overhead": overheads,
}


@contextmanager
def prepared(group: str, scale: float) -> Iterator[Iterator[Duel]]:
    """Give the duels of a group, and a folder to them as long as the block lasts."""
    # Not where TMPDIR says: the path of a unix socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="badgateway-benchmark-", dir="/tmp") as folder:
        yield GROUPS[group](Path(folder), scale)

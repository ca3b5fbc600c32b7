"""The whole command on a small experiment: two runs at once, runs that are ended in the middle, and mistakes."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from badgateway.model import raw
from badgateway.store.packed import SUFFIX
from tests.live.faults.kit import MAY_KEEP, REPORTS, Kit, make_project, read_report, run, trials
from tests.live.test_stack import processes_of

pytestmark = pytest.mark.live

USAGE, UNDECIDED, INTERRUPTED = 2, 3, 130
UNFINISHED = "Interrupted: only the trials that had ended are counted."
SERVERS = {"nginx", "mariadbd", "uwsgi", "gunicorn"}
STOPPED_WITHIN_S = 15.0
SWEPT_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command that has ended, and the run it left."""

    kit: Kit
    status: int
    folder: Path
    temporary: Path
    """The folder its servers lived in."""
    swept_s: float
    """From its end until none of its processes was left."""

    @property
    def report(self) -> dict[str, Any]:
        """Its report.json."""
        return read_report(self.folder)


def start(project: Path, name: str) -> tuple[Kit, Path]:
    """Start an experiment; returns when its MariaDB is there, with the folder its servers live in."""
    # Worker checks are those of tests/live/test_worker_checks.py.
    kit = Kit(project, "run", f"experiments/{name}.toml", "--no-worker-checks")
    found: list[Path] = []

    def has_a_database() -> bool:
        found.extend(kit.temporary_folders())
        return bool(found)

    kit.await_that(has_a_database, "first process of MariaDB")
    kit.owners.clear()  # before it, the kit only asked programs for their versions, as itself
    return kit, found[0]


def ended(kit: Kit, temporary: Path, name: str, within_s: float) -> Run:
    status = kit.end(within_s)
    end_s = time.monotonic()
    while (kit.survivors() or processes_of(temporary)) and time.monotonic() - end_s < SWEPT_WITHIN_S:
        time.sleep(0.05)
    (folder,) = [one for one in (kit.project / "results" / name).iterdir() if not one.is_symlink()]
    return Run(kit=kit, status=status, folder=folder, temporary=temporary, swept_s=time.monotonic() - end_s)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def side_by_side(project: Path) -> dict[str, Run]:
    """Two experiments that ran at the same time."""

    def whole(name: str) -> Run:
        kit, temporary = start(project, name)
        return ended(kit, temporary, name, within_s=90)

    with ThreadPoolExecutor() as pool:
        return dict(zip(("small", "dead-configuration"), pool.map(whole, ("small", "dead-configuration")), strict=True))


@pytest.fixture(scope="module")
def small(side_by_side: dict[str, Run]) -> Run:
    return side_by_side["small"]


@pytest.fixture(scope="module")
def dead_configuration(side_by_side: dict[str, Run]) -> Run:
    return side_by_side["dead-configuration"]


def test_a_run_prints_its_answer_what_would_settle_it_and_the_reports_path(small: Run):
    # Each configuration ran once, and one trial alone shows nothing of how trials differ.
    assert small.status == UNDECIDED, small.kit.errors
    assert "INCONCLUSIVE for small\n" in small.kit.output
    assert "gthread and uwsgi may keep the objective" in small.kit.output.replace(
        "uwsgi and gthread", "gthread and uwsgi"
    )
    assert "badgateway run --beside experiments/small.toml --no-worker-checks --blocks 2\n" in small.kit.output
    assert "/results/small/latest/report.html\n" in small.kit.output
    assert all((small.folder / name).stat().st_size > 0 for name in REPORTS)


def test_the_reports_json_has_the_keys_a_program_looks_for(small: Run):
    report = small.report

    assert report["complete"] is True
    assert report["recommendation"]["reasons"]
    assert [one["name"] for one in report["configurations"]] == ["uwsgi", "gthread"]
    for one in report["configurations"]:
        (trial,) = one["trials"]
        assert trial["status"] in MAY_KEEP
        assert trial["requests"] == trial["outcomes"]["OK"] > 0
        assert trial["throughput_rps"] == trial["outcomes"]["OK"] / 2
        assert 0 < trial["latency_ms"]["p50"] <= trial["latency_ms"]["p95"] <= trial["latency_ms"]["p99"]
        assert trial["overhead_s"] > 0


def test_a_run_keeps_the_raw_files_of_every_trial(small: Run):
    kept = {
        folder.name: {file.name.removesuffix(SUFFIX) for file in folder.iterdir()}
        for folder in (small.folder / "trials").iterdir()
    }

    assert {name[4:] for name in kept} == {"uwsgi-10u", "gthread-10u"}
    for files in kept.values():
        assert files >= {
            *(raw.CLIENT_ROWS, raw.CLIENT_EVENTS, raw.ACCESS_LOG, raw.ERROR_LOG, raw.SERVER_LOG, raw.NGINX_CONF),
            *(raw.LOCUST_LOG, raw.PROCESSES, raw.LEDGER, raw.TRIAL),
        }


def test_a_run_says_what_became_of_each_trial(small: Run):
    # Before it may stand that it runs beside another experiment.
    told = [line for line in small.kit.errors.splitlines() if not line.startswith("beside ")]
    assert told[0] == "small: Does the whole way work?"
    assert [line[:3] for line in told if any(f": {verdict}, " in line for verdict in MAY_KEEP)] == ["1/2", "2/2"]


def test_the_reports_are_made_again_from_the_raw_files_to_the_same_bytes(small: Run, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(small.folder, copy)
    derived = [copy / name for name in REPORTS] + sorted(copy.rglob(raw.LEDGER))
    before = [file.read_bytes() for file in derived]
    for file in derived:
        file.unlink()

    kit, status = run(tmp_path, "report", str(copy))

    assert status == UNDECIDED
    assert "INCONCLUSIVE for small" in kit.output
    assert len(before) == len(REPORTS) + 2
    assert [file.name for file, text in zip(derived, before, strict=True) if file.read_bytes() != text] == []


def test_two_experiments_at_the_same_time_do_not_meet(side_by_side: dict[str, Run]):
    one, other = side_by_side.values()

    assert one.temporary != other.temporary
    assert set(one.kit.family).isdisjoint(other.kit.family)
    times = [
        [json.loads(file.read_text()) for file in run.folder.glob(f"trials/*/{raw.TRIAL}")] for run in (one, other)
    ]
    begun = [min(trial["started_s"] for trial in records) for records in times]
    over = [max(trial["ended_s"] for trial in records) for records in times]
    assert max(begun) < min(over), "they did not run at the same time"
    assert trials(other.report)["living"]["status"] in MAY_KEEP
    assert {trial["status"] for trial in trials(one.report).values()} <= MAY_KEEP


def test_a_server_that_cannot_start_has_failed_and_the_other_one_is_still_judged(dead_configuration: Run):
    dead, living = (trials(dead_configuration.report)[name] for name in ("dead", "living"))

    assert dead["status"] == "FAIL"
    (reason,) = dead["reasons"]
    assert "gunicorn ended with status 1; waited " in reason
    assert "web.sock" in reason
    assert "planted: this file cannot be read" in reason
    assert dead["requests"] is None
    assert living["status"] in MAY_KEEP
    assert [one["verdict"] for one in dead_configuration.report["choice"]["ranking"]] == ["INCONCLUSIVE", "FAIL"]
    assert dead_configuration.status == UNDECIDED


def test_nothing_is_left_of_a_run(side_by_side: dict[str, Run]):
    for one in side_by_side.values():
        assert one.swept_s < SWEPT_WITHIN_S
        assert one.kit.survivors() == []
        assert processes_of(one.temporary) == []
        assert not one.temporary.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give its servers away")
def test_no_server_runs_as_root(side_by_side: dict[str, Run]):
    owners = {owner for one in side_by_side.values() for owner in one.kit.owners}

    assert {name for name, _ in owners} >= SERVERS
    assert [name for name, uid in owners if name in SERVERS and uid == 0] == []


def rows_in(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0


def press_ctrl_c(kit: Kit) -> None:
    os.killpg(kit.pid, signal.SIGINT)


def ask_to_end(kit: Kit) -> None:
    os.kill(kit.pid, signal.SIGTERM)


def kill(kit: Kit) -> None:
    os.kill(kit.pid, signal.SIGKILL)


ENDINGS = {"ctrl-c": press_ctrl_c, "term": ask_to_end, "kill": kill}


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """Three runs of the small experiment, each ended in another way while its second trial was under load."""

    def break_off(ending: str) -> Run:
        kit, temporary = start(make_project(tmp_path_factory.mktemp(ending)), "small")
        kit.await_that(lambda: rows_in(temporary / "trial-2" / raw.CLIENT_ROWS) > 1, "load in the second trial")
        kit.look()
        ENDINGS[ending](kit)
        return ended(kit, temporary, "small", STOPPED_WITHIN_S)

    with ThreadPoolExecutor() as pool:
        runs = dict(zip(ENDINGS, pool.map(break_off, ENDINGS), strict=True))
    yield runs
    # What a killed kit leaves in /tmp, only the next start of one takes away.
    shutil.rmtree(runs["kill"].temporary, ignore_errors=True)


@pytest.mark.parametrize("ending", ["ctrl-c", "term"])
def test_an_interrupted_run_reports_the_trial_that_had_ended(ending: str, broken_off: dict[str, Run]):
    one = broken_off[ending]

    assert one.status == INTERRUPTED, one.kit.errors
    assert "/results/small/latest/report.html\n" in one.kit.output
    assert UNFINISHED in one.kit.output
    assert "Traceback" not in one.kit.errors
    assert one.report["complete"] is False
    assert trial_at(1, one)["status"] in MAY_KEEP
    assert all((one.folder / name).exists() for name in REPORTS)
    assert "interrupted" in (one.folder / "report.md").read_text().lower()


@pytest.mark.parametrize("ending", ["ctrl-c", "term"])
def test_the_trial_in_flight_is_kept_but_not_counted(ending: str, broken_off: dict[str, Run]):
    in_flight = trial_at(2, broken_off[ending])

    assert (in_flight["status"], in_flight["requests"]) == ("INVALID", None)
    assert in_flight["reasons"] == ["interrupted"]
    assert rows_in(broken_off[ending].folder / "trials" / in_flight["id"] / raw.CLIENT_ROWS) > 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_that_is_ended_in_the_middle_leaves_no_process(ending: str, broken_off: dict[str, Run]):
    one = broken_off[ending]

    assert {"nginx", "mariadbd"} <= {name for name, _ in one.kit.owners}
    assert one.swept_s < SWEPT_WITHIN_S
    assert one.kit.survivors() == []
    assert processes_of(one.temporary) == []


@pytest.mark.parametrize("ending", ["ctrl-c", "term"])
def test_an_interrupted_run_leaves_no_temporary_file(ending: str, broken_off: dict[str, Run]):
    assert not broken_off[ending].temporary.exists()


def test_a_killed_run_still_has_the_trials_that_had_ended_and_reports_on_them(broken_off: dict[str, Run]):
    one = broken_off["kill"]
    assert one.status == -signal.SIGKILL
    assert not (one.folder / "report.json").exists()

    kit, status = run(one.kit.project, "report", "results/small/latest")

    assert status == UNDECIDED, kit.errors
    assert UNFINISHED in kit.output
    assert one.report["complete"] is False
    assert trial_at(1, one)["status"] in MAY_KEEP
    assert len(trials(one.report)) == 1


def trial_at(position: int, one: Run) -> dict[str, Any]:
    """Return what the report has of the trial that was run at a place."""
    (found,) = [trial for trial in trials(one.report).values() if trial["position"] == position]
    return found


def test_ctrl_c_before_the_first_trial_has_begun_leaves_nothing_to_report(tmp_path: Path):
    kit, temporary = start(make_project(tmp_path), "small")

    press_ctrl_c(kit)

    assert kit.end(STOPPED_WITHIN_S) == INTERRUPTED
    assert "nothing to report" in kit.errors
    assert "Traceback" not in kit.errors
    assert kit.survivors() == []
    assert not temporary.exists()


@pytest.mark.parametrize(
    ("text", "mistake", "told"),
    [
        ("workers = 2", "workers = -1", "configurations[uwsgi].workers: -1 is not allowed"),
        ("window_s = 2", "windows_s = 2", "load.windows_s: unknown key; did you mean window_s?"),
        ("servers/uwsgi.ini", "servers/uwsgo.ini", "configurations[uwsgi].server: no such file"),
        ('name = "gthread"', 'name = "uwsgi"', "configuration name used twice: uwsgi"),
    ],
)
def test_a_mistake_in_the_experiment_file_is_one_line_and_nothing_is_started(
    text: str, mistake: str, told: str, tmp_path: Path
):
    file = make_project(tmp_path) / "experiments" / "small.toml"
    declared = file.read_text()
    assert text in declared
    file.write_text(declared.replace(text, mistake, 1))

    kit, status = run(tmp_path, "run", "experiments/small.toml")

    assert status == USAGE
    (line,) = kit.errors.splitlines()
    assert line.startswith(f"badgateway: experiments/small.toml: {told}")
    assert kit.output == ""
    assert kit.family == set()
    assert not (tmp_path / "results").exists()

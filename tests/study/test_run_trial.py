"""One trial: what stops it, and what is recorded of it."""

import dataclasses
import os
import re
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from badgateway.errors import DeploymentError, GeneratorKilledError, GuardianError, LineError, LoadError
from badgateway.load.heartbeat import Heartbeat
from badgateway.model.axis import DATABASE_DISTANCE, USUAL, moved
from badgateway.model.places import Limits
from badgateway.model.raw import CLIENT_EVENTS, GENERATOR_GAPS, PROCESSES
from badgateway.model.site_log import write_site_logs
from badgateway.model.trial import Disturbance, OutsidePart, TrialRecord, TrialStatus
from badgateway.plan.schedule import schedule
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack.machines import Machines
from badgateway.study.run_trial import InterruptedLateError, InterruptedTrialError, run_trial
from tests.declared import declared, experiment
from tests.study.fakes import LOAD_S, bench, manifest, small
from tests.study.test_more_blocks import SITE, attached

TRIAL = manifest().trials[0]
NO_PROCESS = 2**22 + 1
"""Above the highest pid there can be."""


@pytest.fixture
def table(seam):
    return bench(seam, small())


@pytest.fixture
def raw(table):
    return table.raw_folder("trial-1")


def test_a_trial_that_ran_is_completed_with_the_drives_times(seam, table, raw):
    before_s = time.time()
    record = run_trial(TRIAL, table, raw, lambda _: None)

    assert (record.trial, record.status, record.reason, record.disturbances) == (TRIAL, TrialStatus.COMPLETED, "", ())
    assert (record.load_s, record.generator_cpu_share) == (LOAD_S, 0.1)
    assert record.window is not None
    assert before_s <= record.started_s <= record.ended_s <= time.time()


def placed(seam) -> Any:
    """Have the load and the servers on machines of their own; return what stands for the load's far end."""
    end: Any = SimpleNamespace(name="the far end", pid=os.getpid(), exit_code=lambda: None)
    limits = Limits(somaxconn=128, ip_local_port_range=(32_768, 60_999))
    load = Elsewhere(here="198.18.0.1", there="198.18.0.2", end=end, limits=limits)
    seam.machines = Machines(target=dataclasses.replace(load, limits=dataclasses.replace(limits, somaxconn=7)))
    seam.load_place = load
    return end


def in_force(record: TrialRecord) -> dict[str, int]:
    return {key: one.somaxconn for key, one in record.limits.items()}


def test_what_was_in_force_on_each_machine_is_recorded_with_the_trial(seam, table, raw):
    assert run_trial(TRIAL, table, raw, lambda _: None).limits == {}

    placed(seam)
    found = run_trial(TRIAL, table, table.raw_folder("trial-2"), lambda _: None)

    assert in_force(found) == {"target": 7, "load": 128}


@pytest.mark.parametrize("error", [DeploymentError, LoadError, KeyboardInterrupt])
@pytest.mark.parametrize("step", ["on_deploy", "on_drive"])
def test_what_was_in_force_is_recorded_with_a_trial_that_came_to_nothing_too(step, error, seam, table, raw):
    def fail(*_: object) -> None:
        raise error("uWSGI ended with status 1")

    placed(seam)
    setattr(seam, step, fail)
    try:
        record = run_trial(TRIAL, table, raw, lambda _: None)
    except InterruptedTrialError as interrupt:
        record = interrupt.record

    assert record.status is TrialStatus.ABORTED
    assert in_force(record) == {"target": 7, "load": 128}


def test_the_line_of_the_load_that_somebody_ends_makes_the_trial_invalid_and_the_next_one_has_its_own(seam, table, raw):
    def kill(*_: object) -> None:
        end.exit_code = lambda: -9

    end, seam.on_drive = placed(seam), kill
    record = run_trial(TRIAL, table, raw, lambda _: None)

    assert [(one.part, one.what) for one in record.disturbances] == [
        (OutsidePart.RELAY, "the line to the load was ended by SIGKILL, and the kit had not asked for it")
    ]
    assert record.status is TrialStatus.ABORTED
    # What a run has for all its trials is there, so that the next one is run.
    table.check()


def test_a_line_that_cannot_be_made_is_not_the_configurations_fault(seam, table, raw):
    def fail(*_: object) -> None:
        raise LineError("no device is free")

    seam.on_deploy = fail
    (found,) = run_trial(TRIAL, table, raw, lambda _: None).disturbances

    assert (found.part, found.what) == (OutsidePart.RELAY, "no device is free")


def test_what_ended_after_the_last_look_of_a_load_is_found(seam, table, raw):
    looks: list[int] = []

    def check() -> None:
        looks.append(len(looks))
        if len(looks) > 1:
            raise DeploymentError("nginx was ended by SIGKILL in the middle of the trial")

    seam.check_deployment = check

    assert run_trial(TRIAL, table, raw, lambda _: None).status is TrialStatus.ABORTED


@pytest.mark.parametrize("is_listed", [True, False])
def test_of_a_load_that_has_ended_ctrl_c_takes_nothing_but_the_logs_of_a_site_that_runs(seam, table, raw, is_listed):
    deploy = seam.deploy

    @contextmanager
    def bringing(*given, **more):
        with deploy(*given, **more) as deployment:
            yield deployment
        if is_listed:
            write_site_logs(raw, ())
        raise KeyboardInterrupt

    seam.deploy = bringing
    with pytest.raises(KeyboardInterrupt) as stopped:
        run_trial(TRIAL, table, raw, lambda _: None)

    assert isinstance(stopped.value, InterruptedLateError) == is_listed
    if isinstance(stopped.value, InterruptedLateError):
        assert stopped.value.record.status is TrialStatus.COMPLETED


@pytest.mark.parametrize(("log", "said"), [({"command": ["ssh", "staging", "cat", "/a.log"]}, 1), ("access.log", 0)])
def test_what_is_waited_for_when_a_command_brings_logs_is_said(seam, log, said):
    of = attached(target={**SITE, "logs": [log]})
    on_it, told = bench(seam, of), list[str]()
    run_trial(schedule(of)[0], on_it, on_it.raw_folder("trial-1"), lambda _: None, tell=told.append)

    assert [line.startswith("bringing the site's logs; Ctrl-C leaves that") for line in told] == [True] * said


def test_every_part_of_the_stack_is_sampled(seam, table, raw):
    run_trial(TRIAL, table, raw, lambda _: None)

    parts = {line.split(",")[1] for line in (raw / PROCESSES).read_text().splitlines()[1:]}
    assert parts == {"server", "database", "locust"}


def test_a_site_that_was_never_seen_on_the_runs_database_is_not_measured(seam, table, raw, monkeypatch):
    asked: list[object] = []

    def never(place: object) -> bool:
        asked.append(place)
        return True

    monkeypatch.setattr("badgateway.study.run_trial.never_connected", never)
    record = run_trial(TRIAL, table, raw, lambda _: None)

    assert asked == [raw]
    assert record.status is TrialStatus.ABORTED
    assert "the site never connected to the run's MariaDB, so it used another database or none" in record.reason
    assert [one.part for one in record.disturbances] == [OutsidePart.SETTINGS]


def test_the_servers_are_down_when_the_trial_is_over(seam, table, raw):
    up_while_driven = []
    seam.on_drive = lambda _trial, _raw: up_while_driven.extend(seam.up)
    run_trial(TRIAL, table, raw, lambda _: None)

    assert up_while_driven == [TRIAL.configuration]
    assert seam.up == []


@pytest.mark.parametrize("error", [DeploymentError, LoadError])
@pytest.mark.parametrize("step", ["on_deploy", "on_drive"])
def test_what_a_server_or_the_generator_did_wrong_is_the_reason_of_an_aborted_trial(step, error, seam, table, raw):
    def fail(*_: object) -> None:
        raise error(f"it ended with status 1; see {raw}/server.log; last log lines:\nTraceback")

    setattr(seam, step, fail)
    record = run_trial(TRIAL, table, raw, lambda _: None)

    assert record.status is TrialStatus.ABORTED
    assert record.reason == "it ended with status 1; see server.log; last log lines:\nTraceback"
    assert (record.window, record.load_s, record.generator_cpu_share) == (None, 0, None)
    # No configuration can end the load generator, but each can end its own server.
    told = [(found.part, found.what) for found in record.disturbances]
    assert told == ([(OutsidePart.GENERATOR, "it ended with status 1; see server.log")] if error is LoadError else [])
    assert seam.up == []


def test_a_guardian_that_somebody_killed_is_a_disturbance_by_the_kit_and_not_its_servers_failure(seam, table, raw):
    def fail(*_: object) -> None:
        raise GuardianError(
            "uwsgi: its guardian (pid 7), a process of the kit, was killed by somebody else; run it again"
        )

    seam.on_drive = fail
    record = run_trial(TRIAL, table, raw, lambda _: None)

    (disturbance,) = record.disturbances
    assert record.status is TrialStatus.ABORTED
    assert disturbance.part is OutsidePart.KIT
    assert disturbance.what.startswith("uwsgi: its guardian (pid 7)")


def test_data_that_cannot_be_put_back_end_the_run_with_the_commands_own_words(seam, table, raw):
    def fail() -> None:
        raise DeploymentError("app: python manage.py restore ended with status 1; last log lines:\nno such table")

    seam.on_restore = fail

    with pytest.raises(DeploymentError, match=r"(?s)^application\.restore: .*status 1; last log lines:\nno such table"):
        run_trial(TRIAL, table, raw, lambda _: None)


def test_data_that_cannot_be_put_back_because_the_database_stands_still_say_so_and_blame_no_command(
    seam, table, raw, monkeypatch
):
    def fail() -> None:
        raise DeploymentError("mend the command: it did not end within 120 s")

    stopped = Disturbance(part=OutsidePart.DATABASE, what="MariaDB was stopped for 30.1 s (process state T)", at_s=1.0)
    seam.on_restore = fail
    monkeypatch.setattr("badgateway.study.outside.Vigil.found", lambda _vigil: (stopped,))

    with pytest.raises(DeploymentError) as caught:
        run_trial(TRIAL, table, raw, lambda _: None)

    assert str(caught.value) == (
        "application.restore: the data could not be put back, so the run ends here: MariaDB was stopped for 30.1 s "
        f"(process state T), and the kit had not done it; find out what stops pid {table.database.pid}, and run "
        "again; --resume keeps what was measured"
    )


def test_data_that_cannot_be_put_back_because_the_database_is_gone_say_so(seam, table, raw, monkeypatch):
    def fail() -> None:
        raise DeploymentError("connection refused")

    seam.on_restore = fail
    monkeypatch.setattr("badgateway.study.bench.psutil.pid_exists", lambda _pid: False)

    with pytest.raises(DeploymentError, match=r"^MariaDB \(pid "):
        run_trial(TRIAL, table, raw, lambda _: None)


def test_a_database_that_ends_aborts_the_trial_instead_of_failing_the_server(seam, table, raw, monkeypatch):
    monkeypatch.setattr("badgateway.study.bench.psutil.pid_exists", lambda _pid: False)
    record = run_trial(TRIAL, table, raw, lambda _: None)

    assert record.status is TrialStatus.ABORTED
    assert record.reason.startswith(f"MariaDB (pid {table.database.pid}) ended by itself")
    assert seam.up == []


def test_a_bench_without_its_database_says_where_to_look(table):
    gone = dataclasses.replace(table, database=dataclasses.replace(table.database, pid=NO_PROCESS))

    assert table.check() is None
    with pytest.raises(DeploymentError, match=rf"MariaDB \(pid {NO_PROCESS}\) ended by itself.*dmesg"):
        gone.check()


def test_ctrl_c_goes_through_a_trial_once_its_servers_are_down(seam, table, raw):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    seam.on_drive = interrupt

    with pytest.raises(KeyboardInterrupt):
        run_trial(TRIAL, table, raw, lambda _: None)

    assert seam.up == []


def test_the_database_is_at_the_trials_distance(seam, table, raw):
    run_trial(dataclasses.replace(TRIAL, database_distance_ms=5.0), table, raw, lambda _: None)

    assert seam.at == [moved(DATABASE_DISTANCE, USUAL, 5.0)]


ENDED = Disturbance(part=OutsidePart.PROXY, what="nginx was ended by SIGKILL", at_s=time.time() + 1)


def test_what_was_ended_from_outside_is_in_the_record_of_the_trial_it_aborted(seam, table, raw):
    def fail(*_: object) -> None:
        raise DeploymentError("nginx was ended by SIGKILL in the middle of the trial")

    seam.on_drive, seam.ended = fail, (ENDED,)
    record = run_trial(TRIAL, table, raw, lambda _: None)

    assert record.status is TrialStatus.ABORTED
    assert record.disturbances == (ENDED,)


def test_a_server_that_ends_by_itself_is_no_disturbance(seam, table, raw):
    def fail(*_: object) -> None:
        raise DeploymentError("gunicorn ended with status 1")

    seam.on_drive = fail

    assert run_trial(TRIAL, table, raw, lambda _: None).disturbances == ()


def test_a_load_generator_that_was_killed_is_a_disturbance(seam, table, raw):
    def fail(*_: object) -> None:
        raise GeneratorKilledError("Locust was ended by SIGKILL", how="was ended by SIGKILL")

    seam.on_drive = fail
    (found,) = run_trial(TRIAL, table, raw, lambda _: None).disturbances

    assert (found.part, found.what) == (
        OutsidePart.GENERATOR,
        "the load generator was ended by SIGKILL, and the kit had not asked for it",
    )


def test_a_database_that_ended_is_a_disturbance(seam, table, raw, monkeypatch):
    monkeypatch.setattr("badgateway.study.bench.psutil.pid_exists", lambda _pid: False)
    (found,) = run_trial(TRIAL, table, raw, lambda _: None).disturbances

    assert found.what == "MariaDB ended in the middle of the trial, and the kit had not asked for it"


def test_a_generator_that_stood_still_under_load_is_a_disturbance_and_one_before_it_is_none(seam, table, raw):
    def stood_still(_trial, folder) -> None:
        Heartbeat.create(folder)
        (folder / CLIENT_EVENTS).write_text("{}")
        now_s = time.time()
        with (folder / GENERATOR_GAPS).open("a", encoding="utf-8") as file:
            file.writelines(f"{now_s + at_s:.6f},1.5,0.01,0.0\n" for at_s in (-60, 4.9))

    seam.on_drive = stood_still
    (found,) = run_trial(TRIAL, table, raw, lambda _: None).disturbances

    assert found.what == "the load generator stood still for 1.49 s"
    assert (found.at_s or 0) > time.time()


def test_a_trial_that_nothing_disturbed_has_no_disturbance(seam, table, raw):
    assert run_trial(TRIAL, table, raw, lambda _: None).disturbances == ()


def test_a_server_that_contradicts_the_experiment_makes_the_trial_invalid_before_it_is_loaded(seam, table, raw):
    seam.journal = b"setting,1.5,7,,,,,,,workers=5\nsetting,1.5,7,,,,,,,debug=True\n"
    record = run_trial(TRIAL, table, raw, lambda _: None)

    (found,) = record.disturbances
    assert (record.status, found.part, seam.drives) == (TrialStatus.ABORTED, OutsidePart.SETTINGS, 0)
    assert "workers is 5 in the running server, and 2 in the experiment; DEBUG is True" in found.what


def run_changed(seam, **changes):
    """Run a trial of a configuration that declares more."""
    changed = experiment(configurations=[{**declared()["configurations"][0], **changes}])
    table = bench(seam, changed)
    return run_trial(manifest(changed).trials[0], table, table.raw_folder("trial-1"), lambda _: None)


def test_of_several_servers_each_has_to_have_had_requests(seam):
    seam.upstreams = ("unix:/r/web.sock", "unix:/r/web-2.sock")
    seam.access_log = b'{"upstream_addr":"unix:/r/web.sock"}\n'
    record = run_changed(seam, instances=2)

    (found,) = record.disturbances
    assert (record.status, found.part, seam.drives) == (TrialStatus.ABORTED, OutsidePart.SETTINGS, 1)
    assert "nginx handed requests to 1 servers, and instances is 2 in the experiment" in found.what


def test_several_servers_that_all_had_requests_are_what_was_declared(seam):
    seam.upstreams = ("127.0.0.1:7", "127.0.0.1:8")
    seam.access_log = b'{"upstream_addr":"127.0.0.1:8"}\n{"upstream_addr":"127.0.0.1:7"}\n'

    assert run_changed(seam, instances=2).disturbances == ()


def test_a_server_that_may_run_on_other_cores_than_declared_is_not_loaded(seam):
    (found,) = run_changed(seam, cores=900).disturbances

    assert (found.part, seam.drives) == (OutsidePart.SETTINGS, 0)
    assert re.search(r"its processes may run on \d+ CPUs, and cores is 900 in the experiment", found.what)

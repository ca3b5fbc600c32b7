"""Runs one trial: restore the data, deploy, drive, stop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from badgateway.databases.database_kind import NO_DATABASE
from badgateway.errors import DeclaredOtherwiseError, DeploymentError, LoadError, RestoreError, without_folder
from badgateway.ledger.connected import never_connected
from badgateway.load.locust import Drive
from badgateway.load.progress import Progress
from badgateway.load.restraint import Restraint
from badgateway.load.standby import Standby
from badgateway.model import raw as raw_files
from badgateway.model.experiment import Experiment, Load
from badgateway.model.running_site import LogCommand
from badgateway.model.trial import Disturbance, OutsidePart, SendingCheck, Trial, TrialRecord, TrialStatus
from badgateway.probe.machine import MachineWatch
from badgateway.probe.processes import ProcessSampler
from badgateway.probe.sampler import StackSampler
from badgateway.stack.deployment import Deployment
from badgateway.study.as_declared import require_all_asked, require_as_declared
from badgateway.study.bench import Bench
from badgateway.study.endings import Stopwatch, aborted, disturbed_by
from badgateway.study.outside import Outside, watch_of


class InterruptedLateError(KeyboardInterrupt):
    """The user interrupted a trial when all of it was there but the logs of a site that already runs."""

    def __init__(self, record: TrialRecord) -> None:
        """Have the record of the trial, which is to be kept."""
        super().__init__()
        self.record = record


def run_trial(  # who is told, and of what
    trial: Trial,
    bench: Bench,
    raw: Path,
    on_progress: Callable[[Progress], None],
    *,
    tell: Callable[[str], None] = lambda _: None,
    watch_loop: bool = False,
) -> TrialRecord:
    """Run a trial into a raw folder; a server or load generator that fails gives an ABORTED record.

    The record's `ended_s` is when the servers had stopped. With `watch_loop`, workers on gevent write into the journal
    what blocked their event loop. `tell` is called with what takes time after the load.

    Raises:
        DeploymentError: The data could not be put back, which every later trial would need too.
        InterruptedLateError: The user interrupted it, and its load had ended.
        KeyboardInterrupt: The user interrupted it; all servers of the trial have been stopped.
    """
    watch, machine, outside = Stopwatch(), bench.effects.watch_machine(), Outside(bench)
    client_s = bench.experiment.timeouts_of(bench.experiment.configuration(trial.configuration)).client_s
    drives: list[Drive] = []
    interrupt: KeyboardInterrupt | None = None
    try:
        # Side by side, as none of them needs another: the data, the servers' start, and the import of Locust.
        with (
            bench.effects.standing_by(bench.root, raw, bench.place) as standby,
            bench.effects.restoring(bench.experiment, bench.database, bench.snapshot) as finish_restore,
            outside.watched(),
        ):
            beside = Beside(
                standby=standby, finish_restore=finish_restore, outside=outside, keep=drives.append, tell=tell
            )
            _deploy_and_drive(trial, bench, raw, on_progress, machine, beside=beside, watch_loop=watch_loop)
        _require_connected(bench, raw)
    except KeyboardInterrupt as caught:
        # Where these are listed no server was left to stop: they were being brought, and `collect` does that too.
        if not drives or not (raw / raw_files.SITE_LOGS).is_file():
            raise
        interrupt = caught
    except RestoreError as error:
        raise _not_restored(error, bench, outside.found(raw, client_s, None)) from error
    except (DeploymentError, LoadError) as error:
        reason = without_folder(str(error), raw)
        return aborted(
            trial,
            reason,
            watch.started_s,
            ended_s=watch.now_s(),
            # What was seen from outside says more than the error that followed from it.
            disturbances=outside.found(raw, client_s, None) or disturbed_by(error, reason),
        )
    (result,) = drives
    record = TrialRecord(
        trial=trial,
        status=TrialStatus.COMPLETED,
        reason="",
        window=result.window,
        started_s=watch.started_s,
        ended_s=watch.now_s(),
        load_s=result.load_s,
        generator_cpu_share=result.generator_cpu_share,
        sending=_sending(result),
        machine=machine.check(result.window, bench.experiment.machine),
        disturbances=outside.found(raw, client_s, result),
    )
    if interrupt is not None:
        raise InterruptedLateError(record) from interrupt
    return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What goes on beside the start of a trial's servers, or beside all of it, and who is told."""

    standby: Standby | None
    finish_restore: Callable[[], None]
    outside: Outside
    keep: Callable[[Drive], None]
    """Given what driving gave, before anything is stopped."""
    tell: Callable[[str], None]


def _not_restored(error: RestoreError, bench: Bench, seen: Sequence[Disturbance]) -> DeploymentError:
    # Without a database, or with one that stands still, no command can put its data back.
    bench.check()
    told = "application.restore: the data could not be put back, so the run ends here"
    frozen = next((found for found in seen if found.part is OutsidePart.DATABASE), None)
    if frozen is None:
        return DeploymentError(f"{told}; {error}")
    return DeploymentError(
        f"{told}: {frozen.what}, and the kit had not done it; find out what stops pid {bench.database.pid}, and run "
        "again; --resume keeps what was measured"
    )


def _sending(result: Drive) -> SendingCheck | None:
    found = result.open_loop
    if found is None:
        return None
    return SendingCheck(
        arrivals=found.arrivals, missed_arrivals=found.missed_arrivals, send_lag_p99_ms=found.send_lag_p99_ms
    )


def _deploy_and_drive(  # what is run, where, and who looks on
    trial: Trial,
    bench: Bench,
    raw: Path,
    on_progress: Callable[[Progress], None],
    machine: MachineWatch,
    *,
    beside: Beside,
    watch_loop: bool,
) -> None:
    experiment, outside = bench.experiment, beside.outside
    configuration = experiment.configuration(trial.configuration)
    with (
        bench.effects.deploy(
            experiment,
            configuration,
            database=bench.database,
            snapshot=bench.snapshot,
            raw=raw,
            account=bench.account,
            watch_loop=watch_loop,
            at=trial.at,
            before_requests=beside.finish_restore,
            address=bench.address,
        ) as deployment,
        ProcessSampler(
            raw / raw_files.PROCESSES,
            {**deployment.roots, **bench.database.roots},
            on_sample=machine.look,
        ) as processes,
        StackSampler(raw, watch_of(deployment, outside.access)) as stack,
        outside.deployed(deployment, raw),
    ):
        require_as_declared(configuration, deployment, bench)

        def watch_generator(pid: int) -> None:
            processes.add("locust", pid)
            stack.add_generator(pid)
            outside.add_generator(pid)

        driven = bench.effects.drive(
            _load(experiment, trial),
            trial,
            url=deployment.url,
            project_root=bench.root,
            client_timeout_s=experiment.timeouts_of(configuration).client_s,
            raw=raw,
            on_start=watch_generator,
            on_progress=on_progress,
            check=lambda: _check(deployment, bench),
            site=experiment.application.public_url or "",
            environment=bench.users_environment(configuration),
            standby=beside.standby,
            address=bench.address,
            restraint=Restraint.of(experiment.target, bench.root) if experiment.target else None,
        )
        require_all_asked(configuration, deployment)
        beside.keep(driven)
        if experiment.target and any(isinstance(log, LogCommand) for log in experiment.target.logs):
            beside.tell("bringing the site's logs; Ctrl-C leaves that to badgateway collect, and keeps the trial")


def _require_connected(bench: Bench, raw: Path) -> None:
    # What has shown its settings was looked at before anything was run.
    if bench.database.host and never_connected(raw):
        raise DeclaredOtherwiseError(
            f"the site never connected to the run's {bench.database.system.label}, so it used another database or "
            "none: set the variable that leads to it under [application.environment], or say [database] system = "
            f'"{NO_DATABASE}"'
        )


def _load(experiment: Experiment, trial: Trial) -> Load:
    load = experiment.load
    return load if trial.window_s is None else load.model_copy(update={"window_s": trial.window_s})


def _check(deployment: Deployment, bench: Bench) -> None:
    deployment.check()
    bench.check()

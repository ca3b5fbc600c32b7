"""Runs one trial: restore the data, deploy, drive, stop."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from badgateway.model.places import Limits
from badgateway.model.running_site import LogCommand
from badgateway.model.trial import INTERRUPTED, Disturbance, OutsidePart, SendingCheck, Trial, TrialRecord, TrialStatus
from badgateway.probe.machine import MachineWatch
from badgateway.probe.processes import ProcessSampler
from badgateway.probe.sampler import StackSampler
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack.deployment import Deployment
from badgateway.stack.site import HOST
from badgateway.study.as_declared import require_all_asked, require_as_declared
from badgateway.study.bench import Bench
from badgateway.study.endings import Stopwatch, aborted, disturbed_by
from badgateway.study.outside import Outside, watch_of


class InterruptedTrialError(KeyboardInterrupt):
    """The user interrupted a trial."""

    def __init__(self, record: TrialRecord) -> None:
        """Have the record of the trial, which is to be kept."""
        super().__init__()
        self.record = record


class InterruptedLateError(InterruptedTrialError):
    """The user interrupted a trial when all of it was there but the logs of a site that already runs."""


def run_trial(
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
        InterruptedTrialError: The user interrupted it before; all servers of the trial have been stopped.
    """
    watch, machine = Stopwatch(), bench.effects.watch_machine()
    going = _Going(trial=trial, bench=bench, raw=raw, watch=watch, machine=machine, outside=Outside(bench))
    try:
        _go(going, on_progress, tell, watch_loop=watch_loop)
    except KeyboardInterrupt as interrupt:
        if going.is_whole_but_for_logs:
            raise InterruptedLateError(going.completed()) from interrupt
        raise InterruptedTrialError(going.interrupted()) from interrupt
    except RestoreError as error:
        raise going.not_restored(error) from error
    except (DeploymentError, LoadError) as error:
        return going.aborted(error)
    return going.completed()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Going:
    """A trial that goes on: who looks on, what came of its load, and how it is recorded."""

    trial: Trial
    bench: Bench
    raw: Path
    watch: Stopwatch
    machine: MachineWatch
    outside: Outside
    drives: list[Drive] = field(default_factory=list)
    """What driving gave, before anything is stopped; one at most."""
    load_places: list[Elsewhere] = field(default_factory=list)
    """The machine that the load comes from, where that has one of its own; one at most."""
    limits: dict[str, Limits] = field(default_factory=dict)
    """What was in force on the machines of [places], by their keys, as soon as it was read."""

    @property
    def address(self) -> str:
        """That of this machine, as Locust sees it."""
        return self.load_places[0].here if self.load_places else HOST

    @property
    def is_whole_but_for_logs(self) -> bool:
        """Whether the load had ended, and no server was left to stop.

        Where the logs of a site are listed they were being brought, and `collect` does that too.
        """
        return bool(self.drives) and (self.raw / raw_files.SITE_LOGS).is_file()

    def completed(self) -> TrialRecord:
        """Return the record of a trial whose load went to its end."""
        (result,) = self.drives
        return TrialRecord(
            trial=self.trial,
            status=TrialStatus.COMPLETED,
            reason="",
            window=result.window,
            started_s=self.watch.started_s,
            ended_s=self.watch.now_s(),
            load_s=result.load_s,
            generator_cpu_share=result.generator_cpu_share,
            sending=_sending(result),
            machine=self.machine.check(result.window, self.bench.experiment.machine),
            disturbances=self._disturbances(result),
            limits=self.limits,
            lines=self.outside.carried,
        )

    def placed(self, standby: Standby | None) -> Elsewhere | None:
        """Take note of the machine that the load comes from, and return it."""
        place = standby.place if standby is not None else None
        if place is not None:
            self.load_places.append(place)
            self.limits["load"] = place.limits
        return place

    def check(self, deployment: Deployment) -> None:
        """Return when all that the trial leans on is still there.

        Raises:
            DeploymentError: Something is not.
        """
        deployment.check()
        self.bench.check()
        for place in self.load_places:
            place.check()

    def interrupted(self) -> TrialRecord:
        """Return the record of a trial that the user ended."""
        started_s, ended_s, lines = self.watch.started_s, self.watch.now_s(), self.outside.carried
        return aborted(self.trial, INTERRUPTED, started_s, ended_s=ended_s, limits=self.limits, lines=lines)

    def aborted(self, error: DeploymentError | LoadError) -> TrialRecord:
        """Return the record of a trial that an error ended."""
        reason = without_folder(str(error), self.raw)
        return aborted(
            self.trial,
            reason,
            self.watch.started_s,
            ended_s=self.watch.now_s(),
            # What was seen from outside says more than the error that followed from it.
            disturbances=self._disturbances(None) or disturbed_by(error, reason),
            limits=self.limits,
            lines=self.outside.carried,
        )

    def not_restored(self, error: RestoreError) -> DeploymentError:
        """Return what ends the run whose data could not be put back."""
        seen = self._disturbances(None)
        # Without a database, or with one that stands still, no command can put its data back.
        self.bench.check()
        told = "application.restore: the data could not be put back, so the run ends here"
        frozen = next((found for found in seen if found.part is OutsidePart.DATABASE), None)
        if frozen is None:
            return DeploymentError(f"{told}; {error}")
        return DeploymentError(
            f"{told}: {frozen.what}, and the kit had not done it; find out what stops pid {self.bench.database.pid}, "
            "and run again; --resume keeps what was measured"
        )

    def _disturbances(self, result: Drive | None) -> tuple[Disturbance, ...]:
        configuration = self.bench.experiment.configuration(self.trial.configuration)
        client_s = self.bench.experiment.timeouts_of(configuration).client_s
        load = self.limits.get("load")
        return self.outside.found(self.raw, client_s, result, load.ip_local_port_range if load else None)


def _go(
    going: _Going, on_progress: Callable[[Progress], None], tell: Callable[[str], None], *, watch_loop: bool
) -> None:
    """Put the data back, deploy, drive, and stop all of it."""
    bench = going.bench
    # Side by side, as none of them needs another: the data, the servers' start, and the import of Locust.
    with (
        bench.effects.standing_by(bench.experiment.places, bench.root, going.raw) as standby,
        bench.effects.restoring(bench.experiment, bench.database, bench.snapshot) as finish_restore,
        going.outside.watched(going.placed(standby)),
        _deployed(going, finish_restore, watch_loop=watch_loop) as (deployment, on_start),
    ):
        _drive(going, deployment, on_start, on_progress, standby)
        target = bench.experiment.target
        if target and any(isinstance(log, LogCommand) for log in target.logs):
            tell("bringing the site's logs; Ctrl-C leaves that to badgateway collect, and keeps the trial")
    _require_connected(bench, going.raw)


@contextmanager
def _deployed(
    going: _Going, finish_restore: Callable[[], None], *, watch_loop: bool
) -> Iterator[tuple[Deployment, Callable[[int], None]]]:
    """Have the trial's servers up, and all who look on; give what is to be told the pid of the load generator."""
    trial, bench, raw, outside = going.trial, going.bench, going.raw, going.outside
    configuration = bench.experiment.configuration(trial.configuration)
    with (
        bench.effects.deploy(
            bench.experiment,
            configuration,
            database=bench.database,
            snapshot=bench.snapshot,
            raw=raw,
            account=bench.account,
            watch_loop=watch_loop,
            at=trial.at,
            before_requests=finish_restore,
            on_limits=going.limits.update,
            address=going.address,
        ) as deployment,
        ProcessSampler(
            raw / raw_files.PROCESSES,
            {**deployment.roots, **bench.database.roots},
            on_sample=going.machine.look,
        ) as processes,
        StackSampler(raw, watch_of(deployment, outside.access)) as stack,
        outside.deployed(deployment, raw),
    ):
        require_as_declared(configuration, deployment, bench)

        def watch_generator(pid: int) -> None:
            processes.add("locust", pid)
            stack.add_generator(pid)
            outside.add_generator(pid)

        yield deployment, watch_generator


def _drive(
    going: _Going,
    deployment: Deployment,
    on_start: Callable[[int], None],
    on_progress: Callable[[Progress], None],
    standby: Standby | None,
) -> None:
    trial, bench, experiment = going.trial, going.bench, going.bench.experiment
    configuration = experiment.configuration(trial.configuration)
    driven = bench.effects.drive(
        _load(experiment, trial),
        trial,
        url=deployment.url,
        project_root=bench.root,
        client_timeout_s=experiment.timeouts_of(configuration).client_s,
        raw=going.raw,
        on_start=on_start,
        on_progress=on_progress,
        check=lambda: going.check(deployment),
        site=experiment.application.public_url or "",
        environment=bench.users_environment(configuration),
        standby=standby,
        address=deployment.machines.front(going.address),
        restraint=Restraint.of(experiment.target, bench.root) if experiment.target else None,
    )
    # What ended after the last look, half a second before the load did, has failed requests too.
    going.check(deployment)
    require_all_asked(configuration, deployment)
    going.drives.append(driven)


def _sending(result: Drive) -> SendingCheck | None:
    found = result.open_loop
    if found is None:
        return None
    return SendingCheck(
        arrivals=found.arrivals, missed_arrivals=found.missed_arrivals, send_lag_p99_ms=found.send_lag_p99_ms
    )


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

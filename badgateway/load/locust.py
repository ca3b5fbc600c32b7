"""Runs one trial's load: Locust as a child process, watched until its last request has ended."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import DeploymentError, GeneratorKilledError, LoadError
from badgateway.load.command import EXPECT_S, Target, headless_command
from badgateway.load.events import ClientEvents, read_events
from badgateway.load.generator import OpenLoopCheck, check_open_loop
from badgateway.load.locust_file import project_files
from badgateway.load.progress import Progress, RowCounter
from badgateway.load.restraint import Restraint
from badgateway.load.standby import GRACE_S, Standby
from badgateway.load.workers import Workers
from badgateway.model.experiment import Load
from badgateway.model.raw import CLIENT_EVENTS, CLIENT_ROWS, LOCUST_LOG
from badgateway.model.trial import Trial, Window
from badgateway.process.child import Child, Command, describe_exit
from badgateway.process.running import running

LOOK_S = 0.5
START_DEADLINE_S = 30.0
"""For Locust to be imported on a busy machine, and to say goodbye."""
TOLERANCE_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """What driving gave, besides the raw files."""

    window: Window
    load_s: float
    """From the start of the first user to the end of the last request."""
    generator_cpu_share: float | None
    """CPU seconds of Locust per second while all users ran; of the busiest when several processes share the load.

    None where it ended before all users ran."""
    open_loop: OpenLoopCheck | None = None
    """What an open loop tells of itself; None for a closed one."""


def drive(  # noqa: PLR0913 # everything about a trial that is not in its plan, each with a name
    load: Load,
    trial: Trial,
    *,
    url: str,
    project_root: Path,
    client_timeout_s: float,
    raw: Path,
    on_start: Callable[[int], None],
    on_progress: Callable[[Progress], None],
    check: Callable[[], None],
    site: str = "",
    environment: Mapping[str, str] | None = None,
    standby: Standby | None = None,
    address: str = "",
    workers: Workers | None = None,
    restraint: Restraint | None = None,
) -> Drive:
    """Run the load of a trial to its end, drain included; writes client.csv, client-events.json and locust.log.

    Args:
        load: The workload and its times.
        trial: Gives the load level and the seed.
        url: Base address of the site, such as http://127.0.0.1:8080; a loopback address.
        project_root: Where the path of the Locust file starts; also on its import path.
        client_timeout_s: Limit of one request, from connecting to its last byte.
        raw: The trial's folder, without rows of an earlier run.
        on_start: Told the pid of Locust.
        on_progress: Told about twice a second how far it is.
        check: Called about twice a second; what it raises stops the load and is passed on.
        site: Address of the site as its users know it; empty: the base address.
        environment: The application's APP_ variables, for a Locust file that depends on them.
        standby: Locust's process, for the same root and folder; one is started when not given.
        address: Of the url, where that is not loopback and no workers come to it: the kit's own proxy listens there.
        workers: From elsewhere, who send all of the load; None: Locust's processes are on this machine.
        restraint: What is kept to on a site that already runs, and which that is.

    Raises:
        LoadError: Locust failed, printed without end or did not end in time, or its files do not cover the window with
            all users.
        GeneratorKilledError: A signal ended Locust, which the kit had not sent.
        DeploymentError: Locust could not be started at all.
    """
    target = Target(
        url=url,
        load=load,
        users=trial.users,
        rate_per_s=trial.rate_per_s,
        client_timeout_s=client_timeout_s,
        project_root=project_root,
        seed=trial.seed,
        site=site,
        environment=environment or {},
        address=workers.meeting.address if workers else address,
        meeting=workers.meeting if workers else None,
        restraint=restraint,
    )
    command = headless_command(target, raw)
    counter = RowCounter(raw / CLIENT_ROWS)
    with _generator(command, standby) as child:
        on_start(child.pid)
        with _helped(workers, target, command, raw) as demand_workers:
            waits_s = START_DEADLINE_S + (EXPECT_S if workers else 0)
            for elapsed_s in _until_ended(child, target.load_s + client_timeout_s + waits_s):
                check()
                demand_workers()
                _require_bounded_log(child)
                counter.look()
                on_progress(_progress(counter, target, elapsed_s))
            # Within: workers would go on without a master, and what is raised here stops them.
            _demand_success(child)
        _demand_rows(child, counter)
    return _judged(read_events(raw / CLIENT_EVENTS), target, raw)


@contextmanager
def _generator(command: Command, standby: Standby | None) -> Iterator[Child]:
    if standby is None:
        with running(command, grace_s=GRACE_S) as child:
            yield child
        return
    child = standby.begin(command)
    try:
        yield child
    finally:
        # Not only with the standby: a load must not go on while its servers are stopped.
        child.stop(GRACE_S)


@contextmanager
def _helped(workers: Workers | None, target: Target, command: Command, raw: Path) -> Iterator[Callable[[], None]]:
    """Have the workers send the load of the block; give what demands that none of them was lost."""
    if workers is None:
        yield lambda: None
        return
    with workers.loading(target, command, raw, lambda: project_files(target)) as demand:
        yield demand


def _until_ended(child: Child, deadline_s: float) -> Iterator[float]:
    """Yield the seconds since now about twice a second, until the child has ended."""
    start = time.monotonic()
    while child.wait(LOOK_S) is None:
        elapsed_s = time.monotonic() - start
        if elapsed_s > deadline_s:
            raise LoadError(_complaint(child, f"still runs after {elapsed_s:.0f} s, {deadline_s:.0f} s are its limit"))
        yield elapsed_s


def _progress(counter: RowCounter, target: Target, elapsed_s: float) -> Progress:
    return Progress(
        requests=counter.requests,
        failures=counter.failures,
        users=target.users,
        elapsed_s=elapsed_s,
        total_s=target.load_s,
    )


def _demand_success(child: Child) -> None:
    exit_code = child.exit_code()
    if exit_code is not None and exit_code < 0:
        how = describe_exit(exit_code)
        raise GeneratorKilledError(_complaint(child, how), how=how)
    if exit_code:
        raise LoadError(_complaint(child, describe_exit(exit_code)))


def _demand_rows(child: Child, counter: RowCounter) -> None:
    counter.look()
    if counter.requests == 0:
        raise LoadError(_complaint(child, f"left no rows in {CLIENT_ROWS}; do its users ask the site for anything?"))


def _require_bounded_log(child: Child) -> None:
    try:
        child.require_bounded_log()
    except DeploymentError as error:
        # What the users print is the fault of their script, not of the configuration.
        raise LoadError(str(error)) from None


def _complaint(child: Child, what: str) -> str:
    return f"{child.name} {what}; last lines of {child.command.log}:\n{child.tail()}"


def _judged(events: ClientEvents, target: Target, raw: Path) -> Drive:
    """Turn the events into times; a load that was not what was ordered is a LoadError."""
    log = raw / LOCUST_LOG
    if events.lost_processes:
        raise LoadError(
            f"{events.lost_processes} of Locust's {target.load.processes} processes was lost in the middle of the load "
            f"(killed, stopped, or its machine is gone); the rows it had written are kept; see {log}"
        )
    if events.cut_short:
        return _cut_short(events, target, log)
    start_s, spawned_s = events.test_start_s, events.spawned_s
    stopping_s, drained_s, cpu_share = events.test_stopping_s, events.drained_s, events.generator_cpu_share
    if start_s is None or spawned_s is None or stopping_s is None or drained_s is None or cpu_share is None:
        raise LoadError(f"Locust did not get through start, spawning, stop and drain ({events}); see {log}")
    window = Window(
        start_s=start_s + target.load.warm_up_s,
        end_s=start_s + target.load_s,
        drained_s=drained_s,
    )
    if events.users != target.locust_users:
        raise LoadError(f"Locust ran {events.users} users where {target.locust_users} were ordered; see {log}")
    if events.processes != target.load.processes:
        raise LoadError(
            f"{events.processes} of Locust's {target.load.processes} processes gave account of their load; see {log}"
        )
    late_s = spawned_s - window.start_s
    if target.load.warm_up_s and late_s > TOLERANCE_S:
        raise LoadError(f"Locust started its last user {late_s:.2f} s after the window opened; raise load.warm_up_s")
    if stopping_s < window.end_s - TOLERANCE_S:
        raise LoadError(f"Locust stopped {window.end_s - stopping_s:.2f} s before the window's end; see {log}")
    _refuse_stopped_users(events, target, log)
    if events.user_errors:
        raise LoadError(f"{target.load.locustfile} raised {events.user_errors} exceptions; correct it, see {log}")
    return Drive(
        window=window,
        load_s=drained_s - start_s,
        generator_cpu_share=cpu_share,
        open_loop=check_open_loop(events, target, window, raw / CLIENT_ROWS),
    )


def _cut_short(events: ClientEvents, target: Target, log: Path) -> Drive:
    """Return what came of a load that ended because too much failed: what was sent until then counts."""
    start_s, stopping_s, drained_s = events.test_start_s, events.test_stopping_s, events.drained_s
    if start_s is None or stopping_s is None or drained_s is None:
        raise LoadError(f"Locust did not get through start, stop and drain ({events}); see {log}")
    _refuse_stopped_users(events, target, log)
    opened_s = start_s + target.load.warm_up_s
    return Drive(
        # What failed in the warm-up failed for good.
        window=Window(start_s=opened_s if opened_s < stopping_s else start_s, end_s=stopping_s, drained_s=drained_s),
        load_s=drained_s - start_s,
        generator_cpu_share=events.generator_cpu_share,
    )


def _refuse_stopped_users(events: ClientEvents, target: Target, log: Path) -> None:
    if events.stopped_users:
        raise LoadError(
            f"{target.load.locustfile}: {events.stopped_users} users were stopped, the first because it "
            f"{events.stopped_why}; see {log}"
        )

"""Serves one configuration to a person: the site alone, or with Locust's web UI in front of it."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import LoadError
from badgateway.load.command import Target, web_command
from badgateway.model.experiment import Experiment
from badgateway.model.raw import PROCESSES
from badgateway.probe.processes import ProcessSampler
from badgateway.probe.sampler import StackSampler
from badgateway.process.account import Account, remedy_of_closed, unreachable_parent
from badgateway.process.child import describe_exit
from badgateway.process.readiness import Watched
from badgateway.stack.deployment import Deployment
from badgateway.study.bench import Bench, Effects
from badgateway.study.by_hand import ByHand, keep_by_hand
from badgateway.study.live_view import LiveView
from badgateway.study.outside import Outside, watch_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A configuration that is up."""

    site: str
    """Address of nginx."""
    page: str
    """Address of what the person asked for: the site, or Locust's web UI."""
    logs: Path
    """The folder of its logs, for as long as it is served."""
    check: Callable[[], None]
    """To be called often. Raises DeploymentError or LoadError when a part has ended by itself."""


@contextmanager
def served(experiment: Experiment, name: str, root: Path, effects: Effects) -> Iterator[Served]:
    """Deploy one configuration behind nginx until the block ends.

    Raises:
        DeploymentError: It did not come up.
    """
    with effects.set_up(experiment, root) as bench:
        raw = bench.raw_folder("served")
        with _deployed(bench, name, raw) as deployment:
            yield Served(site=deployment.url, page=deployment.url, logs=raw, check=lambda: _check(deployment, bench))


@contextmanager
def served_behind_locust(
    experiment: Experiment,
    name: str,
    root: Path,
    port: int,
    effects: Effects,
    *,
    results: Path,
    on_kept: Callable[[ByHand], None],
) -> Iterator[Served]:
    """Deploy one configuration, and Locust's web UI on 127.0.0.1:port with that configuration as its target.

    What a person does there is watched, and when the block ends it is counted and kept.

    Args:
        experiment: With the configuration.
        name: Of the configuration.
        root: The project.
        port: Of the web UI.
        effects: By which all is started.
        results: Where results are kept.
        on_kept: Told what was kept, unless no request was sent.

    Raises:
        DeploymentError: One of them did not come up.
        ResultsError: What was done cannot be kept.
    """
    with effects.set_up(experiment, root) as bench:
        raw = bench.raw_folder("served")
        try:
            with _behind_locust(bench, name, port, raw) as up:
                yield up
        finally:
            # The servers have stopped, and their logs are the kit's own now.
            kept = keep_by_hand(raw, results, experiment.name, experiment.places)
            if kept is not None:
                on_kept(kept)


@contextmanager
def _behind_locust(bench: Bench, name: str, port: int, raw: Path) -> Iterator[Served]:
    with (
        _deployed(bench, name, raw) as deployment,
        ProcessSampler(raw / PROCESSES, deployment.roots),
        StackSampler(raw, watch_of(deployment, Outside(bench).access)),
        _locust(_target(bench, name, deployment), port, raw, bench.effects, bench.account) as (
            page,
            locust,
        ),
        LiveView(raw, {deployment.server.name: ()}, bench.account) as view,
    ):

        def check() -> None:
            _check(deployment, bench)
            _demand_running(locust)
            view.refresh()

        yield Served(site=deployment.url, page=page, logs=raw, check=check)


@contextmanager
def _deployed(bench: Bench, name: str, raw: Path) -> Iterator[Deployment]:
    configuration = bench.experiment.configuration(name)
    with bench.effects.deploy(
        bench.experiment,
        configuration,
        database=bench.database,
        snapshot=bench.snapshot,
        raw=raw,
        account=bench.account,
        at=configuration.measured_at[0],
    ) as deployment:
        yield deployment


@contextmanager
def _locust(
    target: Target, port: int, raw: Path, effects: Effects, account: Account | None
) -> Iterator[tuple[str, Watched]]:
    # Any user of this machine can reach the port; only who sees what this command prints knows the token.
    _demand_reachable(account)
    token = secrets.token_urlsafe(16)
    page = f"http://127.0.0.1:{port}/?token={token}"
    with effects.serve(web_command(target, port=port, token=token, raw=raw), page) as locust:
        yield page, locust


def _demand_reachable(account: Account | None) -> None:
    closed = unreachable_parent(Path(sys.executable), account)
    if closed is not None and account is not None:
        raise LoadError(
            f"Locust's web UI: account {account.name}, which answers the browser, cannot enter {closed}; "
            f"{remedy_of_closed(closed, 'the environment of badgateway')}"
        )


def _target(bench: Bench, name: str, deployment: Deployment) -> Target:
    experiment = bench.experiment
    configuration, load = experiment.configuration(name), experiment.load
    return Target(
        url=deployment.url,
        address=deployment.machines.front(""),
        load=load,
        users=load.users[0] if load.users else 0,
        rate_per_s=None if load.users else load.rates_per_s[0],
        client_timeout_s=experiment.timeouts_of(configuration).client_s,
        project_root=bench.root,
        environment=bench.users_environment(configuration),
    )


def _check(deployment: Deployment, bench: Bench) -> None:
    deployment.check()
    bench.check()


def _demand_running(locust: Watched) -> None:
    exit_code = locust.exit_code()
    if exit_code is not None:
        raise LoadError(f"{locust.name} {describe_exit(exit_code)} by itself; last log lines:\n{locust.tail()}")

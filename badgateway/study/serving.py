"""Serves one configuration to a person: the site alone, or with Locust's web UI in front of it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import LoadError
from badgateway.load.command import Target, web_command
from badgateway.model.experiment import Experiment
from badgateway.model.raw import LOCUST_LOG
from badgateway.process.child import describe_exit
from badgateway.process.readiness import Watched
from badgateway.study.bench import Effects


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
    """Raises DeploymentError or LoadError when a part has ended by itself."""


@contextmanager
def served(experiment: Experiment, name: str, root: Path, effects: Effects) -> Iterator[Served]:
    """Deploy one configuration behind nginx until the block ends.

    Raises:
        DeploymentError: It did not come up.
    """
    with effects.set_up(experiment, root) as bench:
        raw = bench.raw_folder("served")
        configuration = experiment.configuration(name)
        with effects.deploy(
            experiment,
            configuration,
            database=bench.database,
            snapshot=bench.snapshot,
            raw=raw,
            account=bench.account,
            distance_ms=configuration.database_distances_ms[0],
        ) as deployment:

            def check() -> None:
                deployment.check()
                bench.check()

            yield Served(site=deployment.url, page=deployment.url, logs=raw, check=check)


@contextmanager
def served_behind_locust(
    experiment: Experiment, name: str, root: Path, port: int, effects: Effects
) -> Iterator[Served]:
    """Deploy one configuration, and Locust's web UI on 127.0.0.1:port with that configuration as its target.

    Raises:
        DeploymentError: One of them did not come up.
    """
    with served(experiment, name, root, effects) as site:
        # Any user of this machine can reach the port; only who sees what this command prints knows the token.
        token = secrets.token_urlsafe(16)
        page = f"http://127.0.0.1:{port}/?token={token}"
        target = _target(experiment, name, root, site.site)
        with effects.serve(web_command(target, port=port, token=token, log=site.logs / LOCUST_LOG), page) as locust:

            def check() -> None:
                site.check()
                _demand_running(locust)

            yield Served(site=site.site, page=page, logs=site.logs, check=check)


def _target(experiment: Experiment, name: str, root: Path, url: str) -> Target:
    configuration, load = experiment.configuration(name), experiment.load
    return Target(
        url=url,
        load=load,
        users=load.users[0] if load.users else 0,
        rate_per_s=None if load.users else load.rates_per_s[0],
        client_timeout_s=experiment.timeouts_of(configuration).client_s,
        project_root=root,
        environment={**experiment.application.environment, **configuration.environment},
    )


def _demand_running(locust: Watched) -> None:
    exit_code = locust.exit_code()
    if exit_code is not None:
        raise LoadError(f"{locust.name} {describe_exit(exit_code)} by itself; last log lines:\n{locust.tail()}")

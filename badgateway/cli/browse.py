"""Keeps one configuration up for a person: the site itself, or Locust's web UI in front of it."""

import time
from pathlib import Path

import click

from badgateway.errors import ConfigurationError
from badgateway.load.command import Target, web_command
from badgateway.model.experiment import Experiment
from badgateway.model.raw import LOCUST_LOG
from badgateway.process.ports import free_port, is_free
from badgateway.process.readiness import await_ready, http_probe
from badgateway.process.running import running
from badgateway.study.standing import Standing, stand

_LOCUST_PORT = 8089


def browse_site(experiment: Experiment, configuration: str, root: Path) -> None:
    """Serve a configuration until Ctrl-C."""
    click.echo(f"starting {configuration} ...", err=True)
    try:
        with stand(experiment, configuration, root) as standing:
            click.echo(f"{configuration} answers at {standing.deployment.url} (Ctrl-C stops it)")
            while True:
                time.sleep(0.5)
                standing.deployment.check()
    except KeyboardInterrupt:
        click.echo("\nstopped", err=True)


def browse_locust(experiment: Experiment, configuration: str, root: Path, port: int | None) -> None:
    """Run Locust's web UI against a configuration until Ctrl-C.

    Raises:
        ConfigurationError: The port asked for is taken.
    """
    port = _web_port(port)
    click.echo(f"starting {configuration} ...", err=True)
    try:
        with stand(experiment, configuration, root) as standing:
            _run_locust(_target(experiment, standing, root), standing, port)
    except KeyboardInterrupt:
        click.echo("\nstopped", err=True)


def _run_locust(target: Target, standing: Standing, port: int) -> None:
    page = f"http://127.0.0.1:{port}"
    with running(web_command(target, port=port, log=standing.raw / LOCUST_LOG)) as locust:
        await_ready(locust, http_probe(page), what=f"Locust's web UI at {page}", deadline_s=20)
        click.echo(f"{locust.name}: {page} in front of {target.url} (Ctrl-C stops everything)")
        while locust.exit_code() is None:
            time.sleep(0.5)
            standing.deployment.check()


def _target(experiment: Experiment, standing: Standing, root: Path) -> Target:
    configuration = experiment.configurations[0]
    return Target(
        url=standing.deployment.url,
        load=experiment.load,
        users=experiment.load.users[0],
        client_timeout_s=experiment.timeouts.client_s,
        project_root=root,
        environment={**experiment.application.environment, **configuration.environment},
    )


def _web_port(port: int | None) -> int:
    if port is None:
        return _LOCUST_PORT if is_free(_LOCUST_PORT) else free_port()
    if not is_free(port):
        raise ConfigurationError(f"--port {port}: something listens there already; choose another, or leave it out")
    return port

"""Keeps with an experiment what its server files tell, so that whoever reads it later needs no files."""

from pathlib import Path

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.servers.registry import server_of


def with_servers(experiment: Experiment, root: Path) -> Experiment:
    """Return the experiment with the server of each configuration, and how its workers serve requests.

    What a configuration declares of it stays. The files below root have been found to be readable.
    """
    told = tuple(_told(one, root) for one in experiment.configurations)
    return experiment.model_copy(update={"configurations": told})


def _told(one: Configuration, root: Path) -> Configuration:
    server = server_of(one)
    text = (root / one.server).read_text(encoding="utf-8-sig")
    shown = one.worker_model or server.worker_model(text)
    return one.model_copy(update={"kind": server.name, "worker_model": shown})

"""Keeps one configuration standing, for a person with a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.model.experiment import Experiment
from badgateway.process.interruption import unwinding_on_signals
from badgateway.stack.deployment import Deployment, deploy
from badgateway.study.bench import Bench, set_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A configuration that is up, and the bench it stands on."""

    deployment: Deployment
    bench: Bench
    raw: Path


@contextmanager
def stand(experiment: Experiment, name: str, root: Path) -> Iterator[Standing]:
    """Deploy one configuration behind nginx until the block ends.

    Raises:
        DeploymentError: It did not come up.
    """
    with unwinding_on_signals(), set_up(experiment, root) as bench:
        raw = bench.raw_folder("standing")
        with deploy(
            experiment,
            experiment.configuration(name),
            database=bench.database,
            snapshot=bench.snapshot,
            raw=raw,
            account=bench.account,
        ) as deployment:
            yield Standing(deployment=deployment, bench=bench, raw=raw)

"""Goes on with the run of a site that already runs: what its user switched is a configuration, each run a block."""

import os
from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from badgateway.analysis.records import Unreadable, read_records
from badgateway.errors import ResultsError
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import Manifest
from badgateway.model.secrets import as_kept, withheld
from badgateway.model.trial import Trial
from badgateway.plan.schedule import workload_seed
from badgateway.store.run_folder import RunFolder, runs_in
from badgateway.study.resume import clear_remains, locust_digest


def run_to_go_on_with(results: Path, experiment: Experiment, root: Path) -> RunFolder | None:
    """Return the newest run that asked the same of the same site, by this kit; None where there is none.

    Args:
        results: Where runs are kept.
        experiment: What is asked now.
        root: The project; an experiment file that is the same may name a Locust file that is not.
    """
    runs = runs_in(results / experiment.name)
    if not runs:
        return None
    folder = RunFolder(path=runs[-1])
    try:
        manifest = folder.manifest()
    except ResultsError:
        return None
    is_same = (
        manifest.kit_version == version("badgateway")
        and _asked(manifest.experiment) == _asked(as_kept(experiment))
        and manifest.locust_digest == locust_digest(experiment, root)
    )
    return folder if is_same else None


def with_more_blocks(folder: RunFolder, experiment: Experiment, command: str) -> Experiment:
    """Add the trials of an experiment's one configuration to a run, each in its next block; return what it has now.

    What was planned before and did not come to its end is left out: the site may be set up otherwise by now.

    Args:
        folder: As from `run_to_go_on_with`; the caller holds its lock.
        experiment: With the configuration, and as many blocks as are to be run.
        command: The command line.

    Raises:
        ResultsError: The run's folder cannot be read or written.
    """
    clear_remains(folder)
    manifest = folder.manifest()
    records = (record for _, record in read_records(folder, manifest) if not isinstance(record, Unreadable))
    ended = tuple(record.trial for record in records)
    (one,) = as_kept(experiment).configurations
    before = manifest.experiment.configurations
    configurations = before if one in before else (*before, one)
    more = _more(manifest, ended, experiment)
    merged = experiment.model_copy(
        update={
            "configurations": configurations,
            "seed": manifest.experiment.seed,
            "blocks": max(trial.block for trial in (*ended, *more)),
        }
    )
    trials, secrets = (*ended, *more), withheld(merged, os.environ)
    kept = replace(manifest, experiment=as_kept(merged), withheld=secrets, trials=trials, command=command)
    folder.write_manifest(kept)
    return merged


def _more(manifest: Manifest, ended: tuple[Trial, ...], experiment: Experiment) -> tuple[Trial, ...]:
    (one,) = experiment.configurations
    seed, position = manifest.experiment.seed, max((trial.position for trial in ended), default=0)
    blocks = Counter(trial.users for trial in ended if trial.configuration == one.name)
    trials: list[Trial] = []
    for _ in range(experiment.blocks):
        for users in experiment.load.users:
            blocks[users] += 1
            position += 1
            block = blocks[users]
            trials.append(
                Trial(
                    block=block,
                    position=position,
                    configuration=one.name,
                    users=users,
                    seed=workload_seed(seed, block, users),
                )
            )
    return tuple(trials)


def _asked(experiment: Experiment) -> Experiment:
    """Return an experiment without what differs from run to run."""
    return experiment.model_copy(update={"configurations": (), "seed": 0, "blocks": 1})

"""Opens a run that was ended in the middle, so that it goes on with the trial it would have run next."""

import os
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from badgateway.analysis.records import Unreadable, read_records
from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.model.secrets import as_kept, hidden_in, withheld
from badgateway.numbers import listed
from badgateway.store.run_folder import RunFolder

LATEST = "latest"


def find_run(which: str, results: Path, name: str) -> RunFolder:
    """Return the run to go on with.

    Args:
        which: The run's folder, or "latest".
        results: Where runs are kept.
        name: Of the experiment.

    Raises:
        ResultsError: There is no such run.
    """
    return RunFolder.newest(results, name) if which == LATEST else RunFolder.open(Path(which))


def locust_digest(experiment: Experiment, root: Path) -> str:
    """Return the SHA-256 of an experiment's Locust file; empty where it cannot be read."""
    try:
        return sha256((root / experiment.load.locustfile).read_bytes()).hexdigest()
    except OSError:
        return ""


def require_same(folder: RunFolder, experiment: Experiment, root: Path) -> None:
    """Return if a run is one of this experiment, as the command line gives it now, and of this kit.

    Args:
        folder: The run.
        experiment: What is asked now.
        root: The project that the experiment's paths are relative to.

    Raises:
        ConfigurationError: The experiment, or its Locust file, is not what it was, or another version of the kit began
            it.
        ResultsError: The run's manifest is of another schema or damaged.
    """
    manifest = folder.manifest()
    if experiment.target is not None:
        raise ConfigurationError("--resume: a run of a site that already runs is gone on with by itself; leave it out")
    if manifest.kit_version != version("badgateway"):
        raise ConfigurationError(
            f"{folder.path}: was begun by badgateway {manifest.kit_version}, this is {version('badgateway')}: their "
            "trials cannot be compared; run it anew, without --resume"
        )
    kept = as_kept(experiment)
    if manifest.experiment != kept:
        raise ConfigurationError(
            f"{folder.path}: is a run of another experiment, {_difference(manifest.experiment, kept)}; give the "
            f"options it was started with ({manifest.command}), or run it anew, without --resume"
        )
    if manifest.locust_digest not in {"", locust_digest(experiment, root)}:
        raise ConfigurationError(
            f"{folder.path}: was begun with another {experiment.load.locustfile}, and trials whose users do something "
            "else cannot be compared; put back what it was begun with, or run it anew, without --resume"
        )
    before = manifest.withheld
    if before != withheld(experiment, os.environ, before.salt if before else ""):
        raise ConfigurationError(
            f"{folder.path}: was begun with another value of {_hidden(experiment)}, and keeps none of them; set what "
            "it was begun with, or run it anew, without --resume"
        )


def clear_remains(folder: RunFolder) -> tuple[str, ...]:
    """Remove the trial that was in flight, whole or half kept, and set aside what is damaged; return sentences of it.

    Raises:
        ResultsError: The manifest is damaged, or something cannot be removed or renamed.
    """
    said: list[str] = []
    for half in folder.unfinished():
        folder.discard_trial(half)
        said.append(f"discarded {half.name.removeprefix('.')}, which was only half written")
    for kept, record in tuple(read_records(folder, folder.manifest())):
        if isinstance(record, Unreadable):
            aside = folder.set_aside(kept)
            said.append(f"set aside {kept.name} as {aside.name}: it is run again ({record.problem})")
        elif record.was_interrupted:
            folder.discard_trial(kept)
            said.append(f"discarded {kept.name}, which had been interrupted: it is run again")
    said += [f"set aside the worker check {bad.name}, which is damaged" for bad in folder.worker_checks.clear_damaged()]
    return tuple(said)


def _hidden(experiment: Experiment) -> str:
    return listed(hidden_in(experiment), "or") or "what may be secret in a command"


def _difference(before: Experiment, now: Experiment) -> str:
    """Return the names of the parts that differ."""
    parts = [name for name in Experiment.model_fields if getattr(before, name) != getattr(now, name)]
    return f"it differs in {', '.join(parts)}"

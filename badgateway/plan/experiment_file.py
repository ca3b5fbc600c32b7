"""Reads an experiment file and refuses what could not be run, before anything starts."""

import json
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from badgateway.databases.registry import system_faults
from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Configuration
from badgateway.model.decoding import DecodingError, decoded_toml
from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable
from badgateway.plan.declaration_faults import fault_lines
from badgateway.plan.defaults import command_faults, completed
from badgateway.plan.kit_files import located
from badgateway.plan.overrides import in_variant
from badgateway.plan.places import places_faults
from badgateway.plan.project_files import file_faults
from badgateway.plan.running_site import running_site_faults
from badgateway.plan.sizes import size_faults, study_faults, with_sizes
from badgateway.servers.registry import server_of, shown_model

OF_A_SITE = "badgateway.toml"
"""The experiment file of a site of the user's own, in the folder that the site's repository has at its top."""
EXPERIMENTS = "experiments"
"""The folder of a project with several of them, whose paths start above it."""
OF_ALL = "application.toml"
"""In that folder: what its experiments say of their site, each of them unless it says otherwise."""
MOST_BYTES = 1_000_000
_APPLICATION = "application"
_REQUIRED = {name for name, field in Experiment.model_fields.items() if field.is_required()}


def load_experiment(path: Path, *, drawn_seed: int | None = None) -> Experiment:
    """Read and validate an experiment file, each of its variants, and the files that it names.

    Args:
        path: The .toml file. What the paths inside it are relative to, see `project_root`.
        drawn_seed: Taken where the file gives no seed.

    Raises:
        ConfigurationError: One line per fault: file, key, what is wrong and what is allowed.
    """
    try:
        declared = decoded_toml(_content(path))
    except DecodingError as error:
        raise _refusal(path, str(error).splitlines()) from None
    if drawn_seed is not None:
        declared = {"seed": drawn_seed} | declared
    _require(
        path,
        (
            *command_faults(declared),
            *system_faults(declared),
            *size_faults(declared),
            *places_faults(declared),
        ),
    )
    _require(path, running_site_faults(declared))
    declared = with_sizes(completed(declared, _of_all_beside(path)))
    try:
        # As JSON, of which pydantic takes lists for tuples and texts for paths, and nothing else for anything else.
        experiment = Experiment.model_validate_json(json.dumps(declared), strict=True)
    except ValidationError as error:
        raise _refusal(path, fault_lines(error, declared)) from None
    _require(path, (*study_faults(experiment), *_faults_of_variants(experiment)))
    _require(path, file_faults(experiment, project_root(path)))
    return with_servers(experiment, project_root(path))


def project_root(path: Path) -> Path:
    """Return the folder that an experiment's paths are relative to: the one above experiments/, or else its own."""
    folder = path.absolute().parent if is_of_a_site(path) else path.resolve().parent.parent
    return folder.resolve()


def is_of_a_site(path: Path) -> bool:
    """Tell whether an experiment file is one of a site of the user's own: any but those in a folder of experiments."""
    return path.name == OF_A_SITE or path.resolve().parent.name != EXPERIMENTS


def _of_all_beside(path: Path) -> dict[str, Any]:
    """Return what all experiments of a folder say of their site; nothing where no file says it.

    Raises:
        ConfigurationError: That file has a fault.
    """
    file = path.resolve().with_name(OF_ALL)
    if is_of_a_site(path) or not file.is_file():
        return {}
    try:
        declared = decoded_toml(_content(file))
        _require(file, (f"{key}: only [application] belongs here" for key in declared if key != _APPLICATION))
        Experiment.model_validate_json(json.dumps(declared), strict=True)
    except DecodingError as error:
        raise _refusal(file, str(error).splitlines()) from None
    except ValidationError as error:
        # The rest of an experiment is missing.
        _require(file, (line for line in fault_lines(error, declared) if line.startswith(_APPLICATION)))
    return dict(declared.get(_APPLICATION, {}))


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise _refusal(path, ["is no file; name an experiment file, such as experiments/concurrency.toml"])
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigurationError(f"{printable(str(path))}: no such experiment file{_others_beside(path)}") from None
    except OSError as error:
        raise _refusal(path, [f"cannot be read: {error.strerror or error}"]) from error
    if len(content) > MOST_BYTES:
        raise _refusal(path, [f"is larger than {MOST_BYTES // 1_000_000} MB: no experiment file"])
    return content


def _others_beside(path: Path) -> str:
    """Name the experiment files in the folder, or else in experiments/ below it."""
    for folder in (path.parent, path.parent / EXPERIMENTS):
        others = sorted(printable(str(other)) for other in folder.glob("*.toml") if _is_experiment(other))
        if others:
            return f"; there are {', '.join(others)}" if len(others) > 1 else f"; there is {others[0]}"
    return ""


def _is_experiment(path: Path) -> bool:
    """Return whether a file has what makes it an experiment, such as pyproject.toml has not."""
    try:
        return decoded_toml(_content(path)).keys() >= _REQUIRED
    except (ConfigurationError, DecodingError):
        return False


def _faults_of_variants(experiment: Experiment) -> Iterable[str]:
    for name in experiment.variants:
        try:
            yield from (f"variant {name}: {fault}" for fault in study_faults(in_variant(experiment, name)))
        except ConfigurationError as error:
            yield str(error)


def _require(path: Path, faults: Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise _refusal(path, found)


def _refusal(path: Path, faults: Iterable[str]) -> ConfigurationError:
    return ConfigurationError("\n".join(f"{printable(str(path))}: {fault}" for fault in faults))


def with_servers(experiment: Experiment, root: Path) -> Experiment:
    """Return the experiment with the server of each configuration, and how its workers serve requests.

    What a configuration declares of it stays. The files below root have been found to be readable.
    """
    told = tuple(_told(one, root) for one in experiment.configurations)
    return experiment.model_copy(update={"configurations": told})


def _told(one: Configuration, root: Path) -> Configuration:
    server = server_of(one)
    if one.is_attached:
        return one
    text = located(root, one.server).read_text(encoding="utf-8-sig")
    shown = one.worker_model or shown_model(one, text)
    return one.model_copy(update={"kind": server.name, "worker_model": shown})

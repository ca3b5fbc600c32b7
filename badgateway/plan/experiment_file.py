"""Reads an experiment file and refuses what could not be run, before anything starts."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment


def load_experiment(path: Path) -> Experiment:
    """Read and validate an experiment file.

    Args:
        path: The .toml file. Paths inside it are relative to the folder above its own, see `project_root`.

    Raises:
        ConfigurationError: One line per fault: file, key, what is wrong and what is allowed.
    """
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such experiment file{_others_beside(path)}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    try:
        experiment = Experiment.model_validate(declared)
    except ValidationError as error:
        lines = [f"{path}: {_describe(fault, declared)}" for fault in _root_faults(error)]
        raise ConfigurationError("\n".join(lines)) from None
    _require_files(experiment, path)
    return experiment


def project_root(path: Path) -> Path:
    """Return the folder that an experiment's paths are relative to: the one above experiments/."""
    return path.resolve().parent.parent


def _others_beside(path: Path) -> str:
    others = sorted(str(other) for other in path.parent.glob("*.toml"))
    return f"; there are {', '.join(others)}" if others else ""


def _root_faults(error: ValidationError) -> list[ErrorDetails]:
    """Leave out a list that is only too short because its entries were refused."""
    faults = error.errors(include_url=False)
    locations = [fault["loc"] for fault in faults]
    return [fault for fault in faults if not any(_is_inside(other, fault["loc"]) for other in locations)]


def _is_inside(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _describe(fault: ErrorDetails, declared: Mapping[str, Any]) -> str:
    key = _key(fault["loc"], declared)
    if fault["type"] == "extra_forbidden":
        return f"{key}: unknown key; {_allowed(fault['loc'])}"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        message = "is missing"
    elif not isinstance(fault["input"], Mapping | Sequence) or isinstance(fault["input"], str):
        message = f"{fault['input']!r} is not allowed: {message[:1].lower()}{message[1:]}"
    return f"{key}: {message}" if key else message


def _key(location: tuple[int | str, ...], declared: Mapping[str, Any]) -> str:
    """Spell a location as a user would: configurations[uwsgi-2].workers instead of configurations.0.workers."""
    words: list[str] = []
    value: Any = declared
    for part in location:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
        if isinstance(part, int):
            name = value.get("name") if isinstance(value, Mapping) else None
            words[-1] += f"[{name or part + 1}]"
        else:
            words.append(part)
    return ".".join(words)


def _allowed(location: tuple[int | str, ...]) -> str:
    """Name the keys that exist where an unknown one was found, the likeliest alone."""
    model: type[BaseModel] = Experiment
    for part in location[:-1]:
        if isinstance(part, str):
            model = _nested_model(model, part)
    near = difflib.get_close_matches(str(location[-1]), model.model_fields, n=1)
    return f"did you mean {near[0]}?" if near else f"allowed are {', '.join(model.model_fields)}"


def _nested_model(model: type[BaseModel], field: str) -> type[BaseModel]:
    annotation = model.model_fields[field].annotation
    candidates = (annotation, *getattr(annotation, "__args__", ()))
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), model)


def _require_files(experiment: Experiment, path: Path) -> None:
    root = project_root(path)
    wanted = [
        ("load.locustfile", experiment.load.locustfile),
        ("application.directory", experiment.application.directory),
    ]
    wanted += [(f"configurations[{one.name}].server", one.server) for one in experiment.configurations]
    missing = [
        f"{path}: {key}: no such file: {root / file}{_choices(root / file)}"
        for key, file in wanted
        if _absent(root, file)
    ]
    if missing:
        raise ConfigurationError("\n".join(missing))


def _absent(root: Path, file: PurePosixPath) -> bool:
    return not (root / file).exists()


def _choices(file: Path) -> str:
    siblings = (
        sorted(one.name for one in file.parent.glob(f"*{file.suffix}")) if file.parent.is_dir() and file.suffix else []
    )
    return f"; {file.parent.name}/ has {', '.join(siblings)}" if siblings else ""

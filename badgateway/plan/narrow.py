"""Narrows an experiment to what the command line asked for."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment


def narrow(
    experiment: Experiment,
    *,
    only: Sequence[str] = (),
    users: Sequence[int] = (),
    window_s: float | None = None,
    blocks: int | None = None,
    seed: int | None = None,
) -> Experiment:
    """Return the experiment with some configurations, other levels, another window, block count or seed.

    An experiment narrowed to some configurations gets a name of its own, so that its results do not take the
    place of the whole experiment's.

    Raises:
        ConfigurationError: There is no such configuration, or a value is out of range.
    """
    declared = experiment.model_dump(mode="json")
    load = declared["load"]
    load["users"] = list(users) or load["users"]
    load["window_s"] = load["window_s"] if window_s is None else window_s
    declared["blocks"] = experiment.blocks if blocks is None else blocks
    declared["seed"] = experiment.seed if seed is None else seed
    if only:
        _refuse_unknown(only, experiment)
        declared["configurations"] = [one for one in declared["configurations"] if one["name"] in only]
        declared["name"] = f"{experiment.name}-{'-'.join(only) if len(only) == 1 else 'subset'}"
    return _validated(declared)


def _refuse_unknown(only: Sequence[str], experiment: Experiment) -> None:
    names = [one.name for one in experiment.configurations]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise ConfigurationError(
            f"{experiment.name} has no configuration {', '.join(unknown)}; it has {', '.join(names)}"
        )


def _validated(declared: dict[str, Any]) -> Experiment:
    try:
        return Experiment.model_validate(declared)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise ConfigurationError(f"command line: {key}: {fault['input']!r} is not allowed: {fault['msg']}") from None

"""Changes an experiment to what the command line asked for: another size, other levels, fewer configurations."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from badgateway.errors import ConfigurationError
from badgateway.model.axis import AXES
from badgateway.model.experiment import Experiment
from badgateway.plan.declaration_faults import fault_lines


def with_options(  # noqa: PLR0913 # one parameter per option of the command line
    experiment: Experiment,
    *,
    variant: str | None = None,
    only: Sequence[str] = (),
    users: Sequence[int] = (),
    rates_per_s: Sequence[float] = (),
    window_s: float | None = None,
    blocks: int | None = None,
    seed: int | None = None,
    budget_s: float | None = None,
    workers: int | None = None,
) -> Experiment:
    """Return the experiment with some configurations, other levels, workers, window, block count, seed or budget.

    A variant of the experiment comes first, and the rest changes that; an experiment that declares no variants has one
    size for all. A variant, and an experiment of some configurations alone, gets a name of its own, so that its
    results do not take the place of the whole experiment's. Users in place of rates, or rates in place of users, change
    the loop.

    Raises:
        ConfigurationError: There is no such variant or configuration, or a value is out of range.
    """
    if variant is not None and experiment.variants:
        experiment = in_variant(experiment, variant)
    declared = experiment.model_dump(mode="json")
    load = declared["load"]
    if users or rates_per_s:
        load |= {"users": list(users), "rates_per_s": list(rates_per_s)}
    load["window_s"] = load["window_s"] if window_s is None else window_s
    if workers is not None:
        load["processes"] = declared["places"]["workers"] = workers
    if blocks is not None:
        _repeat(declared, blocks)
    if budget_s is not None:
        _limit(declared, experiment, budget_s)
    declared["seed"] = experiment.seed if seed is None else seed
    if only:
        refuse_unknown(only, experiment)
        keep(only, declared)
        declared["name"] = f"{experiment.name}-{'-'.join(only) if len(only) == 1 else 'subset'}"
    return validated(declared)


def _repeat(declared: dict[str, Any], blocks: int) -> None:
    study = declared["study"]
    if study is None:
        declared["blocks"] = blocks
        return
    # The file's budget is for the file's blocks: it would cut these again.
    study |= {"blocks": blocks, "budget_s": None}


def _limit(declared: dict[str, Any], experiment: Experiment, budget_s: float) -> None:
    if experiment.study is None:
        raise ConfigurationError(
            f"{experiment.name} has no [study] that a budget could cut; give fewer --blocks or --only"
        )
    declared["study"]["budget_s"] = budget_s


EACH_TASK_ONCE = "CHECK_EACH_TASK_ONCE"
"""The variable by which recorded users do each of their tasks once, without pauses, before they choose."""
_CHECK_S = 6.0


def for_check(experiment: Experiment, name: str | None = None) -> Experiment:
    """Return the experiment cut down to one short trial of a configuration with one user.

    Args:
        experiment: To be checked.
        name: Of the configuration; None is the baseline.

    Raises:
        ConfigurationError: There is none of that name.
    """
    kept = (name or experiment.baseline.name,)
    refuse_unknown(kept, experiment)
    declared = experiment.model_dump(mode="json")
    keep(kept, declared)
    declared |= {"name": f"{experiment.name}-check", "blocks": 1, "study": None, "confirmation": None}
    declared["load"] |= {"users": [1], "rates_per_s": [], "processes": 1, "warm_up_s": 0, "window_s": _CHECK_S}
    declared["application"]["environment"] |= {EACH_TASK_ONCE: "1"}
    # No speed is measured, so nobody who works beside it spoils it.
    declared["machine"] = {"max_steal_share": 1, "max_outside_share": 1}
    (one,) = declared["configurations"]
    one |= {axis.values: one[axis.values][:1] for axis in AXES}
    return validated(declared)


_RAISING_S = (1.0, 4.0)
"""Warm-up and window of each number of users."""


def for_raising(experiment: Experiment) -> Experiment:
    """Return the experiment cut down to its baseline and short trials, in which users can be raised."""
    declared = experiment.model_dump(mode="json")
    keep((experiment.baseline.name,), declared)
    warm_up_s, window_s = _RAISING_S
    declared |= {"name": f"{experiment.name}-levels", "blocks": 1, "study": None, "confirmation": None}
    declared["load"] |= {"users": [1], "rates_per_s": [], "warm_up_s": warm_up_s, "window_s": window_s}
    declared["machine"] = {"max_steal_share": 1, "max_outside_share": 1}
    (one,) = declared["configurations"]
    one |= {axis.values: one[axis.values][:1] for axis in AXES}
    return validated(declared)


def in_variant(experiment: Experiment, name: str) -> Experiment:
    """Return the experiment in another of its sizes, under a name of its own.

    Raises:
        ConfigurationError: There is no such variant, or what it changes does not go together.
    """
    if name not in experiment.variants:
        known = ", ".join(experiment.variants)
        raise ConfigurationError(
            f"{experiment.name} has no variant {name} ([variants.{name}] in its file); it has {known}"
        )
    variant = experiment.variants[name]
    declared = experiment.model_dump(mode="json")
    if variant.only:
        keep(variant.only, declared)
    given = variant.model_dump(mode="json", exclude_none=True, exclude={"only"})
    values = {axis.values: given.pop(axis.values) for axis in AXES}
    declared["application"]["environment"] |= given.pop("environment")
    for one in declared["configurations"]:
        one |= {key: some for key, some in values.items() if some}
    for key in ("timeouts", "objective"):
        declared[key] = given.pop(key, declared[key])
    study = given.pop("study", {})
    if study and declared["study"] is None:
        raise ConfigurationError(f"{experiment.name}: variants.{name}.study changes a [study] that is not declared")
    # False takes the search away, and so does nothing.
    declared["study"] = (declared["study"] or {}) | study or None
    if declared["study"] and not declared["study"]["capacity"]:
        declared["study"]["capacity"] = None
    declared["load"] |= {key: value for key, value in given.items() if value != []}
    return validated(declared | {"name": f"{experiment.name}-{name}", "variants": {}}, told_by=f"variant {name}")


def keep(names: Sequence[str], declared: dict[str, Any]) -> None:
    """Leave out the other configurations, and what the kept ones say of them."""
    kept = [one for one in declared["configurations"] if one["name"] in names]
    for one in kept:
        one["against"] = one["against"] if one["against"] in names else None
    declared["configurations"] = kept
    declared["variants"] = {}


def refuse_unknown(only: Sequence[str], experiment: Experiment) -> None:
    """Return when the experiment has a configuration of each name.

    Raises:
        ConfigurationError: It has not.
    """
    names = [one.name for one in experiment.configurations]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise ConfigurationError(
            f"{experiment.name} has no configuration {', '.join(unknown)}; it has {', '.join(names)}"
        )


def validated(declared: dict[str, Any], told_by: str = "command line") -> Experiment:
    """Return what is declared as an experiment.

    Raises:
        ConfigurationError: It is none; in one line.
    """
    try:
        return Experiment.model_validate(declared)
    except ValidationError as error:
        raise ConfigurationError(f"{told_by}: {fault_lines(error, declared)[0]}") from None


_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, None: 1}


def seconds(text: str, option: str, *, may_be_none: bool = False) -> float:
    """Return '90', '90s', '30m' or '1.5h' as seconds.

    Args:
        text: As it was written.
        option: Where it was written.
        may_be_none: Whether '0' is a length of time.

    Raises:
        ConfigurationError: It is none of these, or no time at all.
    """
    found = _FORM.fullmatch(text.strip())
    length_s = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not found or not (length_s or may_be_none):
        raise ConfigurationError(f"{option}: {text!r} is no length of time; write it as 90s, 30m or 1.5h")
    return length_s

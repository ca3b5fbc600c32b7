"""Cuts an experiment down to a gate: one load, and as many short blocks as fit into minutes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from badgateway.errors import ConfigurationError
from badgateway.model.axis import AXES
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.masking import masked
from badgateway.model.study import Study
from badgateway.numbers import plural
from badgateway.plan.expected_time import OVERHEAD_S
from badgateway.plan.overrides import keep, refuse_unknown, validated, with_options

BEFORE = "-before"
"""What the name of a configuration of the baseline's checkout ends with."""
CHECKOUT = "APP_CHECKOUT"
"""The variable by which the site's processes are told which checkout they are: what one asks of its database may be
another thing than what the other does."""
DRAIN_S = 0.5
WANTED_BLOCKS = 12
"""Above it a longer window is worth more than another block."""
MOST_BLOCKS = 100
LEAST_BLOCKS = 2
SHORTEST_WINDOW_S = 3.0
_SHORTER = 0.8
_NO_SETTINGS = {"name", "environment", "timeouts", "note", "step", "against", "baseline", "candidate", "must_answer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What is asked of a gate."""

    budget_s: float
    only: tuple[str, ...] = ()
    """Configurations; empty is what runs today."""
    users: int | None = None
    """The load; None is the experiment's highest."""
    rate_per_s: float | None = None


def gate_experiment(experiment: Experiment, options: GateOptions) -> Experiment:
    """Return the experiment as a gate runs it.

    Raises:
        ConfigurationError: There is no such configuration, or the budget is too short.
    """
    names = options.only or (experiment.baseline.name,)
    declared = _cut_down(experiment, names, options)
    return _sized(declared, experiment, len(names), options.budget_s)


def gate_beside(
    experiment: Experiment, before: Experiment, options: GateOptions, *, against: str = ""
) -> tuple[Experiment, Experiment]:
    """Return what a gate of two checkouts runs, and what of it is the other checkout's.

    Both get the load and the objective of the first; servers, settings and time limits are each one's own.

    Args:
        experiment: What is gated.
        before: What it is held to.
        options: What is asked.
        against: The other's only configuration; empty where the two have the same names.

    Raises:
        ConfigurationError: One of them has no such configuration, or the budget is too short.
    """
    names = options.only or (experiment.baseline.name,)
    _refuse_what_cannot_be_paired(names, before, against)
    own = _cut_down(experiment, names, options)
    other = _cut_down(before, (against,) if against else names, options)
    for one in other["configurations"]:
        one |= {
            "name": f"{names[0] if against else one['name']}{BEFORE}",
            "timeouts": one["timeouts"] or other["timeouts"],
            "environment": one["environment"] | {CHECKOUT: "before"},
        }
    for one in own["configurations"]:
        one |= {"baseline": False, "environment": one["environment"] | {CHECKOUT: "now"}}
    both = own | {"configurations": [*other["configurations"], *own["configurations"]]}
    whole = _sized(both, experiment, 2 * len(names), options.budget_s)
    theirs = other | {key: whole.model_dump(mode="json")[key] for key in ("name", "load", "objective", "study", "seed")}
    return whole, validated(theirs)


def _refuse_what_cannot_be_paired(names: Sequence[str], before: Experiment, against: str) -> None:
    there = [one.name for one in before.configurations]
    if against and (against in names or len(names) > 1):
        raise ConfigurationError(f"--against {against}: one other configuration is held to it; name that with --only")
    if not against and (missing := [name for name in names if name not in there]):
        raise ConfigurationError(
            f"--against: the other checkout has no configuration {', '.join(missing)}; it has {', '.join(there)}: gate "
            "one that both have (--only), or hold it to a file (--baseline)"
        )
    if taken := [name for name in names if is_before(name)]:
        raise ConfigurationError(
            f"--against: {taken[0]} ends with {BEFORE}, as the other checkout's configurations do in a gate; give it "
            "another name"
        )


def is_before(name: str) -> bool:
    """Tell whether a configuration of a gate is the baseline's."""
    return name.endswith(BEFORE)


def only_own(whole: Experiment) -> Experiment:
    """Return a gate of two checkouts with the configurations of the first alone."""
    own = tuple(one for one in whole.configurations if not is_before(one.name))
    return whole.model_copy(update={"configurations": own})


def settings_of(configuration: Configuration, experiment: Experiment) -> dict[str, str]:
    """Return what a configuration declares, as texts; its variables are left out, for they may be secret."""
    # Defaults too: a change from one is said with both values.
    declared = configuration.model_dump(mode="json", exclude_none=True, exclude=_NO_SETTINGS)
    limits = experiment.timeouts_of(configuration).model_dump(mode="json")
    said = {**declared, **{f"timeouts.{key}": value for key, value in limits.items()}}
    return {key: masked(_in_words(value)) for key, value in said.items()}


def _in_words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _cut_down(experiment: Experiment, names: Sequence[str], options: GateOptions) -> dict[str, Any]:
    refuse_unknown(names, experiment)
    users = (options.users,) if options.users else ()
    rates = (options.rate_per_s,) if options.rate_per_s else ()
    if not (users or rates):
        load = experiment.load
        users, rates = ((max(load.users),), ()) if load.users else ((), (max(load.rates_per_s),))
    cut = with_options(experiment.model_copy(update={"study": None}), users=users, rates_per_s=rates)
    declared = cut.model_dump(mode="json")
    keep(names, declared)
    for place, one in enumerate(declared["configurations"]):
        one |= {"candidate": True, "baseline": not place, "against": None}
        one |= {axis.values: one[axis.values][:1] for axis in AXES}
    return declared | {"name": f"{experiment.name}-gate", "blocks": 1, "confirmation": None}


def _sized(declared: dict[str, Any], experiment: Experiment, configurations: int, budget_s: float) -> Experiment:
    """Give the gate as many blocks as its budget has room for, and shorter windows where those would be few."""
    warm_up_s, declared_s = declared["load"]["warm_up_s"], declared["load"]["window_s"]
    for window_s in _windows(declared_s):
        block_s = configurations * (warm_up_s + window_s + DRAIN_S + OVERHEAD_S)
        blocks = min(MOST_BLOCKS, math.floor(budget_s / block_s))
        if blocks >= WANTED_BLOCKS:
            break
    if blocks < LEAST_BLOCKS:
        raise ConfigurationError(
            f"--budget {budget_s:g}s: a gate of {plural(configurations, 'configuration')} needs at least "
            f"{math.ceil(LEAST_BLOCKS * block_s)} s; give more time, or fewer configurations (--only)"
        )
    study = experiment.study or Study()
    declared["load"]["window_s"] = window_s
    declared["study"] = {
        "blocks": blocks,
        "looks": [],
        "control": False,
        "margin": study.margin,
        "negligible_ms": study.negligible_ms,
        "budget_s": budget_s,
    }
    return validated(declared)


def _windows(declared_s: float) -> Iterator[float]:
    window_s = declared_s
    yield window_s
    while window_s * _SHORTER >= SHORTEST_WINDOW_S:
        window_s = round(window_s * _SHORTER, 1)
        yield window_s

"""What makes one configuration differ from another, setting by setting."""

import shlex
from dataclasses import dataclass

from badgateway.model.axis import AXES
from badgateway.model.configuration import Configuration, Timeouts

_TOLD = ("name", "kind", "worker_model", "note", "step", "against", "baseline", "candidate")
_MEASURED = (*(axis.values for axis in AXES), "must_answer")
"""How it is measured, not what it is."""
_LIMITS = tuple(name for name in Timeouts.model_fields if name != "any_order")
"""any_order is leave to declare a limit, and none itself."""
_BY_PART = ("environment", "timeouts")
_STARTED = ("server", "command")
"""What it is started with: a command has no server file of its own."""
_SETTINGS = tuple(name for name in Configuration.model_fields if name not in {*_TOLD, *_MEASURED, *_BY_PART, *_STARTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A declared setting that has another value."""

    setting: str
    new: str
    old: str

    def __str__(self) -> str:
        return f"{self.setting} ({self.new} instead of {self.old})"


def differences(baseline: Configuration, other: Configuration, usual: Timeouts) -> tuple[str, ...]:
    """Return the declared settings in which another configuration differs: 'listen (1,024 instead of 100)'."""
    return tuple(map(str, changed(baseline, other, usual)))


def changed(baseline: Configuration, other: Configuration, usual: Timeouts) -> tuple[Difference, ...]:
    """Return the declared settings in which another configuration differs.

    Args:
        baseline: What it is compared with.
        other: What has been changed.
        usual: The experiment's time limits, which those have that declare none.
    """
    pairs: list[tuple[str, object, object]] = [("server", _started(other), _started(baseline))]
    pairs += [(name, getattr(other, name), getattr(baseline, name)) for name in _SETTINGS]
    variables = sorted({*baseline.environment, *other.environment})
    pairs += [(name, other.environment.get(name), baseline.environment.get(name)) for name in variables]
    limits, limits_before = other.timeouts or usual, baseline.timeouts or usual
    pairs += [(name, getattr(limits, name), getattr(limits_before, name)) for name in _LIMITS]
    return tuple(Difference(setting=name, new=_said(new), old=_said(old)) for name, new, old in pairs if new != old)


def _started(one: Configuration) -> str:
    return one.command or str(one.server)


def _said(value: object) -> str:
    if value is None or value in ((), ""):
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        # A command, as it is typed.
        return shlex.join(value)
    if isinstance(value, float):
        return f"{value:,.10g}"
    return f"{value:,}" if isinstance(value, int) else str(value)

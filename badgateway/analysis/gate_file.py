"""The file that a gate's baseline is kept in: small, and a line for each trial, so that a change can be reviewed."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from badgateway.errors import ConfigurationError
from badgateway.model.decoding import decoded_json, first_fault
from badgateway.model.gate import GateBaseline, GateLevel, GateTrial
from badgateway.model.printable import printable_part

_BASELINE = TypeAdapter(GateBaseline)


def baseline_text(found: GateBaseline) -> str:
    """Return a baseline as a JSON file; the same one gives the same bytes."""
    whole = {key: value for key, value in asdict(found).items() if key != "levels"}
    head = json.dumps(whole, indent=2, ensure_ascii=True).removesuffix("\n}")
    levels = ",\n".join(_level(level) for level in found.levels)
    return f'{head},\n  "levels": [\n{levels}\n  ]\n}}\n'


def read_baseline(content: bytes, where: Path) -> GateBaseline:
    """Return what a baseline file keeps.

    Raises:
        ConfigurationError: It is none; in one line, with the key and what to do.
    """
    try:
        return _BASELINE.validate_json(json.dumps(decoded_json(content)))
    except ValidationError as error:
        key, fault = first_fault(error)
        raise ConfigurationError(
            f"{where}: {printable_part(key)}: {fault}; write it anew: --baseline-update"
        ) from error
    except ValueError as error:
        raise ConfigurationError(
            f"{where}: is no baseline: {printable_part(str(error))}; write one: --baseline-update"
        ) from error


def _level(level: GateLevel) -> str:
    whole = {key: value for key, value in asdict(level).items() if key != "trials"}
    inner = json.dumps(whole, ensure_ascii=True).removesuffix("}")
    return f'    {inner}, "trials": [\n' + ",\n".join(f"      {line}" for line in _trials(level)) + "\n    ]}"


def _trials(level: GateLevel) -> Iterator[str]:
    return (json.dumps(_rounded(trial), ensure_ascii=True) for trial in level.trials)


def _rounded(trial: GateTrial) -> dict[str, object]:
    """Leave out what is as usual, and digits that nobody measured."""
    usual = {"causes": {}, "broke": False, "together": 1.0, "late": 0}
    found = {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(trial).items()}
    return {key: value for key, value in found.items() if key not in usual or value != usual[key]}

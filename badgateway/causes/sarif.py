"""What files invite as SARIF 2.1.0, which code hosts and editors show at the line."""

import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import PurePath
from urllib.parse import quote

from badgateway.causes.invitation import Invitation
from badgateway.causes.server_files import Said
from badgateway.model.diagnosis import Cause
from badgateway.model.printable import printable

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_VERSION = "2.1.0"

_Object = dict[str, object]


def render_sarif(found: Sequence[Invitation], files: Sequence[PurePath], unknown: Sequence[Said] = ()) -> str:
    """Return a log of one run: a rule for each cause that is invited, a result for each invitation.

    Args:
        found: What is invited.
        files: That were read; what no line says, such as a default, is shown at the first one.
        unknown: Lines of which nothing can be told before they run.
    """
    causes = {one.cause.id: one.cause for one in found}
    log = {
        "$schema": _SCHEMA,
        "version": _VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "badgateway advise",
                        "version": version("badgateway"),
                        "rules": [_rule(cause) for cause in causes.values()],
                    }
                },
                **({"invocations": [_invocation(unknown)]} if unknown else {}),
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, list(causes).index(one.cause.id), files[0]) for one in found],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _invocation(unknown: Sequence[Said]) -> _Object:
    notes = [
        {"level": "warning", "message": {"text": printable(f"not known before it runs: {one.line}")}} for one in unknown
    ]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def _rule(cause: Cause) -> _Object:
    return {
        "id": cause.id,
        "shortDescription": {"text": cause.title},
        "fullDescription": {"text": cause.explanation},
        "help": {"text": " ".join(one.text for one in cause.remedies)},
        "defaultConfiguration": {"level": "warning"},
    }


def _result(one: Invitation, rule: int, first: PurePath) -> _Object:
    first_line, *others = [*_locations(one.said)] or [_location(first, 1, "")]
    result: _Object = {
        "ruleId": one.cause.id,
        "ruleIndex": rule,
        "level": "warning",
        "message": {"text": printable(f"{one.what}. Change {one.change}. More: badgateway cause {one.cause.id}")},
        "locations": [first_line],
    }
    return {**result, "relatedLocations": others} if others else result


def _locations(said: Sequence[Said]) -> Iterator[_Object]:
    for one in said:
        path, _, line = one.where.rpartition(":")
        if path and line.isdecimal():
            yield _location(PurePath(path), int(line), one.shown)


def _location(path: PurePath, line: int, value: str) -> _Object:
    place: _Object = {"artifactLocation": {"uri": quote(path.as_posix())}, "region": {"startLine": line}}
    return {"physicalLocation": place, **({"message": {"text": printable(value)}} if value else {})}

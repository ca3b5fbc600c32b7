"""The formats of what a gate says: which file each is."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

from badgateway.report.gate.comment import render_comment
from badgateway.report.gate.junit import render_junit
from badgateway.report.gate.places import render_code_quality
from badgateway.report.gate.telling import ToldGate
from badgateway.report.section import Object

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFormat:
    """A format of what a gate says."""

    file_name: str
    render: Callable[[ToldGate], str]
    """The same gate gives the same bytes."""


def render_gate_json(found: ToldGate) -> str:
    """Return a document for programs."""
    return json.dumps(document(found), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def document(found: ToldGate) -> Object:
    """Return all that was found, and how it is said."""
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": found.verdict.value,
        "headline": found.headline,
        "experiment": found.experiment,
        "baseline": found.baseline or None,
        "started": found.started,
        "cases": [
            {
                "configuration": case.configuration,
                "users": None if case.load.is_open else case.load.size,
                "rate_per_s": case.load.size if case.load.is_open else None,
                "verdict": case.verdict.value,
                "turn_by_turn": case.is_paired,
                "changes": list(case.changes),
                "findings": [
                    {
                        "matter": one.matter.value,
                        "verdict": one.verdict.value,
                        "doubt": one.doubt and one.doubt.value,
                        "cause": one.cause or None,
                        "before": one.before,
                        "now": one.now,
                        "ratio": one.ratio,
                        "least": one.least,
                        "seen_from": one.seen_from,
                        "trials": one.trials,
                    }
                    for one in case.findings
                ],
                "causes": [asdict(cause) for cause in said.causes],
                "said": [*said.broken, *said.doubts, *said.kept],
            }
            for case, said in zip(found.gate.cases, found.cases, strict=True)
        ],
    }


GATE_FORMATS = (
    GateFormat(file_name="gate.json", render=render_gate_json),
    GateFormat(file_name="gate.md", render=render_comment),
    GateFormat(file_name="gate.junit.xml", render=render_junit),
    GateFormat(file_name="gate.codequality.json", render=render_code_quality),
)
"""In the order of writing."""

"""A study's choice, its INVALID trials and the gap between the loops for programs."""

from dataclasses import asdict

from badgateway.model.comparison import Choice, ChoiceKind
from badgateway.model.summary import StudySummary
from badgateway.report import choice, invalid, loop_gap

Object = dict[str, object]
_EXIT_STATUS = {
    ChoiceKind.PICKED: 0,
    ChoiceKind.EQUIVALENT: 0,
    ChoiceKind.NONE_QUALIFIES: 1,
    ChoiceKind.NEEDS_MORE: 3,
}


def choice_objects(study: StudySummary) -> Object:
    """Return the keys that a study adds to the document; null or empty in a report of none."""
    found = study.choice
    return {
        "choice": None if found is None else _choice(found, study),
        "loop_gaps": [
            {
                "configuration": gap.configuration,
                "closed": gap.closed,
                "open": gap.open,
                "closed_p99_ms": gap.closed_p99_ms,
                "open_p99_ms": gap.open_p99_ms,
                "ratio": gap.ratio,
                "sentence": gap.sentence,
            }
            for gap in loop_gap.build(study)
        ],
    }


def _choice(found: Choice, study: StudySummary) -> Object:
    bad = invalid.build(study)
    unit = "requests/s" if choice.capacity_is_open(study) else "users"
    return {
        **asdict(found),
        "exit_status": _EXIT_STATUS[found.kind],
        "capacities": [
            {"configuration": name, "unit": unit, **_without(asdict(one), "readings")} for name, one in found.capacities
        ],
        "invalid_trials": {
            "count": bad.invalid,
            "total": bad.total,
            "repeats": bad.repeats,
            "given_up": bad.given_up,
            "reasons": [{"reason": row.reason, "count": row.count} for row in bad.rows],
        },
    }


def _without(given: Object, key: str) -> Object:
    return {name: value for name, value in given.items() if name != key}

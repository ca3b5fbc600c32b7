"""docs/concepts.md defines every term that reports print and that the code is named after."""

import re
from pathlib import Path

import pytest

from badgateway.model.capacity import CapacityStatus
from badgateway.model.comparison import ChoiceKind, Criterion, Relation
from badgateway.model.design import Purpose
from badgateway.model.diagnosis import Certainty
from badgateway.model.gate import GateVerdict
from badgateway.model.ladder import Effect
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision
from badgateway.model.summary import Verdict
from badgateway.model.trial import TrialStatus
from badgateway.model.worker_checks import WorkerVerdict

PAGE = (Path(__file__).parents[2] / "docs" / "concepts.md").read_text(encoding="utf-8")
DEFINED = set(re.findall(r"^\*\*([a-z/ -]+)\*\*:", PAGE, re.MULTILINE))
PRINTED = (
    CapacityStatus,
    Certainty,
    ChoiceKind,
    WorkerVerdict,
    Criterion,
    Decision,
    Effect,
    GateVerdict,
    Outcome,
    Purpose,
    Relation,
    TrialStatus,
    Verdict,
)
NAMED_AFTER = {
    "axis",
    "configuration",
    "baseline",
    "block",
    "book",
    "capacity",
    "cause",
    "confirmation",
    "design",
    "control",
    "diagnosis",
    "effect",
    "elimination",
    "event",
    "evidence",
    "experiment",
    "facts",
    "front door",
    "gate",
    "incident",
    "journal",
    "knob",
    "ladder",
    "ledger",
    "load level",
    "look",
    "margin",
    "noise floor",
    "objective",
    "outcome",
    "purpose",
    "race",
    "recommendation",
    "regret",
    "relay",
    "rival",
    "rule",
    "run",
    "size",
    "snapshot",
    "standings",
    "study",
    "trial",
    "verdict",
    "window",
    "worker checks",
    "worker model",
    "workload",
}


@pytest.mark.parametrize("kind", PRINTED)
def test_each_word_that_reports_print_in_capitals_or_as_a_kind_is_told(kind):
    assert [str(value) for value in kind if not re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", PAGE)] == []


def test_each_term_that_code_is_named_after_is_defined_and_no_other():
    assert NAMED_AFTER == DEFINED

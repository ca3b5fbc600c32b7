"""Real nginx lines, folder by folder; a new case needs no code."""

import json
from pathlib import Path

import pytest

from badgateway import ledger

CASES = sorted(path.parent for path in (Path(__file__).parent / "golden").glob("*/expected.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recorded_trial_is_read_as_it_happened(case):
    expected = json.loads((case / "expected.json").read_text())
    built = ledger.build(case, None)
    rows = built.relation.project("outcome, upstream_tries").fetchall()
    kinds = ledger.messages(built.connection, built.probe_connections)

    assert expected["outcomes"] == [outcome for outcome, _ in rows]
    assert expected["upstream_tries"] == [tries for _, tries in rows]
    assert ledger.Balance(**expected["balance"]) == built.balance
    assert expected["messages"] == [{"count": kind.count, "message": kind.message} for kind in kinds]


def test_the_folder_of_golden_cases_is_not_empty():
    assert len(CASES) >= 16

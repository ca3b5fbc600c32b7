"""How a study stands, in a line: by trials at the highest load, and never with more than they say."""

from dataclasses import replace

import pytest

from badgateway.model.design import Purpose
from badgateway.model.outcome import Outcome
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.words.so_far import so_far
from tests.report.builders import measurement, trial


def one(name: str, p95_ms: float, verdict: Verdict = Verdict.PASS, *, users: int = 50, **given: object) -> TrialSummary:
    latency = (p95_ms / 2, p95_ms, p95_ms + 1, p95_ms + 2)
    found = trial(name, users, 1, measurement({Outcome.OK: 100}, latency), verdict=verdict)
    return replace(found, trial=replace(found.trial, **given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        ([], ""),
        ([one("a", 10, control=True)], ""),
        ([one("a", 10, purpose=Purpose.SEARCH)], ""),
        ([one("a", 10)], "so far, at 50 users: a (p95 10 ms) passed every trial"),
        ([one("a", 10), one("a", 30), one("a", 11)], "so far, at 50 users: a (p95 11 ms) passed every trial"),
        ([one("a", 10), one("a", 30, Verdict.INVALID)], "so far, at 50 users: a (p95 10 ms) passed every trial"),
        ([one("a", 10), one("a", 9, Verdict.FAIL)], "so far, at 50 users: nobody passed every trial"),
        (
            [one("slow", 20), one("out", 5, Verdict.FAIL), one("a", 10), one("open", 5, Verdict.INCONCLUSIVE)],
            "so far, at 50 users: a (p95 10 ms) and slow (p95 20 ms) passed every trial; not out and open",
        ),
        (
            [one(name, p95_ms) for p95_ms, name in enumerate("abcde", start=10)],
            "so far, at 50 users: a (p95 10 ms), b (p95 11 ms), c (p95 12 ms) and 2 more passed every trial",
        ),
        (
            [one("a", 10), one("a", 40, users=300), one("b", 9)],
            "so far, at 300 users: a (p95 40 ms) passed every trial",
        ),
    ],
)
def test_who_passed_every_trial_at_the_highest_load_is_told_the_fastest_first(ended, told):
    assert so_far(ended).replace("\N{NO-BREAK SPACE}", " ") == told

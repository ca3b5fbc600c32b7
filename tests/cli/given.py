"""Summaries of trials and runs for the lines that tell of them."""

from collections.abc import Mapping

from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision, Recommendation, RunSummary
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.model.trial import Trial
from tests.declared import experiment
from tests.report.builders import environment, level, measurement, summary, trial

LATENCY_MS = (10.0, 1234.5, 1300.0, 1400.0)
MULTI_LINE = "gunicorn ended with status 1; waited 0.3 s for web.sock; last log lines:\nTraceback\n  File"


def planned(position: int = 2, users: int = 300) -> Trial:
    return Trial(block=1, position=position, configuration="uwsgi-2", users=users, seed=1)


def ended(
    counts: Mapping[Outcome, int] | None = None,
    *,
    verdict: Verdict = Verdict.PASS,
    reasons: tuple[str, ...] = (),
    position: int = 2,
    users: int = 300,
) -> TrialSummary:
    latency = LATENCY_MS if counts and counts.get(Outcome.OK) else None
    measured = measurement(counts, latency) if counts else None
    return trial("uwsgi-2", users, position, measured, verdict=verdict, reasons=reasons)


def decided(
    decision: Decision,
    *,
    complete: bool = True,
    reasons: tuple[str, ...] = ("It was fastest.",),
    verdict: Verdict = Verdict.PASS,
):
    """Return a run of which one trial was run, with that verdict."""
    picked = "first" if decision is Decision.PICKED else None
    of = experiment()
    run = summary(of.configurations[0], [level("first", 5, 1, None, verdict=verdict)])
    return RunSummary(
        experiment=of,
        started="2026-11-21T20:00:00Z",
        command="badgateway run x.toml",
        seed=1,
        environment=environment(),
        complete=complete,
        configurations=(run,),
        recommendation=Recommendation(
            decision=decision, configuration=picked, sentence="This is the answer.", reasons=reasons, ranking=()
        ),
    )

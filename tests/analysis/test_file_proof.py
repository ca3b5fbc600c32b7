"""What a trial of written files proves, beside the committed reports."""

from typing import Any

import pytest

from badgateway.analysis.file_proof import FileProof, ProofKind, beside_control, proof_of
from badgateway.model.manifest import Environment
from badgateway.model.outcome import Outcome
from badgateway.model.summary import TrialSummary, Verdict
from tests.emit.subjects import chosen
from tests.report.builders import measurement, trial

OK = Outcome.OK


def machine(**changes: Any) -> Environment:
    of = chosen("uwsgi-16", "servers").document.environment
    known = {"system": of.system, "cpu": of.cpu, "cores": of.cores, "memory_bytes": 1, "python": "", "somaxconn": None}
    return Environment(account="", versions=(), **{**known, **changes})


def summary(p95_ms: float, failed: int = 0, *, requests: int = 4560) -> TrialSummary:
    # The builders' window is ten seconds, so this is the run's throughput.
    counts = {OK: requests - failed, Outcome.BAD_GATEWAY: failed}
    measured = measurement(counts, (p95_ms / 2, p95_ms, p95_ms * 1.5, p95_ms * 2))
    return trial("uwsgi-16", 120, 1, measured)


def proof(of: TrialSummary, name: str = "uwsgi-16", **changes: Any) -> FileProof:
    return proof_of(chosen(name, "servers"), of, machine(**changes))


def test_a_trial_like_the_runs_is_as_measured():
    found = proof(summary(126))

    assert found.kind is ProofKind.AS_MEASURED, found
    assert found.reasons == ()
    assert found.trials == 8


@pytest.mark.parametrize(
    ("of", "figure"),
    [(summary(2600), "p95_ms"), (summary(126, 400), "failed requests"), (summary(126, requests=400), "throughput_rps")],
)
def test_a_trial_that_is_not_like_them_is_different_and_says_in_what(of, figure):
    found = proof(of)

    assert found.kind is ProofKind.DIFFERENT
    assert any(reason.startswith(figure) for reason in found.reasons)


def test_what_does_not_come_up_is_different_and_what_cannot_be_trusted_is_not_told():
    down = trial("uwsgi-16", 120, 1, None, verdict=Verdict.FAIL)
    spoiled = trial("uwsgi-16", 120, 1, None, verdict=Verdict.INVALID)

    assert proof(down).kind is ProofKind.DIFFERENT
    assert proof(spoiled).kind is ProofKind.NOT_TOLD


def test_on_another_machine_nothing_is_told():
    found = proof(summary(2600), cores=64)

    assert found.kind is ProofKind.NOT_TOLD
    assert "64 of " in found.reasons[0]


def test_too_few_trials_tell_nothing():
    found = proof(summary(1300), "uwsgi-2")

    assert found.kind is ProofKind.NOT_TOLD
    assert "and the noise between them takes 3" in found.reasons[0]


def test_trials_with_the_database_further_away_are_none_to_be_like():
    of = chosen("gunicorn-gthread")

    assert {one.at[0] for one in of.chosen.trials} == {0.0, 1.0, 5.0}
    assert {one.at[0] for one in of.top_trials} == {0.0}
    assert proof_of(of, summary(200), machine()).trials == 2


@pytest.mark.parametrize(
    ("control", "kind", "told"),
    [
        (summary(126), ProofKind.DIFFERENT, "right after it, is not so: p95_ms 126"),
        (summary(2700), ProofKind.NOT_TOLD, "is so too (p95_ms 2,700): this machine, or the site, is not as it was"),
        (summary(2), ProofKind.DIFFERENT, "is not so: p95_ms 2"),
        (summary(2700, requests=400), ProofKind.NOT_TOLD, "is so too (p95_ms 2,700)"),
        (trial("uwsgi-16", 120, 1, None, verdict=Verdict.INVALID), ProofKind.NOT_TOLD, "could not be measured"),
    ],
    ids=["the-files", "the-machine", "the-other-side", "the-machine-and-more", "invalid"],
)
def test_what_a_trial_of_the_runs_own_is_outside_of_too_is_not_the_files_doing(control, kind, told):
    found = beside_control(proof(summary(2600)), chosen("uwsgi-16", "servers"), control)

    assert found.kind is kind
    assert told in found.reasons[-1]
    assert found.reasons[0].startswith("p95_ms is not where")


def test_one_figure_that_the_run_does_not_share_is_the_files_doing():
    found = beside_control(proof(summary(2600, 400)), chosen("uwsgi-16", "servers"), summary(2700))

    assert found.kind is ProofKind.DIFFERENT

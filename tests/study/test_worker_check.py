"""Requests that are sent at once to one worker."""

from collections import Counter

from badgateway.analysis.worker_checks import Round
from badgateway.model.worker_checks import WorkerVerdict
from badgateway.plan.worker_checks import lone_workers
from badgateway.study.worker_check import prove_one
from tests.study.fakes import bench, small


def test_an_application_without_the_page_is_told_so(seam):
    seam.on_prove = lambda: Round(wall_ms=20.0, statuses=Counter({404: 8}))

    proof = prove_one(next(lone_workers(small())), bench(seam, small()))

    assert (proof.verdict, proof.wall_ms) == (WorkerVerdict.ERRORS, None)
    assert proof.reason == "the application has no page /wait/ that waits for the database"
    assert seam.watched == ["lone-1"]

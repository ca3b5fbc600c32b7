"""Requests that are sent at once to one worker."""

from collections import Counter

import pytest

from badgateway.analysis.worker_checks import Round
from badgateway.errors import ConfigurationError
from badgateway.model.worker_checks import WorkerVerdict
from badgateway.plan.worker_checks import lone_workers
from badgateway.study.worker_check import prove, prove_one
from tests.declared import experiment
from tests.study.fakes import Told, bench, small


def test_an_application_without_the_page_is_told_so(seam):
    seam.on_prove = lambda: Round(wall_ms=20.0, statuses=Counter({404: 8}))

    proof = prove_one(next(lone_workers(small())), bench(seam, small()))

    assert (proof.verdict, proof.wall_ms) == (WorkerVerdict.ERRORS, None)
    assert proof.reason == "the application has no page /wait/ that waits for the database"
    assert seam.watched == ["lone-1"]


def test_a_site_that_names_no_such_page_is_not_asked_for_one(seam, tmp_path):
    with pytest.raises(ConfigurationError, match=r"small: application\.wait_path: names no page"):
        prove(experiment(application={"wait_path": None}), tmp_path, Told(), seam)

    assert seam.up == []
    assert seam.asked == []

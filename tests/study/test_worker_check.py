"""Requests that are sent at once to one worker."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from badgateway.analysis.worker_checks import Round
from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.model.places import Limits, Place, Places
from badgateway.model.raw import ERROR_LOG, SERVER_LOG
from badgateway.model.worker_checks import WorkerVerdict
from badgateway.plan.worker_checks import lone_workers
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack.machines import Machines
from badgateway.study.worker_check import prove, prove_one
from tests.declared import experiment
from tests.study.fakes import Seam, Told, bench, small


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


class Deployed:
    """What was asked to be deployed, and what its nginx and its server write."""

    def __init__(self, seam: Seam, errors: str, server: str = "") -> None:
        self.experiments: list[Experiment] = []
        self._deploy, self._errors, self._server = seam.deploy, errors, server
        seam.deploy = self.deploy  # type: ignore[method-assign, assignment]
        seam.on_prove = lambda: Round(wall_ms=5000.0, statuses=Counter({200: 5, 504: 3}))

    @contextmanager
    def deploy(self, of: Experiment, configuration: Any, *, raw: Path, **given: Any) -> Iterator[Any]:
        self.experiments.append(of)
        with self._deploy(of, configuration, raw=raw, **given) as deployment:
            (raw / ERROR_LOG).write_text(self._errors)
            (raw / SERVER_LOG).write_text(self._server)
            yield deployment


TURNED_AWAY = (
    "[error] 7#7: *1 upstream timed out (110: Connection timed out) while connecting to upstream\n",
    "[error] 7#7: *1 connect() failed (11: Resource temporarily unavailable) while connecting to upstream\n",
)
REFUSED = "[error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream\n"


@pytest.mark.parametrize("errors", TURNED_AWAY)
def test_a_kernel_that_turned_requests_away_is_named_with_its_limit(errors, seam):
    Deployed(seam, errors)
    limits = Limits(somaxconn=4, ip_local_port_range=(32_768, 60_999))
    end: Any = None
    seam.machines = Machines(target=Elsewhere(here="198.18.0.1", there="198.18.0.2", end=end, limits=limits))

    assert prove_one(next(lone_workers(small())), bench(seam, small())).reason == (
        "the accept queue had room for 4 of 8 requests at once: net.core.somaxconn of places.target is 4, make it 16 "
        "or more"
    )


def test_that_of_the_machine_is_named_too(seam, monkeypatch):
    Deployed(seam, TURNED_AWAY[0])
    monkeypatch.setattr("badgateway.study.worker_check.somaxconn", lambda: 7)
    proof = prove_one(next(lone_workers(small())), bench(seam, small()))

    assert "net.core.somaxconn of this machine is 7" in proof.reason


@pytest.mark.parametrize(
    ("limit", "written", "reason"),
    [
        (4096, (TURNED_AWAY[0], ""), "the server's log says nothing of it"),
        (4, (REFUSED, ""), "the server's log says nothing of it"),
        (4, (TURNED_AWAY[0], "(1040, 'Too many connections')"), "too many database connections: "),
    ],
)
def test_a_limit_that_turned_nobody_away_is_not_blamed(limit, written, reason, seam, monkeypatch):
    Deployed(seam, *written)
    monkeypatch.setattr("badgateway.study.worker_check.somaxconn", lambda: limit)

    assert prove_one(next(lone_workers(small())), bench(seam, small())).reason.startswith(reason)


def test_the_kernel_of_a_place_is_let_have_room_for_the_requests(seam):
    deployed = Deployed(seam, "")
    of = small().model_copy(update={"places": Places(target=Place(somaxconn=4))})
    prove_one(next(lone_workers(of)), bench(seam, of))

    assert [one.places for one in deployed.experiments] == [Places(target=Place())]

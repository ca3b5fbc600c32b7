"""Two checkouts in one run: each has its own bench, and the load is one and the same."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from badgateway.plan.gating import GateOptions, gate_beside
from badgateway.study.local import WATCHFUL, LocalEffects, TwoCheckouts
from tests.declared import experiment
from tests.study.fakes import Seam, bench


@pytest.fixture
def set_up_with(tmp_path, monkeypatch):
    seen = []

    @contextmanager
    def set_up(_self, of, root):
        seen.append(([one.name for one in of.configurations], root))
        yield bench(Seam(tmp_path), of)

    monkeypatch.setattr(LocalEffects, "set_up", set_up)
    return seen


def test_each_configuration_is_run_on_its_own_checkout(set_up_with):
    whole, theirs = gate_beside(experiment(), experiment(), GateOptions(budget_s=180))
    old, new = (one.name for one in whole.configurations)

    with TwoCheckouts(theirs, Path("/before")).set_up(whole, Path("/now")) as found:
        assert found.of(new) is found
        assert found.of(old) is not found
        assert found.of(old).experiment == theirs
        assert found.of(old).root == Path("/now"), "the load is that of the checkout that is gated"
    assert set_up_with == [([new], Path("/now")), ([old], Path("/before"))]


def test_who_has_an_event_loop_writes_down_what_blocks_it_where_failures_are_to_have_a_cause(monkeypatch):
    asked = []
    monkeypatch.setattr("badgateway.study.local.deploy", lambda *_given, **options: asked.append(options))
    WATCHFUL.deploy(experiment(), raw="raw", watch_loop=False)

    assert asked == [{"raw": "raw", "watch_loop": True}]

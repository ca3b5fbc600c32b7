"""What a gate runs of an experiment: the highest load, and as many short blocks as fit into its minutes."""

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Timeouts
from badgateway.plan.gating import (
    BEFORE,
    CHECKOUT,
    SHORTEST_WINDOW_S,
    GateOptions,
    gate_beside,
    gate_experiment,
    is_before,
    only_own,
    settings_of,
)
from badgateway.search.next_trials import fitted_design, next_trials
from tests.declared import experiment

ASKED = GateOptions(budget_s=180)


def declared(**given):
    load = {"locustfile": "experiments/load.py", "users": [5, 50], "warm_up_s": 2, "window_s": 8}
    return experiment(load=load, **given)


def test_it_is_the_baseline_at_the_highest_load_in_blocks():
    found = gate_experiment(declared(), ASKED)
    of = declared().baseline.name

    assert [one.name for one in found.configurations] == [of]
    assert found.load.users == (50,)
    assert found.study is not None
    assert (found.study.looks, found.study.control, found.study.capacity) == ((), False, None)
    assert found.name == f"{declared().name}-gate"


@pytest.mark.parametrize("budget_s", [60, 180, 600])
def test_all_of_its_trials_fit_into_the_budget(budget_s):
    found = gate_experiment(declared(), GateOptions(budget_s=budget_s))
    design = fitted_design(found)

    assert design.blocks * design.cost.trial_s(design.window_s) <= budget_s
    assert design.window_s >= SHORTEST_WINDOW_S
    assert len(next_trials(design, ())) == 1


def test_a_longer_budget_gives_more_blocks_and_not_only_longer_windows():
    blocks = [fitted_design(gate_experiment(declared(), GateOptions(budget_s=s))).blocks for s in (60, 180, 600)]

    assert blocks == sorted(set(blocks))


def test_a_budget_that_has_no_room_for_two_blocks_is_refused_with_what_is_needed():
    with pytest.raises(ConfigurationError, match=r"--budget 5s: a gate of 1 configuration needs at least \d+ s; give"):
        gate_experiment(declared(), GateOptions(budget_s=5))


def test_a_load_may_be_named():
    assert gate_experiment(declared(), GateOptions(budget_s=180, users=7)).load.users == (7,)
    at_rate = gate_experiment(declared(), GateOptions(budget_s=180, rate_per_s=12.5)).load

    assert (at_rate.users, at_rate.rates_per_s) == ((), (12.5,))


def test_an_unknown_configuration_is_refused():
    with pytest.raises(ConfigurationError, match=r"has no configuration nobody; it has "):
        gate_experiment(declared(), GateOptions(budget_s=180, only=("nobody",)))


def test_two_checkouts_get_one_load_and_keep_what_is_their_own():
    now = declared()
    first, *others = now.configurations
    before = now.model_copy(
        update={
            "configurations": (first.model_copy(update={"listen": 77}), *others),
            "timeouts": Timeouts(app_s=7, proxy_read_s=8, client_s=9),
            "load": now.load.model_copy(update={"users": (999,)}),
        }
    )
    whole, theirs = gate_beside(now, before, ASKED)
    old, new = whole.configurations

    assert (old.name, new.name) == (f"{first.name}{BEFORE}", first.name)
    assert (old.listen, new.listen) == (77, first.listen)
    assert whole.timeouts_of(old).app_s == 7
    assert whole.timeouts_of(new).app_s == now.timeouts.app_s
    assert (whole.load, whole.study) == (theirs.load, theirs.study)
    assert [one.name for one in theirs.configurations] == [old.name]
    assert [one.name for one in only_own(whole).configurations] == [new.name]
    assert whole.baseline == old
    # What one asks of its database may be another thing, and is not held against the other's.
    assert old.environment[CHECKOUT] != new.environment[CHECKOUT]


def test_the_other_checkout_has_to_have_the_configuration():
    now = declared()
    before = now.model_copy(update={"configurations": now.configurations[1:]})

    with pytest.raises(ConfigurationError, match="has no configuration"):
        gate_beside(now, before, ASKED)


def test_settings_are_told_without_variables():
    now = declared()
    one = now.configurations[0].model_copy(update={"environment": {"APP_TOKEN": "hidden"}, "listen": 100})
    found = settings_of(one, now)

    assert found["listen"] == "100"
    assert settings_of(now.configurations[0], now)["listen"] == "1024", "a default is a value too"
    assert "hidden" not in str(found)
    assert found["timeouts.app_s"] == str(now.timeouts.app_s)
    assert not is_before(one.name)


def test_a_secret_of_a_command_is_in_no_baseline():
    now = declared()
    command = "gunicorn --env SECRET_KEY=planted -e DATABASE_URL=mysql://school:planted@db/school shop.wsgi"
    one = now.configurations[0].model_copy(update={"command": command})
    said = settings_of(one, now)["command"]

    assert "planted" not in said
    assert said.endswith(" shop.wsgi")

"""Narrowing an experiment from the command line."""

import pytest

from badgateway.errors import ConfigurationError
from badgateway.plan.narrow import narrow
from tests.declared import experiment


def test_nothing_asked_for_changes_nothing():
    assert narrow(experiment()) == experiment()


def test_one_configuration_alone_gets_results_of_its_own():
    narrowed = narrow(experiment(), only=["second"])

    assert [one.name for one in narrowed.configurations] == ["second"]
    assert narrowed.name == "small-second"


def test_several_configurations_keep_the_order_of_the_file():
    narrowed = narrow(experiment(), only=["third", "first"])

    assert [one.name for one in narrowed.configurations] == ["first", "third"]
    assert narrowed.name == "small-subset"


def test_load_blocks_and_seed_can_be_replaced():
    narrowed = narrow(experiment(), users=[9], window_s=2.5, blocks=3, seed=42)

    assert (narrowed.load.users, narrowed.load.window_s, narrowed.blocks, narrowed.seed) == ((9,), 2.5, 3, 42)


def test_an_unknown_configuration_is_refused_and_the_known_ones_named():
    with pytest.raises(ConfigurationError, match=r"no configuration fourth; it has first, second, third"):
        narrow(experiment(), only=["fourth"])


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ConfigurationError, match=r"command line: blocks: 0 is not allowed"):
        narrow(experiment(), blocks=0)

"""An experiment with other sizes, levels and configurations, from the command line."""

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment, Variant
from badgateway.plan.overrides import EACH_TASK_ONCE, for_check, with_options
from badgateway.search.next_trials import fitted_design
from tests.declared import declared, experiment


def test_nothing_asked_for_changes_nothing():
    assert with_options(experiment()) == experiment()


def test_one_configuration_alone_gets_results_of_its_own():
    changed = with_options(experiment(), only=["second"])

    assert [one.name for one in changed.configurations] == ["second"]
    assert changed.name == "small-second"


def test_several_configurations_keep_the_order_of_the_file():
    changed = with_options(experiment(), only=["third", "first"])

    assert [one.name for one in changed.configurations] == ["first", "third"]
    assert changed.name == "small-subset"


def test_load_blocks_and_seed_can_be_replaced():
    changed = with_options(experiment(), users=[9], window_s=2.5, blocks=3, seed=42)

    assert (changed.load.users, changed.load.window_s, changed.blocks, changed.seed) == ((9,), 2.5, 3, 42)


def test_workers_that_join_take_the_place_of_the_processes():
    changed = with_options(experiment(), workers=3)

    assert (changed.load.processes, changed.places.workers) == (3, 3)


@pytest.mark.parametrize("seed", [2**53 + 1, -(2**64), 10**30])
def test_a_seed_that_no_manifest_could_hold_is_refused_before_anything_starts(seed):
    with pytest.raises(ConfigurationError, match=r"command line: seed: .* is not allowed"):
        with_options(experiment(), seed=seed)


@pytest.mark.parametrize("blocks", [1, 3, 6, 12])
def test_so_many_blocks_of_a_study_are_run_whatever_the_budget_of_its_file(blocks):
    file = experiment(
        study={"blocks": 6, "looks": [2], "budget_s": 120}, load={"locustfile": "a.py", "users": [5, 10, 20]}
    )

    changed = with_options(file, blocks=blocks)

    assert fitted_design(file).blocks < 6
    assert fitted_design(changed).blocks == blocks


def test_a_budget_beside_the_blocks_is_kept():
    changed = with_options(experiment(study={"budget_s": 60}), blocks=6, budget_s=3600)

    assert changed.study is not None
    assert (changed.study.blocks, changed.study.budget_s) == (6, 3600)


def test_an_unknown_configuration_is_refused_and_the_known_ones_named():
    with pytest.raises(ConfigurationError, match=r"no configuration fourth; it has first, second, third"):
        with_options(experiment(), only=["fourth"])


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ConfigurationError, match=r"command line: blocks: 0 is not allowed"):
        with_options(experiment(), blocks=0)


SIZES = {
    "quick": {"only": ["first", "third"], "users": [7], "window_s": 2, "warm_up_s": 0, "database_distances_ms": [0]},
    "full-scale": {"timeouts": {"app_s": 200, "proxy_connect_s": 10, "proxy_read_s": 300, "client_s": 400}},
}


def sized(**changes: object) -> Experiment:
    first, second, third = declared()["configurations"]
    far, told = {"database_distances_ms": [1, 5]}, {"against": "second"}
    return experiment(variants=SIZES, configurations=[first | far, second, third | told], **changes)


def test_a_variant_replaces_what_it_names_and_gets_results_of_its_own():
    quick = with_options(sized(), variant="quick")

    assert quick.name == "small-quick"
    assert [one.name for one in quick.configurations] == ["first", "third"]
    assert quick.load.users == (7,)
    assert (quick.load.window_s, quick.load.warm_up_s) == (2, 0)
    assert quick.timeouts == sized().timeouts
    assert quick.configurations[0].database_distances_ms == (0,)


def test_a_variant_keeps_what_it_does_not_name():
    full = with_options(sized(), variant="full-scale")

    assert full.timeouts.proxy_read_s == 300
    assert (full.configurations, full.load) == (sized().configurations, sized().load)


def test_a_variant_may_have_an_objective_of_its_own():
    slow = {"max_failure_share": 0.5, "p95_ms": 9000}
    told = experiment(variants={"quick": {"users": [1]}, "full-scale": {"objective": slow}})

    assert with_options(told, variant="full-scale").objective.p95_ms == 9000
    assert with_options(told, variant="quick").objective == told.objective


def test_a_variant_changes_settings_of_the_application_and_a_configurations_own_are_stronger():
    first, *others = declared()["configurations"]
    told = experiment(
        application={"environment": {"APP_A": "1", "APP_B": "1"}},
        configurations=[first | {"environment": {"APP_B": "3"}}, *others],
        variants={"quick": {"environment": {"APP_B": "2"}}},
    )
    quick = with_options(told, variant="quick")

    assert quick.application.environment == {"APP_A": "1", "APP_B": "2"}
    assert quick.configurations[0].environment == {"APP_B": "3"}


def test_options_change_a_variant():
    quick = with_options(sized(), variant="quick", users=[3], only=["third"])

    assert (quick.load.users, quick.load.window_s, quick.name) == ((3,), 2, "small-quick-third")


def test_a_configuration_whose_counterpart_is_left_out_is_compared_with_the_first():
    kept = with_options(sized(), only=["first", "third"])

    assert kept.configurations[1].against is None
    assert with_options(sized(), only=["second", "third"]).configurations[1].against == "second"


def test_a_variant_that_the_experiment_has_not_is_refused_with_those_it_has():
    with pytest.raises(ConfigurationError, match=r"small has no variant tiny \(.*\); it has quick, full-scale"):
        with_options(sized(), variant="tiny")


def test_an_experiment_without_variants_has_one_size_for_all():
    assert with_options(experiment(), variant="quick") == experiment()


def test_a_variant_that_cannot_be_is_named():
    broken = sized(load={"locustfile": "x.py", "users": [1], "warm_up_s": 1}).model_copy(
        update={"variants": {"odd": Variant(users=(5, 5))}}
    )
    with pytest.raises(ConfigurationError, match=r"variant odd: load: .*a level is listed twice"):
        with_options(broken, variant="odd")


STUDY = {"blocks": 8, "capacity": {"lowest": 5, "highest": 80}}
ONE_LEVEL = {"locustfile": "experiments/load.py", "users": [5]}


def of_study(**changes: object) -> Experiment:
    return experiment(load=ONE_LEVEL, study=STUDY, **changes)


def test_blocks_and_budget_of_a_study_are_the_studys():
    changed = with_options(of_study(), blocks=4, budget_s=600)

    assert changed.study is not None
    assert (changed.study.blocks, changed.study.budget_s, changed.blocks) == (4, 600, 1)


def test_a_fixed_schedule_has_no_budget():
    with pytest.raises(ConfigurationError, match=r"small has no \[study\] that a budget could cut"):
        with_options(experiment(), budget_s=600)


def test_a_variant_changes_a_part_of_the_study_and_takes_the_search_away():
    variants = {"quick": {"study": {"blocks": 3, "looks": [2], "capacity": False}}}
    quick = with_options(of_study(variants=variants), variant="quick")

    assert quick.study is not None
    assert (quick.study.blocks, quick.study.looks, quick.study.capacity) == (3, (2,), None)
    assert quick.study.margin == 0.05


def test_a_variant_without_a_study_of_its_own_leaves_it():
    quick = with_options(of_study(variants={"quick": {"window_s": 2}}), variant="quick")

    assert quick.study == of_study().study


def test_a_variant_cannot_change_a_study_that_is_not_there():
    with pytest.raises(ConfigurationError, match=r"variants\.quick\.study changes a \[study\] that is not declared"):
        with_options(experiment(variants={"quick": {"study": {"blocks": 3}}}), variant="quick")


def test_rates_in_place_of_users_make_an_open_loop_and_back():
    opened = with_options(of_study(), rates_per_s=[20, 30])

    assert (opened.load.users, opened.load.rates_per_s) == ((), (20, 30))
    assert with_options(opened, users=[7]).load.rates_per_s == ()


def test_a_check_is_one_short_trial_of_what_runs_today():
    given = experiment(study={"budget_s": 600}, seed=7)
    found = for_check(given)

    assert [one.name for one in found.configurations] == ["first"]
    assert (found.load.users, found.load.rates_per_s, found.blocks, found.study) == ((1,), (), 1, None)
    assert found.application.environment == {EACH_TASK_ONCE: "1"}
    assert found.machine.max_outside_share == 1
    assert [one.name for one in for_check(given, "second").configurations] == ["second"]
    with pytest.raises(ConfigurationError, match="no configuration other"):
        for_check(given, "other")

"""The files that try the claims of the two stories, and how long they take."""

from itertools import pairwise
from pathlib import Path

import pytest

from badgateway.model.experiment import Experiment
from badgateway.plan.expected_time import expected_s
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.overrides import with_options

TRIED_TWICE = [
    "story-502",
    "story-502-deaths",
    "story-502-load",
    "story-502-waves",
    "story-502-cores",
    "story-502-instances",
    "story-502-sizes",
    "story-504",
    "story-504-often",
]
EXPERIMENTS = Path(__file__).parents[2] / "experiments"
ENOUGH_WITHOUT_A_FAILURE = 26_927
"""Requests none of which failed: then the exact 95 % interval ends below 13 of 95,000."""


def story(name: str, variant: str | None = None) -> Experiment:
    return with_options(load_experiment(EXPERIMENTS / f"{name}.toml"), variant=variant)


@pytest.mark.parametrize("name", [*TRIED_TWICE, "export-servers"])
@pytest.mark.parametrize(("variant", "minutes"), [(None, 12), ("quick", 4)])
def test_a_file_of_claims_takes_no_longer_than_it_may(name, variant, minutes):
    assert expected_s(story(name, variant)) < 60 * minutes


@pytest.mark.parametrize("name", TRIED_TWICE)
def test_each_configuration_of_a_claim_says_why_it_is_there_and_is_tried_twice(name):
    experiment = story(name)

    assert experiment.blocks >= 2
    assert all(one.step and one.note.endswith(".") for one in experiment.configurations)


def test_the_storys_path_changes_one_thing_a_step():
    path = [one for one in story("story-502").configurations if one.step == "The path of the story"]
    changed = [
        {name for name in ("server", "driver", "pool", "listen") if getattr(one, name) != getattr(before, name)}
        for before, one in pairwise(path)
    ]

    assert [one.against for one in path] == [None, *(one.name for one in path[:-1])]
    assert changed == [{"pool"}, {"driver"}, {"server", "listen"}, {"listen"}]


def test_the_confirmation_and_each_configuration_at_the_rate_are_long_enough_for_13_of_95_000():
    confirmation, rate, waves = story("story-502").confirmation, story("story-502-rate"), story("story-502-waves")

    assert confirmation is not None
    assert confirmation.rate_per_s * confirmation.window_s > ENOUGH_WITHOUT_A_FAILURE
    assert rate.study is not None
    assert rate.load.rates_per_s[0] * rate.load.window_s * rate.study.blocks > ENOUGH_WITHOUT_A_FAILURE
    assert waves.load.users[0] * waves.load.window_s * waves.blocks > ENOUGH_WITHOUT_A_FAILURE


def test_the_waves_are_of_the_storys_rate_and_one_thing_changes_at_a_time():
    rate, waves = story("story-502-rate"), story("story-502-waves")
    half, quarter, listen = waves.configurations

    # Everybody clicks once a second.
    assert waves.load.users[0] == round(rate.load.rates_per_s[0])
    assert (half.workers, half.listen) == (10, 100) == (rate.configurations[1].workers, rate.configurations[1].listen)
    changed = dict.fromkeys(("name", "step", "note"), "") | {"against": None, "baseline": False, "candidate": True}
    same = [one.model_copy(update=changed) for one in waves.configurations]
    assert same[1] == same[0].model_copy(update={"environment": quarter.environment})
    assert same[2] == same[1].model_copy(update={"listen": listen.listen})


def test_one_export_a_minute_is_all_that_differs_from_nobody_who_exports():
    often = story("story-504-often")
    of = {one.name: one for one in often.configurations}

    assert often.load.window_s == 60
    # It begins in the window, with a minute's end before the next one.
    own = often.application.environment
    assert often.load.warm_up_s < float(own["APP_EXPORT_AFTER_S"]) < often.load.window_s / 2
    assert 0.5 * float(own["APP_EXPORT_PAUSE_S"]) > often.load.window_s
    for name in ("one-worker", "two-workers"):
        without, exports = of[name], of[f"{name}-exports"]
        told = {key: getattr(without, key) for key in ("name", "note", "against", "candidate", "baseline")}
        assert exports.model_copy(update=told | {"environment": without.environment}) == without
        assert (without.environment, exports.environment) == ({"APP_EXPORT_STAFF": "0"}, {"APP_EXPORT_STAFF": "1"})


def test_queries_and_writers_are_tried_in_all_four_ways():
    found = {
        one.environment["APP_EXPORT_STRATEGY"]
        for one in story("story-504").configurations
        if one.name in {"gthread", "one-query-xls", "query-a-row-xlsx", "one-query-xlsx"}
    }

    assert found == {"naive_xls", "annotated_xls", "naive_xlsx", "annotated"}


def test_servers_alone_differ_where_servers_are_what_is_chosen_from():
    experiment = story("export-servers")

    assert all(one.candidate and not one.environment for one in experiment.configurations)
    assert len({(one.server, one.workers) for one in experiment.configurations}) == len(experiment.configurations)


def test_the_session_of_cores_and_servers_is_no_longer_than_one_of_claims():
    both = sum(
        expected_s(
            story(f"story-502-{name}"),
        )
        for name in ("cores", "instances")
    )

    assert both < 60 * 12


def test_each_number_of_workers_is_tried_on_one_core_and_on_two():
    found = story("story-502-cores").configurations

    assert {(one.cores, one.workers) for one in found} == {(cores, n) for cores in (1, 2) for n in (4, 8, 16)}
    assert all(one.against == f"one-core-{one.workers}" for one in found if one.cores == 2)


def test_another_server_is_held_against_as_many_workers_in_one_and_against_as_much_room():
    of = {one.name: one for one in story("story-502-instances").configurations}
    two, one, room = of["two-of-8"], of["one-of-16"], of["one-of-16-room"]

    assert two.against == room.against == one.name
    assert two.instances * two.workers == one.workers == room.workers == 16
    assert two.instances * two.listen == room.listen > one.listen == two.listen


def test_the_full_size_of_the_export_has_the_storys_own_limits_and_takes_longer_than_they_are():
    full = story("story-504-full")
    limits, slow = full.timeouts, [one for one in full.configurations if one.name != "one-query"]

    assert (limits.app_s, limits.proxy_read_s) == (300, 300)
    assert all(4300 * one.database_distances_ms[0] / 1000 > 1.05 * limits.proxy_read_s for one in slow)
    assert 2 * (full.load.window_s + limits.proxy_read_s) < 60 * 12


def test_a_tenth_of_the_full_size_of_the_export_has_rows_for_longer_than_its_limits_and_takes_minutes():
    quick = story("story-504-full", "quick")
    limits, (first, *_) = quick.timeouts, quick.configurations
    rows = int(quick.application.environment["APP_EXPORT_ROWS"])

    assert (limits.app_s, limits.proxy_read_s) == (30, 30)
    assert rows * first.database_distances_ms[0] / 1000 > 1.05 * limits.proxy_read_s
    assert len(quick.configurations) * (quick.load.window_s + limits.client_s + 5) < 60 * 4

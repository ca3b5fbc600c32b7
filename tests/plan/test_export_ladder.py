"""The file of the 504 ladder, and what its variants make of it."""

from pathlib import Path

import pytest

from badgateway.model.experiment import Experiment
from badgateway.plan.expected_time import expected_s
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.overrides import with_options

ROOT = Path(__file__).parents[2]
CLAIMS = load_experiment(ROOT / "experiments" / "story-504.toml")
LADDER = load_experiment(ROOT / "experiments" / "export.toml")
VARIANTS = [None, "quick", "full-scale"]
SHARED = {
    *("__init__", "answers", "columns", "finished_file", "naive_rows", "member_rows", "member_rows_stream"),
    *("request", "xls", "xlsx", "xlsx_parts"),
}
"""Modules of what strategies have in common."""
STORY = ["naive-xls", "timeouts-raised", "paged", "buffered-stream", "annotated", "streamed", "job", "csv"]


def variant(name: str | None) -> Experiment:
    return with_options(LADDER, variant=name)


def strategies(experiment: Experiment) -> set[str]:
    return {one.environment["APP_EXPORT_STRATEGY"] for one in experiment.configurations}


def test_the_story_comes_first_and_in_its_order():
    assert [one.name for one in LADDER.configurations][: len(STORY)] == STORY


def test_every_strategy_of_the_application_is_a_step_or_tries_a_claim():
    modules = {file.stem for file in (ROOT / "app" / "school" / "exports").glob("*.py")}

    assert strategies(LADDER) - {"csv"} <= modules
    tried = strategies(LADDER) | strategies(CLAIMS)
    assert tried == {"csv" if name == "csv_text" else name for name in modules - SHARED}


@pytest.mark.parametrize("one", LADDER.configurations, ids=lambda one: one.name)
def test_every_configuration_says_why_it_is_there(one):
    assert one.step
    assert one.note.endswith(".")


def test_only_what_makes_the_file_asked_for_may_be_picked():
    assert {one.name for one in LADDER.configurations if one.candidate} == set(STORY) - {"csv"}
    # Another number of rows is other work.
    assert not any(one.candidate for one in LADDER.configurations if "APP_EXPORT_ROWS" in one.environment)


def test_raised_time_limits_are_the_only_difference_to_where_it_began():
    naive, raised = (LADDER.configuration(name) for name in ("naive-xls", "timeouts-raised"))
    same = {"name": "", "step": "", "note": "", "against": None, "timeouts": None}

    assert raised.model_copy(update=same) == naive.model_copy(update=same)
    for name in VARIANTS[::2]:
        assert variant(name).timeouts_of(raised).proxy_read_s > variant(name).timeouts_of(naive).proxy_read_s


@pytest.mark.parametrize(("name", "minutes"), [(None, 17.5), ("quick", 2.5)])
def test_it_takes_no_longer_than_it_may(name, minutes):
    assert expected_s(variant(name)) < minutes * 60


def test_the_full_scale_has_the_storys_limit_and_whole_files_in_it():
    full = variant("full-scale")

    assert full.timeouts.proxy_read_s == 300
    # A query a row, and a moment of the site's own for each, is more than that.
    assert 4300 * full.configurations[0].database_distances_ms[0] / 1000 > full.timeouts.proxy_read_s
    assert full.load.window_s > full.timeouts.proxy_read_s

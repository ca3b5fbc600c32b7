"""A row that is measured again takes the place of the one before it, on the same machine alone."""

from dataclasses import asdict

import click
import pytest

from benchmarks.table import among
from tests.benchmarks.test_duel import row

HERE = {"cpu": "x", "cores": 2}


def test_a_row_measured_again_takes_its_place_and_a_new_one_comes_last():
    table = {"machine": HERE, "rows": [asdict(row(1.0, work=work)) for work in ("a", "b")]}
    found = among([row(9.0, work="c"), row(5.0, work="a")], HERE, table)

    assert [(one["work"], one["ratio"]["median"]) for one in found] == [("a", 5.0), ("b", 1.0), ("c", 9.0)]


def test_rows_of_two_machines_are_no_table():
    with pytest.raises(click.ClickException, match="another machine"):
        among([row(1.0)], HERE, {"machine": {"cpu": "y", "cores": 2}, "rows": []})

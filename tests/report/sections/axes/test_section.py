from dataclasses import replace

from badgateway.report.sections.axes import section as axes
from tests.report import samples
from tests.report.ladder_sample import long_ladder


def test_a_run_with_one_distance_has_no_table():
    assert axes.build(samples.picked()) == ()


def test_the_rows_stand_in_the_order_of_the_nearest_distance_and_moves_are_marked():
    (table,) = axes.build(long_ladder())
    assert table.values == ("0 ms", "1 ms", "5 ms")
    assert [row.name for row in table.rows] == ["uwsgi-16", "uwsgi-16-pymysql", "gunicorn-gevent"]
    places = [[(one.place, one.moved) for one in row.places] for row in table.rows]
    assert places == [
        [("1", False), ("2", True), ("3", True)],
        [("2", False), ("3", True), ("2", False)],
        [("3", False), ("1", True), ("1", True)],
    ]


def test_each_distance_has_its_own_numbers():
    (table,) = axes.build(long_ladder())
    last = table.rows[0].places[-1]
    assert (last.failed, last.p95, last.rate) == ("0\N{NO-BREAK SPACE}%", "2.10\N{NO-BREAK SPACE}s", "400")


def test_who_is_left_out_is_named():
    run = long_ladder()
    (ranking,) = run.axis_rankings
    (table,) = axes.build(replace(run, axis_rankings=(replace(ranking, left_out=("a", "b")),)))
    assert table.left_out == "Not measured at every one of these values: a and b."

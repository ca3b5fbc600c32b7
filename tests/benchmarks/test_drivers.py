"""What the page about database drivers says of its rounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import comb
from types import SimpleNamespace
from typing import Any

import pytest
from click import ClickException

from benchmarks import drivers
from benchmarks.drivers import Times, Way


def round_of(query_ms: float) -> Times:
    return Times(
        connect_ms=0.5,
        connect_cpu_ms=0.2,
        query_ms=query_ms,
        query_cpu_ms=0.04,
        rows_per_s=70_000,
    )


def test_a_driver_is_told_as_a_multiple_of_the_first_one_in_the_same_round_with_its_interval():
    first = [round_of(0.2), round_of(0.4), round_of(0.2)]
    other = [round_of(0.4), round_of(0.4), round_of(0.6)]

    assert drivers.line("PyMySQL", other, first) == (
        "| PyMySQL | 0.50 ms | 0.20 ms | 0.40 ms | 2.00 (1.00-3.00) | 0.040 ms | 1.00 (1.00-1.00) | 70,000 | "
        "1.00 (1.00-1.00) |"
    )


@pytest.mark.parametrize(("count", "places"), [(1, (0, 0)), (5, (0, 4)), (6, (0, 5)), (15, (3, 11)), (101, (40, 60))])
def test_the_interval_of_a_median_leaves_out_what_chance_would_rarely_put_there(count, places):
    low, high = drivers.interval(list(range(count)))

    assert (low, high) == places
    below = sum(comb(count, number) for number in range(int(low) + 1)) / 2**count
    assert count < 6 or 2 * below <= 0.05


def test_one_round_that_somebody_else_disturbed_moves_no_median_and_no_interval():
    rounds = [round_of(0.4)] * 15
    disturbed = [*rounds[:-1], round_of(40.0)]

    assert drivers.multiple("query_ms", disturbed, rounds) == "1.00 (1.00-1.00)"


def test_what_is_done_again_and_again_is_done_for_a_while_and_often_enough():
    seen: list[int] = []
    spent = drivers.each(lambda: seen.append(1), least_s=0.02)
    few = drivers.each(lambda: seen.append(2), least_s=0, times=3)

    assert spent.wall_s < 0.02 <= spent.wall_s * seen.count(1) * 1.01
    assert seen.count(2) == 3
    assert few.cpu_s >= 0


@contextmanager
def answering(*rows: tuple[object, ...]) -> Iterator[drivers.Ask]:
    yield lambda _query: list(rows)


def way(label: str, *rows: tuple[object, ...]) -> Way:
    return Way(label=label, distribution="pip", connected=lambda _there: answering(*rows))


def test_a_driver_that_gives_other_rows_or_none_is_not_compared():
    there: Any = None
    good, same = way("first", (1, "a"), (2, "b")), way("same", (2, "b"), (1, "a"))

    assert drivers.require_same_rows([good, same], there) == 2
    for other in (way("empty"), way("fewer", (1, "a")), way("else", (1, "a"), (2, "c"))):
        with pytest.raises(ClickException, match=rf"{other.label}: \d rows that are not the 2 of first"):
            drivers.require_same_rows([good, other], there)


def test_a_driver_gets_the_address_under_the_names_that_it_has_for_it():
    there: Any = SimpleNamespace(host="127.0.0.1", port=3307, user="u", password="p", name="n")

    assert drivers.access(there, database="db") == {
        "host": "127.0.0.1", "port": 3307, "user": "u", "password": "p", "db": "n",
    }  # fmt: skip


def test_a_driver_that_is_not_there_has_no_version():
    (other,) = [one for one in drivers.WAYS if one.label == "asyncmy"]
    missing = drivers.Way(label="none", distribution="no-such-driver", connected=other.connected)

    assert drivers.installed(missing) == ""

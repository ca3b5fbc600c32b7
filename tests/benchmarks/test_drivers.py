"""What the page about database drivers says of its rounds."""

from types import SimpleNamespace
from typing import Any

from benchmarks import drivers
from benchmarks.drivers import Times


def round_of(query_ms: float) -> Times:
    return Times(connect_ms=0.5, query_ms=query_ms, query_cpu_ms=0.04, rows_per_s=70_000)


def test_a_driver_is_told_with_the_least_and_the_most_of_its_rounds_as_multiples_of_the_same_round_of_the_first():
    first = [round_of(0.2), round_of(0.4), round_of(0.2)]
    other = [round_of(0.4), round_of(0.4), round_of(0.6)]

    assert drivers.line("PyMySQL", other, first) == (
        "| PyMySQL | 2,000 | 0.40 ms | 2.00 (1.00-3.00) | 0.04 ms | 70,000 |"
    )


def test_a_driver_gets_the_address_under_the_names_that_it_has_for_it():
    there: Any = SimpleNamespace(host="127.0.0.1", port=3307, user="u", password="p", name="n")

    assert drivers.access(there, database="db") == {
        "host": "127.0.0.1", "port": 3307, "user": "u", "password": "p", "db": "n",
    }  # fmt: skip


def test_a_driver_that_is_not_there_has_no_version():
    (way,) = [one for one in drivers.WAYS if one.label == "asyncmy"]
    missing = drivers.Way(label="none", distribution="no-such-driver", connected=way.connected)

    assert drivers.installed(missing) == ""

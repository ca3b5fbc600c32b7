import pytest

from badgateway.report import loads
from badgateway.report.loads import LoadLevel


@pytest.mark.parametrize(
    ("load", "words", "in_column"),
    [
        (LoadLevel(users=1), "1 user", "1"),
        (LoadLevel(users=1300), "1,300 users", "1,300"),
        (LoadLevel(rate_per_s=317.0), "317 requests/s", "317 req/s"),
        (LoadLevel(rate_per_s=2.5), "2.5 requests/s", "2.5 req/s"),
    ],
)
def test_a_load_is_said_with_its_unit(load, words, in_column):
    assert (load.words, load.in_column.replace("\N{NO-BREAK SPACE}", " ")) == (words, in_column)


def test_the_heading_of_a_column_tells_what_stands_in_it():
    users, rate = LoadLevel(users=50), LoadLevel(rate_per_s=50.0)
    assert loads.heading([users]) == "users"
    assert loads.heading([rate]) == "load"
    assert loads.heading([users, rate]) == "users, or rate"


def test_any_load_has_as_many_digits_as_it_needs():
    assert loads.amount(41.53, is_open=False) == "41.5 users"
    assert loads.amount(1, is_open=False) == "1 user"
    assert loads.amount(1234.5, is_open=True) == "1,234 requests/s"


def test_a_higher_rate_is_more_load():
    assert max(LoadLevel(users=300), LoadLevel(rate_per_s=10.0), key=lambda level: level.size).is_open

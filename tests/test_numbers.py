import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgateway import numbers


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-")


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        (0, "0 %"),
        (0.0000001, "< 0.001 %"),
        (0.00028, "0.028 %"),
        (0.00123, "0.12 %"),
        (0.01449, "1.45 %"),
        (0.123, "12.3 %"),
        (0.99949, "99.9 %"),
        (0.99999, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_prints_as_a_percentage(share, printed):
    assert plain(numbers.percent(share)) == printed


@pytest.mark.parametrize(
    ("share", "printed"),
    [(0.168, "16.8 %"), (0.9996, "100 %"), (1.131196, "113 %"), (9, "900 %"), (232.777133, "> 900 %")],
)
def test_a_difference_may_be_more_than_the_whole(share, printed):
    assert plain(numbers.difference(share)) == printed


def test_an_interval_of_ratios_that_is_beyond_all_digits_is_said_once():
    assert [plain(numbers.ratios(*ends)) for ends in ((0.9, 1.3), (0.9, 11), (11, 12))] == [
        "0.900-1.300",
        "0.900-> 10",
        "> 10",
    ]


@given(st.integers(1, 10**6), st.integers(2, 10**6))
def test_some_failures_never_print_as_none_and_some_successes_never_as_all_failed(count, total):
    if count < total:
        assert numbers.percent(count / total) not in {numbers.percent(0), numbers.percent(1)}
        assert not plain(numbers.percent(count / total)).startswith(("0.0 ", "100"))


@pytest.mark.parametrize(
    ("value_ms", "printed"),
    [
        (0, "0 ms"),
        (0.01, "< 0.1 ms"),
        (4.24, "4.2 ms"),
        (9.96, "10 ms"),
        (741.4, "741 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (1234, "1.23 s"),
        (9996, "10.0 s"),
        (12_340, "12.3 s"),
        (123_400, "123 s"),
    ],
)
def test_a_latency_prints_in_the_unit_that_suits_it(value_ms, printed):
    assert plain(numbers.milliseconds(value_ms)) == printed


@pytest.mark.parametrize(("value", "printed"), [(0.97, "0.970"), (1.2613, "1.261"), (10, "10.000"), (32_536.5, "> 10")])
def test_a_ratio_that_failures_made_has_no_digits(value, printed):
    assert plain(numbers.ratio(value)) == printed


@pytest.mark.parametrize(
    ("value_s", "printed"), [(0.01, "< 0.1 s"), (0.8, "0.8 s"), (0.996, "1.00 s"), (2.754, "2.75 s")]
)
def test_a_duration_prints_in_seconds(value_s, printed):
    assert plain(numbers.seconds(value_s)) == printed


def test_what_somebody_declared_prints_as_it_was_declared():
    assert plain(numbers.declared_percent(0.001)) == "0.1 %"
    assert plain(numbers.declared_percent(0.01)) == "1 %"
    assert plain(numbers.declared_milliseconds(800)) == "800 ms"
    assert plain(numbers.declared_milliseconds(1500)) == "1.5 s"
    assert plain(numbers.declared_seconds(10)) == "10 s"


def test_an_interval_prints_its_unit_once():
    assert plain(numbers.interval(0.00973, 0.02076)) == "0.97-2.08 %"
    assert plain(numbers.interval(0, 0.0007)) == "0-0.07 %"


@pytest.mark.parametrize(
    ("per_second", "printed"), [(0, "0"), (0.01, "< 0.1"), (4.21, "4.2"), (41.4, "41"), (1234, "1,234")]
)
def test_a_rate_prints_without_its_unit(per_second, printed):
    assert plain(numbers.rate(per_second)) == printed


@pytest.mark.parametrize(
    ("size_bytes", "printed"),
    [(0, "0 MiB"), (2**20, "1.0 MiB"), (38 * 2**20, "38 MiB"), (-12 * 2**20, "-12 MiB"), (2 * 2**30, "2.0 GiB")],
)
def test_memory_prints_in_binary_units(size_bytes, printed):
    assert plain(numbers.memory(size_bytes)) == printed


def test_counts_have_thousands_separators():
    assert numbers.count(1_234_567) == "1,234,567"


def test_a_probability_of_chance_is_never_zero():
    assert numbers.p_value(0.0078125) == "0.0078"
    assert numbers.p_value(1e-9).replace("\N{NO-BREAK SPACE}", " ") == "< 0.0001"


def test_any_load_has_as_many_digits_as_it_needs():
    assert [numbers.load(size) for size in (1, 41.53, 317.5, 1234.56)] == ["1", "41.5", "317.5", "1,235"]


def test_lists_and_plurals_read_like_sentences():
    assert numbers.listed([50]) == "50"
    assert numbers.listed([50, 100, 300]) == "50, 100 and 300"
    assert numbers.plural(1, "user") == "1 user"
    assert numbers.plural(1300, "user") == "1,300 users"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (40, "40 s"), (89.4, "89 s"), (90, "2 min"), (372, "6 min")]
)
def test_a_duration_is_said_as_a_person_would(seconds, words):
    assert numbers.duration(seconds) == words

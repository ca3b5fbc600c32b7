"""Lengths of time as a person writes them."""

import pytest

from badgateway.errors import ConfigurationError
from badgateway.plan.overrides import seconds


@pytest.mark.parametrize(
    ("text", "expected_s"), [("90", 90), ("90s", 90), ("30m", 1800), ("30 min", 1800), ("1.5h", 5400), (" 2m ", 120)]
)
def test_what_people_write_is_understood(text, expected_s):
    assert seconds(text, "--wait") == expected_s


@pytest.mark.parametrize("text", ["0", "0s", "0.0m"])
def test_no_time_at_all_is_a_length_only_where_it_may_be(text):
    assert seconds(text, "--wait", may_be_none=True) == 0
    with pytest.raises(ConfigurationError):
        seconds(text, "--wait")


@pytest.mark.parametrize("text", ["", "soon", "0m", "-5m", "5d", "1h30m"])
def test_what_is_no_length_of_time_is_refused_with_a_remedy(text):
    with pytest.raises(ConfigurationError, match=r"^--wait: .* write it as 90s, 30m or 1\.5h"):
        seconds(text, "--wait")

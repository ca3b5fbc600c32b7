from datetime import UTC, datetime

import pytest

from badgateway.logs.stamps import Stamps, date_in

NOON = datetime(2024, 12, 6, 12, tzinfo=UTC).timestamp()


def stamped(written: str, *, near_s: float | None = NOON, utc_offset_s: float = 0.0) -> float | None:
    stamps = Stamps()
    stamps.append(written)
    return stamps.time_s(1, near_s=near_s, utc_offset_s=utc_offset_s)


@pytest.mark.parametrize("written", ["2024-12-06T12:00:00Z", "2024-12-06T13:00:00+01:00", "1733486400.0"])
def test_a_time_with_a_zone_is_that_time_in_whatever_zone_the_logs_are(written):
    assert stamped(written, utc_offset_s=7200.0) == NOON


def test_a_time_without_a_zone_is_local():
    assert stamped("2024-12-06 14:00:00,000", utc_offset_s=7200.0) == NOON
    assert stamped("Dec  6 14:00:00", utc_offset_s=7200.0) == NOON


def test_a_missing_year_is_the_one_that_brings_it_next_to_the_other_logs():
    new_year = datetime(2025, 1, 1, tzinfo=UTC).timestamp()

    assert stamped("Dec 31 23:59:59", near_s=new_year) == new_year - 1
    assert stamped("Jan  1 00:00:01", near_s=new_year - 5) == new_year + 1
    assert stamped("Dec  6 12:00:00", near_s=None) is None


@pytest.mark.parametrize("written", ["", "Nov 32 12:00:00", "Foo  1 12:00:00", "2024-13-01T00:00:00Z", "never"])
def test_what_only_looks_like_a_time_is_none(written):
    assert stamped(written) is None


def test_29_february_is_found_in_the_leap_year():
    near_s = datetime(2025, 1, 1, tzinfo=UTC).timestamp()

    assert stamped("Feb 29 00:00:00", near_s=near_s) == datetime(2024, 2, 29, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("line", "is_dated"),
    [
        ("2024/12/06 14:48:56 [error] 7#7: *1 x", True),
        ("Dec  6 14:48:56 web1 app: [2024-12-06 14:48:56 +0000] [1] [INFO] x", True),
        ('203.0.113.9 - - [06/Dec/2024:14:48:56 +0000] "GET /2014/03/02/x HTTP/1.1"', True),
        ('{"time":"2024-12-06T14:48:56Z"}', True),
        ('at=error path="/blog/2014/03/02/x" status=503', False),
        ("x 2014-03-02 10:00:00 x", False),
        ("[2024-13-06 14:48:56] x", False),
    ],
)
def test_a_date_is_one_where_a_log_writes_it_and_not_in_a_path(line, is_dated):
    found = date_in([line])

    assert found == (datetime(2024, 12, 6, tzinfo=UTC).timestamp() if is_dated else None)

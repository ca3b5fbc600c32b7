"""The page about scale quotes results/benchmarks.json for what it calculates."""

from benchmarks import scale


def test_the_table_is_made_of_what_was_measured():
    assert scale.kept() == scale.made(), "python -m benchmarks.scale brings docs/from-one-machine-to-many.md up to date"


def test_ten_times_the_rate_takes_ten_times_the_rows():
    rows = [line.split("|")[4].strip() for line in scale.made().splitlines()[2:]]

    assert rows == ["1,300", "13,000", "130,000"]

"""What a reference report gives of single trials holds what it gives of all of them together."""

import re
from pathlib import Path

REFERENCES = Path(__file__).parents[2] / "results" / "reference"
# A time of all trials, and in brackets of single ones, from the lowest to the highest; their unit may be the same.
WITH_TRIALS = re.compile(r"([\d.,]+) (ms|s) \(([\d.,]+)(?: (ms|s))?\N{EN DASH}([\d.,]+) (ms|s)\)")


def in_ms(number, unit):
    return float(number.replace(",", "")) * (1000 if unit == "s" else 1)


def test_each_time_lies_within_those_of_the_single_trials():
    found = [
        (report.parent.name, match)
        for report in sorted(REFERENCES.glob("*/report.md"))
        for match in WITH_TRIALS.finditer(report.read_text().replace("\N{NO-BREAK SPACE}", " "))
    ]

    assert len({name for name, _ in found}) > 10
    for name, match in found:
        low_ms, high_ms = in_ms(match[3], match[4] or match[6]), in_ms(match[5], match[6])
        assert low_ms <= in_ms(match[1], match[2]) <= high_ms, (name, match[0])

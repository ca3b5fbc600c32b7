from itertools import combinations
from math import dist
from pathlib import Path

import pytest

from badgateway.causes import CAUSES
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision
from badgateway.report import wording
from badgateway.report.sections.answer.section import DECISION_LABELS
from tests.report import builders

STYLES = Path(wording.__file__).with_name("templates") / "report.css"


FAMILIES = tuple(dict.fromkeys(cause.family for cause in CAUSES))
NEVER_PROVEN = "not told by these logs"
COLOURED = tuple(family for family in FAMILIES if family != NEVER_PROVEN)


@pytest.mark.parametrize("family", COLOURED)
def test_every_family_of_causes_has_one_colour_for_light_and_one_for_dark(family):
    assert STYLES.read_text(encoding="utf-8").count(f"--f-{wording.family_slug(family)}: #") == 2


def test_causes_that_are_never_proven_are_grey():
    assert f"--f-{wording.family_slug(NEVER_PROVEN)}: var(--muted);" in STYLES.read_text(encoding="utf-8")


def colours(part):
    return [part.split(f"--f-{wording.family_slug(family)}: #")[1][:6] for family in COLOURED]


def linear(code):
    parts = [int(code[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def times(matrix, vector):
    return [min(1, max(0, sum(a * b for a, b in zip(row, vector, strict=True)))) for row in matrix]


def lab(rgb):
    x, y, z = (max(part, 0) for part in times(XYZ, rgb))
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x / 0.9505, y, z / 1.089))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red cones": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green cones": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue cones": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
"""How eyes see linear RGB (Machado, Oliveira and Fernandes, 2009)."""


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
def test_any_two_families_look_different_to_all_eyes(eyes):
    light, dark = STYLES.read_text(encoding="utf-8").split("@media screen and (prefers-color-scheme: dark)")
    for part in (light, dark):
        seen = [lab(times(eyes, linear(code))) for code in colours(part)]
        assert min(dist(one, other) for one, other in combinations(seen, 2)) > 15


def luminance(code):
    return sum(a * b for a, b in zip(linear(code), (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_what_charts_are_drawn_in_stands_out_from_what_is_behind_them(scheme):
    part = STYLES.read_text(encoding="utf-8").split("@media screen and (prefers-color-scheme: dark)")[scheme]
    backs = [part.split(f"--{name}: #")[1][:6] for name in ("panel", "page")]
    inks = [
        *colours(part),
        *(part.split(f"--{name}: #")[1][:6] for name in ("ok", "objective", "accent", "muted", "shape")),
    ]

    assert [(ink, back) for ink in inks for back in backs if contrast(ink, back) < 3] == []


def test_every_decision_and_outcome_has_words():
    assert set(DECISION_LABELS) == set(Decision)
    assert len({wording.long_name(outcome) for outcome in Outcome}) == len(Outcome)


def test_an_outcome_is_called_by_its_status_where_it_has_one():
    assert wording.short_name(Outcome.BAD_GATEWAY) == "502"
    assert wording.long_name(Outcome.BAD_GATEWAY) == "502 bad gateway"
    assert wording.short_name(Outcome.TRUNCATED) == "truncated"


def test_the_split_names_each_kind_of_failure_with_its_count():
    measured = builders.measurement({Outcome.OK: 5, Outcome.BAD_GATEWAY: 1284, Outcome.TRUNCATED: 2}, (1, 2, 3, 4))
    texts = [text.replace("\N{NO-BREAK SPACE}", " ") for _, text in wording.split(measured)]
    assert texts == ["1,284 × 502", "2 × truncated"]  # noqa: RUF001 # the sign that is printed

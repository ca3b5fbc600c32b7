from pathlib import Path

import pytest

from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import Decision
from badgateway.report import wording
from tests.report import samples

STYLES = Path(wording.__file__).with_name("templates") / "report.css"


@pytest.mark.parametrize("outcome", FAILURES)
def test_every_failure_has_one_colour_for_light_and_one_for_dark(outcome):
    assert STYLES.read_text(encoding="utf-8").count(f"--o-{wording.slug(outcome)}:") == 2


def test_no_two_failures_share_a_colour():
    light, dark = STYLES.read_text(encoding="utf-8").split("@media screen and (prefers-color-scheme: dark)")
    for part in (light, dark):
        colours = [part.split(f"--o-{wording.slug(outcome)}: ")[1].split(";")[0] for outcome in FAILURES]
        assert len(set(colours)) == len(FAILURES)


def test_every_decision_and_outcome_has_words():
    assert set(wording.DECISION_LABELS) == set(Decision)
    assert len({wording.long_name(outcome) for outcome in Outcome}) == len(Outcome)


def test_an_outcome_is_called_by_its_status_where_it_has_one():
    assert wording.short_name(Outcome.BAD_GATEWAY) == "502"
    assert wording.long_name(Outcome.BAD_GATEWAY) == "502 bad gateway"
    assert wording.short_name(Outcome.TRUNCATED) == "truncated"


def test_the_split_names_each_kind_of_failure_with_its_count():
    measured = samples.measurement({Outcome.OK: 5, Outcome.BAD_GATEWAY: 1284, Outcome.TRUNCATED: 2}, (1, 2, 3, 4))
    texts = [text.replace("\N{NO-BREAK SPACE}", " ") for _, text in wording.split(measured)]
    assert texts == ["1,284 × 502", "2 × truncated"]  # noqa: RUF001 # the sign that is printed


def test_lists_and_plurals_read_like_sentences():
    assert wording.listed([50]) == "50"
    assert wording.listed([50, 100, 300]) == "50, 100 and 300"
    assert wording.plural(1, "user") == "1 user"
    assert wording.plural(1300, "user") == "1,300 users"

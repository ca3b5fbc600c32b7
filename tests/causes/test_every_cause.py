"""The cross table: the sample of each cause is found as that cause, and as no other."""

import pytest

from badgateway.causes import BY_ID, CAUSES, RULES
from badgateway.model.diagnosis import Certainty
from tests.causes.evidence import Evidence, counts
from tests.causes.samples import EXPECTED, SAMPLES


@pytest.mark.corpus
@pytest.mark.parametrize("cause_id", SAMPLES)
def test_the_sample_of_a_cause_is_found_as_exactly_that_cause(cause_id):
    diagnosis = SAMPLES[cause_id]().diagnosis()
    assert counts(diagnosis) == EXPECTED.get(cause_id, {cause_id: 1})
    assert diagnosis.unattributed == 0
    found = next(found for found in diagnosis.causes if found.cause.id == cause_id)
    assert {status for status, _ in found.statuses} <= set(found.cause.statuses)
    assert found.evidence


def test_all_samples_in_one_pile_of_logs_are_still_told_apart():
    pile = Evidence()
    ids = sorted(set(SAMPLES) - set(EXPECTED))
    for number, cause_id in enumerate(ids):
        pile.put_behind(SAMPLES[cause_id](), number)
    # Without the journal, for of most samples there is none.
    assert pile.found(journal=False) == dict.fromkeys(ids, 1)


def test_every_cause_has_a_sample_and_a_rule():
    assert set(SAMPLES) == set(BY_ID)
    assert {rule.cause.id for rule in RULES} == set(BY_ID)


def test_ids_are_unique_and_in_kebab_case():
    assert len(BY_ID) == len(CAUSES)
    assert all(cause.id == cause.id.lower().replace("_", "-").replace(" ", "-") for cause in CAUSES)


def test_every_cause_says_what_to_do():
    for cause in CAUSES:
        assert cause.remedies, cause.id
        assert cause.explanation.endswith((".", "`")), cause.id
        assert cause.evidence.endswith("."), cause.id


def test_what_a_log_leaves_open_is_never_called_proven():
    for rule in RULES:
        if rule.cause.family == "not told by these logs":
            assert rule.certainty is Certainty.FAMILY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgateway.judge.pooling import pooled
from badgateway.model.diagnosis import Certainty
from tests.judge.causes_of import FULL, SLOW, diagnosis, evidence_lines, found

FAMILY = Certainty.FAMILY


def test_counts_of_the_same_cause_are_added_up():
    first = diagnosis(found(FULL, 3), found(SLOW, 2, status=504), requests=100, unattributed=1)
    second = diagnosis(found(FULL, 4), requests=50)

    together = pooled([first, second])

    assert together is not None
    assert (together.requests, together.failures, together.unattributed) == (150, 10, 1)
    assert [(one.cause.id, one.count) for one in together.causes] == [(FULL, 7), (SLOW, 2)]


def test_one_diagnosis_is_pooled_to_itself():
    only = diagnosis(found(FULL, 3, lines=("a", "b")), found(SLOW, 2), unattributed=1, lines=("c",), hints=("Log it.",))
    assert pooled([only]) == only


@pytest.mark.parametrize("missing", [[], [None], [diagnosis(found(FULL, 3)), None]])
def test_what_was_not_looked_into_everywhere_is_not_pooled(missing):
    assert pooled(missing) is None


def test_a_cause_that_is_proven_stays_apart_from_one_that_only_fits():
    together = pooled([diagnosis(found(FULL, 3)), diagnosis(found(FULL, 5, certainty=FAMILY))])

    assert together is not None
    assert [(one.certainty, one.count) for one in together.causes] == [(FAMILY, 5), (Certainty.PROVEN, 3)]


def test_the_statuses_minutes_and_urls_of_a_cause_are_added_up_and_put_in_order():
    minutes = ((120, 1), (60, 2)), ((60, 3),)
    first = diagnosis(
        found(FULL, 3, minutes=minutes[0], urls=(("/b", 2), ("/a", 1))), found(SLOW, 1, status=504, urls=(("/z", 1),))
    )
    second = diagnosis(found(FULL, 4, status=503, minutes=minutes[1], urls=(("/a", 4),)))

    together = pooled([first, second])

    assert together is not None
    (full, slow) = together.causes
    assert full.statuses == ((503, 4), (502, 3))
    assert full.minutes == ((60, 5), (120, 1))
    assert full.urls == (("/a", 5), ("/b", 2))
    assert slow.urls == (("/z", 1),)


def test_the_first_lines_and_the_most_frequent_urls_are_kept():
    urls = tuple((f"/{number}", number) for number in range(1, 8))
    one = diagnosis(found(FULL, 28, lines=("a", "b"), urls=urls), unattributed=2, lines=("u", "v"))
    other = diagnosis(found(FULL, 2, lines=("c", "d")), unattributed=2, lines=("w", "x"))

    together = pooled([one, other])

    assert together is not None
    (full,) = together.causes
    assert [line.text for line in full.evidence] == ["a", "b", "c"]
    assert [path for path, _ in full.urls] == ["/7", "/6", "/5", "/4", "/3"]
    assert together.unattributed_lines == (*evidence_lines("u", "v"), *evidence_lines("w"))


def test_a_hint_is_given_once():
    together = pooled([diagnosis(hints=("Log a.", "Log b.")), diagnosis(hints=("Log b.", "Log c."))])

    assert together is not None
    assert together.hints == ("Log a.", "Log b.", "Log c.")


a_cause = st.builds(found, st.sampled_from([FULL, SLOW]), st.integers(1, 50), certainty=st.sampled_from(Certainty))
some = st.lists(
    st.lists(a_cause, max_size=4, unique_by=lambda one: (one.cause.id, one.certainty)).flatmap(
        lambda causes: st.builds(lambda left: diagnosis(*causes, unattributed=left), st.integers(0, 9))
    ),
    min_size=1,
    max_size=5,
)


@given(some)
def test_no_failure_is_lost_or_counted_twice(diagnoses):
    together = pooled(diagnoses)

    assert together is not None
    assert together.failures == sum(one.count for one in together.causes) + together.unattributed
    assert together.failures == sum(one.failures for one in diagnoses)
    counts = [one.count for one in together.causes]
    assert counts == sorted(counts, reverse=True)

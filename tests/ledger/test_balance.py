import dataclasses
from typing import Any

import pytest

from badgateway.ledger import Balance

EVEN = Balance(
    client=100,
    proxy=98,
    never_reached=2,
    unmatched_client=0,
    unmatched_proxy=0,
    contradictory=0,
    duplicates_client=0,
    duplicates_proxy=0,
)


def test_books_that_agree_have_no_problem():
    assert EVEN.problem() is None


def test_requests_that_died_with_their_worker_are_no_fault():
    assert dataclasses.replace(EVEN, app=90, app_unfinished=3).problem() is None


def test_an_empty_client_book_is_a_problem_even_when_both_are_empty():
    empty = dataclasses.replace(EVEN, client=0, proxy=0, never_reached=0)

    assert empty.problem() == "the client's book is empty (the proxy's has 0): no load was sent"


def test_a_sum_that_does_not_hold_is_a_problem_by_itself():
    assert dataclasses.replace(EVEN, client=1_234).problem() == (
        "the books do not balance: the client sent 1,234, the proxy logged 98 and 2 never reached it"
    )


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("unmatched_client", "3 answered according to the client, unknown to the proxy"),
        ("unmatched_proxy", "3 logged by the proxy, unknown to the client"),
        ("contradictory", "3 with one status at the client and another at the proxy"),
        ("duplicates_client", "3 with a request id used before, at the client"),
        ("duplicates_proxy", "3 with a request id used before, at the proxy"),
        ("app_unknown_to_proxy", "3 started by the application, unknown to the proxy"),
        ("unknown_to_app", "3 answered by the application according to the proxy, unknown to the application"),
    ],
)
def test_each_fault_is_told_with_its_number_even_when_the_sum_holds(field, words):
    changed: dict[str, Any] = {field: 3}
    problem = dataclasses.replace(EVEN, **changed).problem()

    assert problem is not None
    assert problem.endswith(f"2 never reached it; {words}")

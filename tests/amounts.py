"""How much is tried of what is drawn: little in each run of the tests, all of it in the session proofs."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

PROOFS = "proofs"
"""The profile of hypothesis, and the mark is called proof."""
_IN_ALL = 100
_SMALLER = 10


def load_profiles() -> None:
    """Let hypothesis try a tenth of its usual number of examples, and ten times as many in the session proofs.

    Without a deadline: a busy machine is no fault of what is tried.
    """
    settings.register_profile("tests", max_examples=_IN_ALL // _SMALLER, deadline=None)
    settings.register_profile(PROOFS, max_examples=_IN_ALL * _SMALLER, deadline=None)
    settings.load_profile("tests")


def examples(in_proofs: int) -> int:
    """Return how many examples a slow or a wide test tries: a tenth of those of the session proofs."""
    return in_proofs if settings.get_current_profile_name() == PROOFS else max(1, in_proofs // _SMALLER)


def amounts(few: int, all_of_them: int) -> list[Any]:
    """Return values for parametrize: few for the tests, and all of them for the session proofs."""
    return [few, pytest.param(all_of_them, marks=[pytest.mark.proof, pytest.mark.timeout(0)])]


def some_of(values: Iterable[Any], *, first: list[Any]) -> list[Any]:
    """Return values for parametrize: the first ones for the tests, the others for the session proofs."""
    proof = pytest.mark.proof
    each = [(value, value if isinstance(value, tuple) else (value,)) for value in values]
    return [pytest.param(*parts, marks=[] if value in first else proof) for value, parts in each]

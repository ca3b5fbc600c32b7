"""Charts in tests: each is drawn once, for to draw them takes most of a report's time, and many are looked at often."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
import vl_convert

# The fixtures are of modules, not of the session: one process may run tests of several rooms, in any order.
DRAW = vl_convert.vegalite_to_svg


@lru_cache(maxsize=500)
def _drawn(spec: str, version: str) -> str:
    return DRAW(json.loads(spec), vl_version=version)


def drawn_once(spec: dict[str, Any], *, vl_version: str) -> str:
    """Draw a specification, unless it was drawn before."""
    return _drawn(json.dumps(spec), vl_version)


def drawn_for_all(_spec: dict[str, Any], *, vl_version: str) -> str:
    """Draw the same small chart, whatever is asked for."""
    return _drawn('{"data": {"values": [{}]}, "mark": "point"}', vl_version)


@pytest.fixture(scope="module", autouse=True)
def one_chart_for_all() -> Iterator[None]:
    """Draw no chart as it is asked for, in the tests of the room that imports this: they look at none."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(vl_convert, "vegalite_to_svg", drawn_for_all)
        yield


@pytest.fixture(scope="module", autouse=True)
def each_chart_once() -> Iterator[None]:
    """Have each chart drawn once, in the tests of the room that imports this."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(vl_convert, "vegalite_to_svg", drawn_once)
        yield

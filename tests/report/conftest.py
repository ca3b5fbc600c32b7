"""What the tests of reports share: each chart is drawn once, for to draw it takes most of a report's time."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import vl_convert

DRAW = vl_convert.vegalite_to_svg


@cache
def _drawn(spec: str, version: str) -> str:
    return DRAW(json.loads(spec), vl_version=version)


def drawn_once(spec: dict[str, Any], *, vl_version: str) -> str:
    """Draw a specification, unless it was drawn before."""
    return _drawn(json.dumps(spec), vl_version)


@pytest.fixture(scope="session", autouse=True)
def _each_chart_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(vl_convert, "vegalite_to_svg", drawn_once)
        yield


@pytest.fixture
def drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each chart drawn as often as it is asked for."""
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", DRAW)

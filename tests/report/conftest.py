"""What the tests of reports share."""

import pytest
import vl_convert

from tests.charts import (
    DRAW,
    each_chart_once,  # noqa: F401 # a fixture
)


@pytest.fixture
def drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each chart drawn as often as it is asked for."""
    monkeypatch.setattr(vl_convert, "vegalite_to_svg", DRAW)

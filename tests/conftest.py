"""What holds for all tests: those that take minutes run only where they are asked for."""

import pytest

LONG = ("proof", "fault")
"""Markers of tests that run only when the expression of -m names them; see the nox sessions proofs and faults."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what nobody asked for, whatever else was asked for."""
    asked = str(config.option.markexpr)
    left_out = [
        item for item in items if any(item.get_closest_marker(marker) for marker in LONG if marker not in asked)
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]

"""The options of a command line, as they stand."""

import pytest

from badgateway.servers.options import options_of


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("-w", "4", "shop:app"), [("w", "4")]),
        (("-w4",), [("w", "4")]),
        (("--workers=4", "--bind", ":80"), [("workers", "4"), ("bind", ":80")]),
        (("--reload", "shop:app"), [("reload", "true")]),
        (("--no-reload", "--log"), [("reload", "false"), ("log", "true")]),
        (("--no-sendfile", "--x", "1"), [("no-sendfile", "true"), ("x", "1")]),
        (("--", "-", "shop:app"), []),
    ],
)
def test_each_option_has_its_value(words, found):
    assert list(options_of(words, {"reload"})) == found

"""What a plain user of Locust gives as a request's body is sent as the bytes it stands for."""

import io

import pytest

from badgateway.load.wire import whole_body


@pytest.mark.parametrize(
    "given",
    [
        "naïve",
        "naïve".encode(),
        bytearray("naïve", "utf-8"),
        memoryview("naïve".encode()),
        io.BytesIO("naïve".encode()),
        io.StringIO("naïve"),
        ["na", "ï".encode(), "ve"],
    ],
    ids=["text", "bytes", "bytearray", "memoryview", "file", "text-file", "pieces"],
)
def test_a_body_is_bytes_however_it_was_given(given):
    assert whole_body(given) == b"na\xc3\xafve"


def test_pieces_that_are_made_while_they_are_asked_for_are_all_sent():
    assert whole_body(piece for piece in (b"a", "", b"b")) == b"ab"

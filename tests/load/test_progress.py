import random

import pytest

from badgateway.load.progress import RowCounter
from badgateway.model import raw


def line(status: int = 200, error: str = "", detail: str = "") -> bytes:
    return f"id,GET /,GET,1.0,1.0,1.1,1.2,{status},10,10,{error},{detail},0\n".encode()


HEADER = (",".join(raw.CLIENT_COLUMNS) + "\n").encode()


def test_a_file_that_is_not_there_yet_has_no_rows(tmp_path):
    counter = RowCounter(tmp_path / "client.csv")
    counter.look()

    assert (counter.requests, counter.failures) == (0, 0)


def test_the_header_is_no_request(tmp_path):
    (tmp_path / "client.csv").write_bytes(HEADER)
    counter = RowCounter(tmp_path / "client.csv")
    counter.look()

    assert (counter.requests, counter.failures) == (0, 0)


@pytest.mark.parametrize(
    ("row", "failures"),
    [
        (line(), 0),
        (line(201), 0),
        (line(502), 1),
        (line(0, "connect_error"), 1),
        (line(200, "truncated"), 1),
        (line(404), 1),
        (line(200, "", '"a, ""quoted"" detail"'), 0),
    ],
)
def test_a_failure_is_an_error_or_a_status_that_is_not_2xx(tmp_path, row, failures):
    (tmp_path / "client.csv").write_bytes(HEADER + row)
    counter = RowCounter(tmp_path / "client.csv")
    counter.look()

    assert (counter.requests, counter.failures) == (1, failures)


def test_half_lines_are_counted_once_and_when_whole(tmp_path):
    path = tmp_path / "client.csv"
    text = HEADER + b"".join(line(502 if number % 3 == 0 else 200) for number in range(60))
    cuts = sorted(random.Random(1).sample(range(len(text)), 40))
    counter = RowCounter(path)
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        with path.open("ab") as file:
            file.write(text[start:end])
        counter.look()
        assert counter.requests == max(text[:end].count(b"\n") - 1, 0)

    assert (counter.requests, counter.failures) == (60, 20)

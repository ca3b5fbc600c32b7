"""Mutated lines of every grammar; BADGATEWAY_FUZZ_LINES=100000 makes it a long run."""

import io
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.errors import RawDataError
from badgateway.logs import Source, read_logs
from badgateway.model.evidence import LogKind

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(case.name for case in GOLDEN.iterdir())
MUTATED_PER_FILE = 40
SEEDS_PER_CASE = max(2, int(os.environ.get("BADGATEWAY_FUZZ_LINES", "0")) // (MUTATED_PER_FILE * len(CASES)))
HAVE_OTHER_LINES = frozenset(
    {
        None,
        LogKind.NGINX_ERROR,
        LogKind.UWSGI,
        LogKind.GUNICORN,
        LogKind.APACHE_ERROR,
        LogKind.TRAEFIK_LOG,
        LogKind.CADDY_LOG,
        LogKind.KERNEL,
        LogKind.CLOUDFRONT,
    }
)
NO_LINE_ENDS = bytes.maketrans(b"\r\n", b"  ")
PIECES = (
    b'"',
    b"\\",
    b"[",
    b"]",
    b"-",
    b" ",
    b"\x00",
    b"\xff",
    b"\xc3",
    b"'",
    b"9" * 40,
    b"?a=b",
    b"{",
    b"\t",
    b"e40",
)


def mutated(line: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(line))
        end = rng.randint(start, min(len(line), start + rng.choice((0, 1, 5, 50))))
        middle = rng.choice((b"", rng.choice(PIECES), line[start:end] * 2, line[start:end][::-1], rng.randbytes(3)))
        line = rng.choice((line[:start] + middle + line[end:], line[:start]))
    return line.translate(NO_LINE_ENDS)


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=SEEDS_PER_CASE, deadline=None, database=None)
@given(seed=st.integers(min_value=0, max_value=2**64 - 1))
def test_mutated_lines_are_counted_and_never_stop_the_reading(case, seed):
    rng = random.Random(seed)
    log = next(path for path in sorted((GOLDEN / case).iterdir()) if path.name != "expected.json")
    genuine = [line for line in log.read_bytes().splitlines() if line.strip()]
    lines = [*genuine, *(mutated(rng.choice(genuine), rng) for _ in range(MUTATED_PER_FILE))]
    # Enough lines in order, for a file that is mostly malformed is refused, as it should be.
    lines += genuine * (1 + 3 * MUTATED_PER_FILE // len(genuine))
    evidence = read_logs([Source(name=case, content=io.BytesIO(b"\n".join(lines)))])

    if HAVE_OTHER_LINES.isdisjoint(file.kind for file in evidence.files):
        blank = sum(not line.strip() for line in lines)
        malformed = sum(file.malformed_lines for file in evidence.files)
        assert evidence.requests + malformed + blank >= len(lines)
    evidence.connection.close()


@settings(max_examples=50 if SEEDS_PER_CASE > 2 else 5, deadline=None, database=None)
@given(content=st.binary(max_size=5000))
def test_bytes_that_are_no_log_are_one_clear_error(content):
    with pytest.raises(RawDataError, match="bytes"):
        read_logs([Source(name="bytes", content=io.BytesIO(content))])

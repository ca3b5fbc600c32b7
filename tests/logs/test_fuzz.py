"""Mutated lines of every grammar: a hundredth in the tests, all in the session proofs."""

import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.errors import RawDataError
from badgateway.logs import Source, read_logs
from badgateway.logs.event_grammar import machine_logs
from badgateway.logs.prefixes import Prefixes
from badgateway.logs.source import HEAD_BYTES, whole_lines
from badgateway.model.log_kind import LogKind
from badgateway.servers.registry import server_logs
from tests.amounts import examples

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(case.name for case in GOLDEN.iterdir())
MUTATED_PER_FILE = 1_000
PROVEN_FILES = 100
"""Of each grammar: 100,000 mutated lines."""
TESTED_FILES = PROVEN_FILES // 100
HAVE_OTHER_LINES = frozenset(
    {
        LogKind.NGINX_ERROR,
        *server_logs(),
        *machine_logs(),
        LogKind.APACHE_ERROR,
        LogKind.TRAEFIK_LOG,
        LogKind.CADDY_LOG,
        LogKind.CLOUDFRONT,
        LogKind.IIS,
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


def blank_lines(content):
    """Count comments, and lines that have nothing behind what stands before each line."""
    first = whole_lines(content[:HEAD_BYTES], HEAD_BYTES)
    prefixes = Prefixes(first)
    texts = [line.decode(errors="backslashreplace") for line in content.split(b"\n")]
    return sum(text.startswith("#") or not prefixes.unwrap(text).text.strip() for text in texts)


def check_mutated(case, seed):
    rng = random.Random(f"{case} {seed}")
    log = next(path for path in sorted((GOLDEN / case).iterdir()) if path.name != "expected.json")
    genuine = [line for line in log.read_bytes().splitlines() if line.strip()]
    # Enough lines in order, for the file to be taken for what it is.
    lines = genuine * (1 + MUTATED_PER_FILE // len(genuine))
    lines += [mutated(rng.choice(genuine), rng) for _ in range(MUTATED_PER_FILE)]
    content = b"\n".join(lines)
    evidence = read_logs([Source(name=case, content=io.BytesIO(content))])
    if HAVE_OTHER_LINES.isdisjoint(file.kind for file in evidence.files):
        blank = blank_lines(content)
        unread = sum(file.malformed_lines for file in evidence.files)
        assert read_as_requests(evidence) + unread + blank >= len(lines), seed
    evidence.connection.close()


def read_as_requests(evidence):
    kinds = {file.kind for file in evidence.files} - {None}
    # A line may be mutated into one of another proxy, whose requests are those of the first and count once.
    several = sum(file.lines - file.malformed_lines for file in evidence.files)
    return evidence.requests if len(kinds) == 1 else several


@pytest.mark.corpus
@pytest.mark.parametrize("case", CASES)
def test_mutated_lines_are_counted_and_never_stop_the_reading(case):
    for seed in range(TESTED_FILES):
        check_mutated(case, seed)


@pytest.mark.proof
@pytest.mark.timeout(0)
@pytest.mark.parametrize("case", CASES)
def test_a_hundred_thousand_mutated_lines_of_each_grammar_never_stop_the_reading(case):
    for seed in range(TESTED_FILES, PROVEN_FILES):
        check_mutated(case, seed)


@settings(max_examples=examples(50), database=None)
@given(content=st.binary(max_size=5000))
def test_bytes_that_are_no_log_are_one_clear_error(content):
    with pytest.raises(RawDataError, match="bytes"):
        read_logs([Source(name="bytes", content=io.BytesIO(content))])


def test_a_line_that_gets_lost_is_seen(monkeypatch):
    monkeypatch.setattr("badgateway.logs.reader.malformed", lambda *_, **__: (0, ()))
    with pytest.raises(AssertionError):
        check_mutated("nginx-combined", 0)

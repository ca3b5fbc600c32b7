"""Walks logs rebuilt from public reports: what is found in each, and what may never be said.

`truth.md` of a case says in its last line what may be called proven there. `expected.json` has requests, failures,
lines that were not read, causes with their certainty and count; `missing` says what truth.md asks for and is not
reached yet. Something is read in every case, but where `refused` says that no line is of a kind that is known.
"""

import json
import random
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from badgateway.analysis.explanation import explain
from badgateway.causes import BY_ID
from badgateway.errors import RawDataError
from badgateway.logs import Source
from badgateway.logs.scratch import FolderScratch
from badgateway.logs.source import LocalFile, head
from badgateway.logs.splitting import Known, parts
from badgateway.model.diagnosis import Certainty, Diagnosis
from badgateway.model.explanation import Explanation
from tests.amounts import amounts

CASES = Path(__file__).parent / "cases"
NOT_LOGS = frozenset({"truth.md", "expected.json"})
TRUE = "may be proven: "
INTERLEAVINGS = 1
PROVEN_INTERLEAVINGS = 10_000
LENT = 1001
"""A mixture in which a line without a time, about a worker that has one, stands between much later ones."""
MIXABLE = ("shape-60-uwsgi-base", "shape-12-crlf", "07-uwsgi-segv", "27-rate-limited")

# What was said to be proven in these once, or lies near, and is not true.
NEVER_PROVEN = {
    "06-fork-deadlock-queue-full": "slow-request",
    "41-queue-full-but-workers-hang": "slow-request",
    "105-socket-in-a-private-tmp": "nothing-listening",
    "117-ingress-block-size-of-uwsgi-http": "keepalive-race",
    "118-http-to-a-uwsgi-socket": "request-header-too-big",
    "126-queue-full-of-slow-requests": "slow-request",
    "127-gthread-leaks-kept-connections": "slow-request",
    "131-silent-oom-of-a-worker": "out-of-memory",
    "132-workers-boot-in-a-loop": "worker-killed",
    "133-red-herring-of-memory": "gunicorn-timeout-blocked-in-c",
    "134-model-hangs-after-the-fork": "worker-killed",
    "139-alb-waits-for-a-recycled-worker": "slow-request",
    "146-alb-and-gunicorn-threads": "worker-killed",
    "150-mod-wsgi-hangs-in-a-sub-interpreter": "slow-request",
    "154-client-left-and-uwsgi-complains": "uwsgi-write-timeout",
    "163-connection-shared-by-forked-workers": "db-connection-lost",
    "204-central-syslog-two-hosts": "worker-killed",
    "229-elastic-json": "slow-request",
    "241-gthread-read-timeouts-while-healthy": "slow-request",
    "243-two-servers-decoy-second": "worker-killed",
    "405-waitress-queue-and-504": "slow-request",
    "423-daphne-504-and-killed": "slow-request",
    "454-amplify-format": "slow-request",
    "463-gunicorn-of-another-zone-decoy": "worker-killed",
    "464-celery-oom-in-the-same-second": "out-of-memory",
    "465-max-requests-beside-a-502-of-another-path": "worker-killed",
    "466-harakiri-of-another-path": "harakiri",
    "467-clock-three-seconds-off": "worker-killed",
    "475-asyncpg-too-many": "db-connections-exhausted",
    "476-kubectl-describe-and-events": "server-given-up",
    "shape-A5-502-other-path-same-second-as-kill": "worker-killed",
    "shape-B1c-oom-after-earlier-timeout-same-pid": "gunicorn-timeout-blocked-in-c",
    "shape-B2-two-pods-blocked-in-C": "gunicorn-timeout-blocked-in-c",
    "shape-B3-other-upstream-same-second": "worker-killed",
    "shape-D23-send-110": "slow-request",
    "shape-H6-mem-worker-killed-plus-504": "slow-request",
    "shape-H7-504-all-workers-timeout-60": "slow-request",
    "shape-K2-rolling-deploy-two-pods": "graceful-timeout-cut",
    "shape-K4-uwsgi-reload-then-oom-same-pid": "worker-mercy-expired",
    "shape-L3-healthy-urls-504": "slow-request",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is found in a case."""

    requests: int = 0
    failures: int = 0
    not_read: int = 0
    causes: dict[str, tuple[str, int]]
    missing: str = ""
    refused: bool = False

    @classmethod
    def of(cls, case: Path) -> "Expected":
        found = json.loads((case / "expected.json").read_text())
        causes = {cause: (certainty, count) for cause, (certainty, count) in found.pop("causes").items()}
        return cls(**found, causes=causes)


def logs(case: Path) -> list[Path]:
    return sorted(path for path in case.rglob("*") if path.is_file() and path.name not in NOT_LOGS)


def explained(case: Path) -> Explanation:
    return explain([Source(name=str(path.relative_to(case)), content=path) for path in logs(case)])


def answered(case: Path) -> Expected:
    try:
        found = explained(case)
    except RawDataError:
        return Expected(causes={}, refused=True)
    return Expected(
        requests=found.diagnosis.requests,
        failures=found.diagnosis.failures,
        not_read=found.malformed_lines,
        causes={each.cause.id: (str(each.certainty), each.count) for each in found.diagnosis.causes},
    )


@pytest.mark.corpus
@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_a_case_is_explained_as_expected(case):
    expected = Expected.of(case)
    found = answered(case)

    assert replace(found, missing=expected.missing) == expected
    assert found.causes.get(NEVER_PROVEN.get(case.name, ""), ("", 0))[0] != Certainty.PROVEN


def may_be_proven(case: Path) -> set[str]:
    """The causes that a case's truth.md calls true; its line is written by hand, from what was found out in the end."""
    (line,) = (line for line in (case / "truth.md").read_text().splitlines() if line.startswith(TRUE))
    return set(line.removeprefix(TRUE).split(", ")) - {"nothing"}


def test_nothing_that_is_not_true_is_said_to_be_proven():
    for case in CASES.iterdir():
        said = {cause for cause, (certainty, _) in Expected.of(case).causes.items() if certainty == Certainty.PROVEN}

        assert may_be_proven(case) <= set(BY_ID), case.name
        assert said <= may_be_proven(case), case.name


def test_each_decoy_is_a_case():
    assert {case.name for case in CASES.iterdir()} >= NEVER_PROVEN.keys()


@cache
def explained_apart(name: str) -> Diagnosis:
    return explained(CASES / name).diagnosis


def interleaved(first: list[str], second: list[str], rng: random.Random) -> str:
    both = [iter(first), iter(second)]
    turns = [0] * len(first) + [1] * len(second)
    rng.shuffle(turns)
    return "".join(next(both[turn]) for turn in turns)


def check_interleaved(folder: Path, name: str, seed: int) -> None:
    rng = random.Random(seed)
    paths = logs(CASES / name)
    first, second = rng.sample(paths, 2)
    mixed = folder / "mixed.log"
    one, other = (path.read_text().splitlines(keepends=True) for path in (first, second))
    mixed.write_text(interleaved(one, other, rng))
    rest = [path for path in paths if path not in (first, second)]
    found = explain([Source(name=path.name, content=path) for path in (mixed, *rest)]).diagnosis
    apart = explained_apart(name)

    assert (found.requests, found.failures) == (apart.requests, apart.failures), seed
    assert [each.cause.id for each in found.causes] == [each.cause.id for each in apart.causes], seed


@pytest.mark.parametrize("seed", [*range(INTERLEAVINGS), LENT])
@pytest.mark.parametrize("name", MIXABLE)
def test_the_count_of_failures_does_not_depend_on_how_two_logs_were_mixed(tmp_path, name, seed):
    check_interleaved(tmp_path, name, seed)


def test_a_line_that_gets_lost_in_a_mixture_is_seen(tmp_path, monkeypatch):
    name = "shape-60-uwsgi-base"
    explained_apart(name)
    lose_first = "badgateway.logs.request_rows._IS_REQUEST"
    monkeypatch.setattr(lose_first, "status IS NOT NULL AND time_s IS NOT NULL AND line_number > 20")
    with pytest.raises(AssertionError):
        check_interleaved(tmp_path, name, 0)


def lines_by_program(text: str, folder: Path) -> dict[tuple[object, ...], list[str]]:
    """Split a log; return the lines of each program in their order."""
    (folder / "log").write_text(text, newline="")
    file = LocalFile(name="log", path=folder / "log", is_gzip=False)
    found = parts(file, head(file), FolderScratch(folder), Known())
    return {
        (part.kind, part.in_combined_format): [line for line in part.file.path.read_text().splitlines() if line]
        for part in found
    }


@pytest.mark.parametrize("mixtures", amounts(20, 250))
@pytest.mark.parametrize("name", MIXABLE)
def test_mixtures_of_two_logs_are_split_into_the_same_lines(tmp_path, name, mixtures):
    rng = random.Random(name)
    for _ in range(mixtures):
        one, other = (path.read_text().splitlines(keepends=True) for path in rng.sample(logs(CASES / name), 2))
        apart = lines_by_program("".join(one), tmp_path) | lines_by_program("".join(other), tmp_path)

        assert lines_by_program(interleaved(one, other, rng), tmp_path) == apart


@pytest.mark.proof
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", MIXABLE)
def test_ten_thousand_mixtures_of_two_logs_have_the_same_failures(tmp_path, name):
    for seed in range(INTERLEAVINGS, PROVEN_INTERLEAVINGS // len(MIXABLE)):
        check_interleaved(tmp_path, name, seed)

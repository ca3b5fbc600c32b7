"""Manifests and records as disks and people damage them: each is read, or told in one line with its file."""

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from badgateway.analysis.records import Unreadable, read_records
from badgateway.errors import ResultsError
from badgateway.model.printable import printable
from badgateway.model.raw import MANIFEST, TRIAL
from badgateway.store.run_folder import RunFolder
from badgateway.study.endings import aborted
from tests.amounts import amounts
from tests.declared import experiment
from tests.mutations import damaged, mutated
from tests.study.fakes import manifest

LONGEST_LINE = 400
COUNTS = amounts(60, 5500)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> RunFolder:
    """A run of which one trial has ended."""
    root = tmp_path_factory.mktemp("results")
    of = experiment(variants={"quick": {"users": [5]}}, study={"blocks": 2, "looks": [], "budget_s": 600})
    run: RunFolder = RunFolder.create(root, manifest(of))
    raw = root / "raw"
    raw.mkdir()
    run.keep_trial(aborted(run.manifest().trials[0], "no server came up", 0.0), raw)
    return run


def changed(content: bytes) -> st.SearchStrategy[bytes]:
    """Return values changed in two of three cases, and bytes in the third."""
    values = mutated(json.loads(content)).map(lambda tables: json.dumps(tables).encode())
    return st.one_of(values, values, damaged(content))


def many(examples: int):
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )


def is_told(problem: str, name: str) -> bool:
    return name in problem and printable(problem) == problem and len(problem) < LONGEST_LINE


def refusal(folder: RunFolder) -> str:
    """Return why a run cannot be read, without its folder; empty when it can."""
    try:
        list(read_records(folder, folder.manifest()))
    except ResultsError as error:
        return str(error).removeprefix(str(folder.path))
    return ""


@pytest.mark.parametrize("examples", COUNTS)
def test_a_mutated_manifest_is_read_or_told_in_a_line(folder, examples):
    file = folder.path / MANIFEST
    original = file.read_bytes()
    refused = 0

    @many(examples)
    @given(content=changed(original))
    def run(content):
        nonlocal refused
        file.write_bytes(content)
        problem = refusal(folder)
        refused += bool(problem)
        assert not problem or is_told(problem, MANIFEST), problem

    try:
        run()
    finally:
        file.write_bytes(original)
    assert 0.1 < refused / examples < 1


@pytest.mark.parametrize("examples", COUNTS)
def test_a_mutated_record_is_read_or_makes_its_trial_invalid_in_a_line(folder, examples):
    (trial,) = folder.trial_folders()
    file = trial / TRIAL
    original = file.read_bytes()
    found_manifest = folder.manifest()
    refused = 0

    @many(examples)
    @given(content=changed(original))
    def run(content):
        nonlocal refused
        file.write_bytes(content)
        ((_, found),) = read_records(folder, found_manifest)
        if isinstance(found, Unreadable):
            refused += 1
            assert found.trial == found_manifest.trials[0]
            assert is_told(found.problem, TRIAL), found.problem

    try:
        run()
    finally:
        file.write_bytes(original)
    assert 0.1 < refused / examples < 1

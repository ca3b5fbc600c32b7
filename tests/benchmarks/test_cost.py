"""What a program took is its own, and not of the process that measures it."""

import sys

import click
import pytest

from benchmarks.explain import measured

HELD_BYTES = 200 << 20


def test_the_peak_of_a_program_has_nothing_of_what_the_one_that_measures_holds():
    held = b"x" * HELD_BYTES
    cost = measured([sys.executable, "-c", "pass"])

    assert len(held) > cost.peak_mib * 2**20
    assert cost.seconds > 0
    assert cost.cpu_s > 0


def test_a_program_that_fails_is_no_measurement():
    with pytest.raises(click.ClickException, match="status 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_program_finds_its_modules_compiled_whatever_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    measured([sys.executable, "-c", "import badgateway.errors"], bytecode=tmp_path)

    assert list(tmp_path.glob("**/errors.*.pyc"))

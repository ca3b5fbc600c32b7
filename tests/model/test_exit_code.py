"""Scripts go by these numbers; docs/concepts.md lists them."""

import ast
from pathlib import Path

import pytest

from badgateway import errors
from badgateway.model.exit_code import ExitCode, of_error, of_run
from badgateway.model.run_summary import Decision
from badgateway.model.summary import Verdict
from tests.cli.given import decided


@pytest.mark.parametrize(
    ("decision", "status"), [(Decision.PICKED, 0), (Decision.NONE_QUALIFIES, 1), (Decision.INCONCLUSIVE, 3)]
)
def test_every_decision_has_a_status(decision, status):
    assert of_run(decided(decision)) == status


@pytest.mark.parametrize("decision", Decision)
def test_a_run_without_one_trusted_trial_has_failed_whatever_it_says(decision):
    assert of_run(decided(decision, verdict=Verdict.INVALID)) is ExitCode.FAILED


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.ConfigurationError, 2),
        (errors.DeploymentError, 4),
        (errors.LoadError, 4),
        (errors.RawDataError, 4),
        (errors.ResultsError, 4),
    ],
)
def test_a_mistake_of_the_user_is_told_from_a_failure_of_the_machine(error, status):
    assert of_error(error("message")) == status


def test_the_shells_status_for_ctrl_c_is_used():
    assert int(ExitCode.INTERRUPTED) == 130


def test_a_fault_of_the_kit_is_told_from_every_answer():
    assert int(ExitCode.CRASHED) == 70


def test_of_several_experiments_the_one_that_needs_attention_most_decides():
    assert max(ExitCode.PICKED, ExitCode.INCONCLUSIVE, ExitCode.NONE_QUALIFIES) is ExitCode.INCONCLUSIVE


def test_a_session_of_lab_succeeds_with_every_status_that_is_an_answer():
    noxfile = ast.parse((Path(__file__).parents[2] / "noxfile.py").read_text(encoding="utf-8"))
    (answered,) = [
        ast.literal_eval(line.value)
        for line in noxfile.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "ANSWERED"
    ]
    assert set(answered) == {of_run(decided(decision)) for decision in Decision}

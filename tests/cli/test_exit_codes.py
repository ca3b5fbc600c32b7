"""Scripts go by these numbers; docs/concepts.md lists them."""

import pytest

from badgateway import errors
from badgateway.cli.exit_codes import ExitCode, of_decision, of_error
from badgateway.model.summary import Decision


@pytest.mark.parametrize(
    ("decision", "status"), [(Decision.PICKED, 0), (Decision.NONE_QUALIFIES, 1), (Decision.INCONCLUSIVE, 3)]
)
def test_every_decision_has_a_status(decision, status):
    assert of_decision(decision) == status


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


def test_of_several_experiments_the_one_that_needs_attention_most_decides():
    assert max(ExitCode.PICKED, ExitCode.INCONCLUSIVE, ExitCode.NONE_QUALIFIES) is ExitCode.INCONCLUSIVE

"""A shell can complete what there is to say."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from badgateway.cli.entry import cli


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_badgateway_itself(shell):
    told = CliRunner().invoke(cli, ["completion", shell])

    assert told.exit_code == 0
    assert f"_BADGATEWAY_COMPLETE={shell}_complete" in told.output


def test_the_module_is_the_command_line():
    told = subprocess.run(
        [sys.executable, "-m", "badgateway", "--version"], capture_output=True, text=True, check=True, timeout=60
    )

    assert "badgateway" in told.stdout


def test_a_mistyped_command_is_answered_by_the_likely_one():
    told = CliRunner().invoke(cli, ["exlpain"])

    assert told.exit_code == 2
    assert "no such command 'exlpain'. Did you mean 'explain'?" in told.stderr
    assert "mean" not in CliRunner().invoke(cli, ["zzzzzz"]).stderr

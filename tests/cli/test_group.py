"""What every command does with signals and failures."""

import os
import signal

import click
import pytest
from click.testing import CliRunner

from badgateway.cli.group import KitGroup
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.process.interruption import ENDING, Interruption


def call(work):
    @click.group(cls=KitGroup)
    def frame() -> None:
        """Stand for the command line."""

    @frame.command()
    @click.pass_obj
    def command(interruption: Interruption) -> None:
        work(interruption)

    return CliRunner().invoke(frame, ["command"])


@pytest.mark.parametrize("number", ENDING)
def test_every_ending_signal_is_an_interruption_with_status_130(number):
    seen = []

    def work(interruption):
        try:
            signal.raise_signal(number)
        finally:
            seen.append(interruption.received)

    result = call(work)

    assert (result.exit_code, result.stderr) == (130, "badgateway: interrupted\n")
    assert seen == [number]


def test_the_handlers_of_before_are_back_after_a_command():
    before = [signal.getsignal(number) for number in ENDING]
    call(lambda _: None)

    assert [signal.getsignal(number) for number in ENDING] == before


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (ConfigurationError("x.toml: a: 1\nx.toml: b: 2"), 2, "badgateway: x.toml: a: 1\nbadgateway: x.toml: b: 2\n"),
        (DeploymentError("nginx is gone"), 4, "badgateway: nginx is gone\n"),
        (OSError(28, os.strerror(28), "/tmp/x"), 4, "badgateway: [Errno 28] No space left on device: '/tmp/x'\n"),
    ],
)
def test_a_failure_is_told_without_a_traceback(error, status, told):
    def work(_):
        raise error

    result = call(work)

    assert (result.exit_code, result.stderr, result.stdout) == (status, told, "")


def test_a_reader_that_has_gone_is_no_failure_worth_a_word():
    def work(_):
        raise BrokenPipeError(32, "Broken pipe")

    assert call(work).stderr == ""


def test_a_bug_of_the_kit_keeps_its_traceback():
    def work(_):
        raise ZeroDivisionError

    assert isinstance(call(work).exception, ZeroDivisionError)

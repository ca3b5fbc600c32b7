"""What every command does with signals and failures."""

import os
import signal
import tempfile
from pathlib import Path

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
        (OSError(28, os.strerror(28), "/tmp/x"), 4, "badgateway: /tmp/x: No space left on device\n"),
    ],
)
def test_a_failure_is_told_without_a_traceback(error, status, told):
    def work(_):
        raise error

    result = call(work)

    assert (result.exit_code, result.stderr, result.stdout) == (status, told, "")


def test_a_pipe_of_the_kits_own_that_breaks_is_a_failure_like_any_other():
    def work(_):
        raise BrokenPipeError(32, "Broken pipe")

    assert (call(work).exit_code, call(work).stderr) == (4, "badgateway: [Errno 32] Broken pipe\n")


@pytest.fixture
def removed_directory(tmp_path, monkeypatch):
    """A working directory that somebody has removed."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


@pytest.mark.usefixtures("removed_directory")
def test_a_working_directory_that_was_removed_is_told_with_what_helps():
    def work(_):
        Path.cwd()

    told = "badgateway: the working directory was removed; change to one that is there, such as by cd\n"
    assert (call(work).exit_code, call(work).stderr) == (4, told)


@pytest.fixture
def traces(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def crash(_):
    raise ZeroDivisionError("planted:\nin two lines")


def test_a_fault_of_the_kit_is_one_line_with_a_status_of_its_own_and_its_trace_is_in_a_file(traces):
    result = call(crash)
    (file,) = traces.iterdir()

    assert (result.exit_code, result.stdout) == (70, "")
    assert result.stderr == (
        "badgateway: a fault of badgateway itself: ZeroDivisionError: planted: in two lines; please report it with the "
        f"trace in {file}\n"
    )
    assert "Traceback (most recent call last)" in file.read_text()
    assert file.read_text().endswith("ZeroDivisionError: planted:\nin two lines\n")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_fault_whose_trace_has_no_place_on_the_disk_is_told_on_the_console(traces, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(traces / "is-not-there"))
    result = call(crash)

    assert result.exit_code == 70
    assert result.stderr.startswith(
        "badgateway: a fault of badgateway itself: ZeroDivisionError: planted: in two lines"
    )
    assert "its trace could not be written to a file:\nTraceback (most recent call last)" in result.stderr


def test_a_fault_in_the_options_is_caught_too(traces):
    def fail(_context, _option, _value):
        raise ZeroDivisionError("planted")

    @click.group(cls=KitGroup)
    @click.option("--number", callback=fail)
    def frame(number: str) -> None:
        """Stand for the command line."""

    @frame.command()
    def command() -> None:
        """Do nothing."""

    assert CliRunner().invoke(frame, ["--number", "1", "command"]).exit_code == 70

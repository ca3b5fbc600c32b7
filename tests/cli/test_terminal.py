"""What is shown on a terminal: nothing in a name or a reason steers it."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from badgateway.cli import terminal
from badgateway.cli.group import KitGroup
from badgateway.errors import DeploymentError

HOSTILE = "name\x1b]0;owned\x07\x9b31m\u202eabc"
SPELLED = r"name\x1b]0;owned"


@pytest.mark.parametrize("force", [True, False])
def test_a_line_with_escape_codes_is_spelled_and_stays_one_line(force):
    console = Console(file=io.StringIO(), force_terminal=force, width=200)
    terminal.say(console, Text.assemble("reason: ", (f"{HOSTILE}\nPICK for x: y", "bold")))
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert shown.count("\n") == 1
    assert SPELLED in shown
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(shown)


def test_a_harmless_line_keeps_its_colours():
    text = Text("PASS", style="green")

    assert terminal.shown(text) is text


def test_echoed_lines_keep_the_callers_line_breaks_and_nothing_else(capsys):
    terminal.echo(f"one\n{HOSTILE}")

    assert capsys.readouterr().out.splitlines()[0] == "one"
    terminal.echo(HOSTILE, err=True)
    assert SPELLED in capsys.readouterr().err


def test_a_failure_with_escape_codes_is_told_without_them(capsys):
    group = KitGroup("kit")

    @group.command()
    def fail() -> None:
        raise DeploymentError(f"the server said {HOSTILE}")

    with pytest.raises(SystemExit):
        group.main(["fail"])

    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert SPELLED in told

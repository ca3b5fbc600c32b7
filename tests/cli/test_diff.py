"""Two runs, as the command prints them."""

from dataclasses import replace
from io import StringIO

from rich.console import Console

from badgateway.analysis.difference import difference
from badgateway.cli.diff import print_difference
from tests.report import samples


def printed(before, after, width=200):
    console = Console(file=StringIO(), width=width, color_system=None, _environ={})
    print_difference(console, difference(before, after))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().replace("\N{NO-BREAK SPACE}", " ")


def test_what_is_the_same_is_said_once_and_what_is_not_with_both():
    whole = samples.picked()
    gone, *rest = whole.configurations
    text = printed(whole, replace(whole, configurations=tuple(rest)))
    lines = [line for line in text.splitlines() if line.startswith(gone.configuration.name + " ")]

    assert lines
    assert all("\N{RIGHTWARDS ARROW} not run" in line and "\N{RIGHTWARDS ARROW} \N{EN DASH}" in line for line in lines)
    assert text.count("\N{RIGHTWARDS ARROW} not run") == len(lines)
    assert not [line for line in text.splitlines() if line.endswith(" ")]
    assert text.endswith("Nothing else was different.\n")
    assert text.count(whole.recommendation.sentence) == 2


def test_what_else_was_not_the_same_is_a_list():
    before = samples.picked()
    text = printed(before, replace(before, environment=replace(before.environment, cores=64)))

    assert text.splitlines()[-2:] == ["Not the same:", f"- machine: cores was {before.environment.cores} and is 64"]


def test_in_a_narrow_terminal_no_figure_is_cut_and_both_stand_one_below_the_other():
    whole = samples.picked()
    gone, *rest = whole.configurations
    text = printed(whole, replace(whole, configurations=tuple(rest)), width=60)

    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert f"{gone.configuration.name} " in text
    assert "\N{RIGHTWARDS ARROW} not run " in text
    assert "There is no room here for: served." in printed(whole, whole, width=40)

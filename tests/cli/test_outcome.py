"""What a run prints at its end."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from badgateway.cli import outcome
from badgateway.cli.outcome import Commands, next_command, print_outcome
from badgateway.model.run_summary import Decision
from badgateway.report.sections.answer import standings
from tests.cli.given import decided
from tests.report import ladder_sample, samples
from tests.report.choice_sample import study_picked

COMMANDS = Commands(resume="badgateway run x.toml --resume", watch="badgateway ui x.toml")


def printed(run, *, width=1000):
    file = StringIO()
    where = Console(file=file, width=width, force_terminal=True, color_system=None, _environ={})
    outcome._print_table(where, standings.build(run))
    return file.getvalue().replace("\N{NO-BREAK SPACE}", " ")


def test_the_table_has_the_rows_and_the_figures_of_the_report():
    run = samples.picked()
    lines = printed(run).splitlines()
    rows = standings.build(run).rows

    assert lines[0].startswith("At 300 users, limit of p95 ")
    assert len(lines) >= 2 + len(rows)
    for row in rows:
        (line,) = [line for line in lines[2:] if f" {row.name} " in line]
        for text in (row.name, row.verdict, row.failed.text, row.p95.text, row.served.text, row.changes):
            assert text.replace("\N{NO-BREAK SPACE}", " ") in line


def test_the_one_to_run_and_those_that_are_as_good_are_marked():
    marks = {line[0] for line in printed(study_picked()).splitlines()[2:]}

    assert ">" in marks


@pytest.mark.parametrize("width", [75, 80, 100, 120, 160])
@pytest.mark.parametrize("made", [samples.picked, ladder_sample.long_ladder])
def test_on_a_terminal_no_line_is_wider_than_it_or_ends_in_a_space_and_no_file_name_is_broken(made, width):
    text = printed(made(), width=width)

    assert max(map(len, text.splitlines())) <= width
    assert not [line for line in text.splitlines() if line.endswith(" ")]
    assert "gunicorn_gthread.py" in text


@pytest.mark.parametrize("width", [44, 50, 56])
@pytest.mark.parametrize("made", [samples.picked, study_picked])
def test_where_there_is_little_room_no_figure_is_cut_and_each_name_begins(made, width):
    figures = printed(made(), width=width).partition("changes")[0]
    rows = standings.build(made()).rows

    assert "\N{HORIZONTAL ELLIPSIS}" not in figures
    assert all(row.verdict in figures and row.p95.text.replace("\N{NO-BREAK SPACE}", " ") in figures for row in rows)
    assert all(f" {row.name[:8]}" in figures for row in rows)


def test_figures_for_which_there_is_no_room_are_named():
    told = "There is no room here for: carries, tasks/s.\n"

    assert told in printed(study_picked(), width=60)
    assert "no room" not in printed(study_picked(), width=100)


def test_what_each_changes_has_room_beside_the_figures_or_a_table_of_its_own():
    wide, narrow = (printed(samples.picked(), width=width).splitlines() for width in (160, 80))

    assert [line.split()[:2] for line in wide].count(["configuration", "verdict"]) == 1
    assert not any(line.split() == ["configuration", "changes"] for line in wide)
    assert any(line.split() == ["configuration", "changes"] for line in narrow)


def test_what_is_piped_has_one_line_for_each_configuration_and_ends_none_in_a_space(capsys):
    print_outcome(samples.picked(), None)
    lines = capsys.readouterr().out.splitlines()

    assert sum("listen 1,024" in line or "backlog 1,024" in line for line in lines[: lines.index("")]) == 7
    assert not [line for line in lines if line.endswith(" ")]


def test_a_run_without_a_trusted_trial_has_no_table(capsys):
    run = decided(Decision.INCONCLUSIVE)
    print_outcome(replace(run, configurations=()), None)

    assert capsys.readouterr().out.startswith("NO TRUSTED TRIAL for small\n")


def test_the_address_of_the_report_is_one_that_a_terminal_makes_a_link_of():
    assert outcome.address(Path("results/a b/latest/report.html")).startswith("file:///")
    assert outcome.address(Path("results/a b/latest/report.html")).endswith("/results/a%20b/latest/report.html")


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (decided(Decision.PICKED, complete=False), "badgateway run x.toml --resume"),
        (decided(Decision.PICKED), "badgateway ui x.toml first"),
        (decided(Decision.NONE_QUALIFIES), ""),
    ],
)
def test_one_command_follows_from_the_answer(run, expected):
    assert next_command(run, COMMANDS) == expected


def test_where_none_qualifies_the_commonest_cause_is_what_to_read():
    run = samples.picked()
    none = replace(run, recommendation=replace(run.recommendation, decision=Decision.NONE_QUALIFIES))

    assert next_command(none, Commands()) == "badgateway cause listen-queue-full"

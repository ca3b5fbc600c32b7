"""What README and docs/explain.md show of `badgateway explain` is what it says and reads."""

import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from badgateway.cli.entry import cli
from badgateway.logs import Source, read_logs
from badgateway.logs.examples import PREFIXED, examples
from badgateway.servers import gunicorn

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^    \$ \.nox/kit/bin/badgateway (explain .*)\n((?:    .*\n|\n(?=    ))+)", re.MULTILINE)
ROW = re.compile(r"^\| (.+?) \| `(.*)` \|$", re.MULTILINE)


def table(heading):
    """Return the rows of the table under a heading of the page: what writes a line, and the line."""
    rows = ROW.findall(PAGE.partition(f"| {heading} | A line of it |")[2].partition("\n\n")[0])
    return {name: line.replace(r"\|", "|") for name, line in rows}


def kinds(line):
    evidence = read_logs([Source(name="example", content=io.BytesIO(f"{line}\n".encode()))])
    evidence.connection.close()
    return [file.kind for file in evidence.files]


def test_the_readme_begins_with_what_explain_says_of_logs_that_are_in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)
    (shown,) = COMMAND.finditer(README)
    arguments = [
        str(path) for word in shown[1].split() for path in (sorted(Path().glob(word)) if "*" in word else [word])
    ]
    said = CliRunner().invoke(cli, arguments, prog_name="badgateway").stdout

    assert README.index(shown[0]) < README.index("\n## ")
    assert re.sub(r"^    ", "", shown[2], flags=re.MULTILINE).strip() == said.strip()
    assert 8 <= sum(bool(line.strip()) for line in said.splitlines()) <= 12


@pytest.mark.parametrize(("kind", "line"), table("Log").items())
def test_each_example_of_a_log_is_read_as_said(kind, line):
    assert kinds(line) == [kind]


@pytest.mark.parametrize(("writer", "line"), table("Written by").items())
def test_each_example_of_what_stands_before_a_line_is_read(writer, line):
    assert kinds(line) == kinds(examples()[gunicorn.LOG.kind]), writer


def test_the_page_has_the_examples_that_the_command_lists():
    assert table("Log") == dict(examples())
    assert table("Written by") == dict(PREFIXED)

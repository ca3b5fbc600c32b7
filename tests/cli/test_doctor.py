"""What is missing is named with its remedy, and decides on the exit status."""

import json

import pytest
from click.testing import CliRunner

from badgateway.cli import doctor
from badgateway.cli.entry import cli
from badgateway.probe.readiness import Finding, State

FINE = Finding(subject="nginx", state=State.FINE, found="1.22.1")
NOTE = Finding(subject="open files", state=State.NOTED, found="1,024", remedy="ulimit -n 4096")
LACK = Finding(
    subject="mariadb", state=State.MISSING, found="not installed", remedy="apt-get install mariadb-server-core"
)


def called(monkeypatch, found, *arguments):
    monkeypatch.setattr(doctor, "findings", lambda _results: iter(found))
    return CliRunner().invoke(cli, ["doctor", *arguments])


def test_a_note_keeps_nobody_from_running(monkeypatch):
    told = called(monkeypatch, [FINE, NOTE])

    assert told.exit_code == 0
    assert told.output.splitlines() == [
        "ok       nginx       1.22.1",
        "note     open files  1,024: ulimit -n 4096",
        "experiments can be run here",
    ]


def test_what_is_missing_comes_with_the_line_that_installs_it(monkeypatch):
    told = called(monkeypatch, [FINE, LACK])

    assert told.exit_code == 4
    assert told.output.splitlines()[1:] == [
        "missing  mariadb  not installed: apt-get install mariadb-server-core",
        "missing: mariadb",
    ]


@pytest.mark.parametrize(("found", "status"), [([FINE], 0), ([LACK], 4)])
def test_a_program_reads_the_same_as_json(monkeypatch, found, status):
    told = called(monkeypatch, found, "--json")

    assert told.exit_code == status
    assert [one["state"] for one in json.loads(told.output)] == [one.state for one in found]

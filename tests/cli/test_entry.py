"""What the start of a command costs."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from badgateway.cli.entry import cli

ROOT = Path(__file__).parents[2]
_LISTED = """
import json, sys
from badgateway.cli.entry import cli
cli(sys.argv[1:], prog_name="badgateway", standalone_mode=False)
print(json.dumps(sorted(sys.modules)))
"""
_WITHOUT_UNIX = """
import click, duckdb, os, shutil, signal, subprocess, sys, tempfile
for name in ("fcntl", "grp", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
for name in ("fork", "getegid", "geteuid", "getuid", "killpg", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK"):
    delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1"):
    delattr(signal, name)
sys.platform = "win32"
from badgateway.cli.entry import cli
cli(sys.argv[1:], prog_name="badgateway")
"""
"""Runs a command with what there is on Windows, as far as that is seen in what Python has."""
LINE = '203.0.113.7 - - [21/Nov/2026:12:00:01 +0000] "GET /a HTTP/1.1" 502 1 "-" "-"\n'


def modules_of(*arguments: object, stdin: str = "") -> set[str]:
    """Of a process of its own: this one has imported everything."""
    command = [sys.executable, "-c", _LISTED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, input=stdin)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_list_of_commands_imports_none_of_them():
    loaded = modules_of("--help")

    assert not {name for name in loaded if name.startswith("badgateway.cli.")} - {
        "badgateway.cli.entry",
        "badgateway.cli.group",
        "badgateway.cli.streams",
        "badgateway.cli.terminal",
    }
    assert not loaded & {"duckdb", "pydantic", "rich", "badgateway.model.summary"}


def test_explaining_a_log_imports_nothing_that_only_experiments_need(tmp_path):
    log = tmp_path / "access.log"
    log.write_text(LINE)
    loaded = modules_of("explain", log, "--output", tmp_path / "answer.json")

    assert "duckdb" in loaded
    assert not loaded & {
        "numpy",
        "scipy",
        "rich",
        "jinja2",
        "vl_convert",
        # The models of experiments.
        "pydantic",
        "badgateway.cli.commands",
        "badgateway.cli.worker_check",
    }


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DEPENDENCIES = {re.split("[>=<]", one)[0].replace("-python", "").replace("-", "_") for one in PROJECT["dependencies"]}


@pytest.mark.parametrize("options", [("--output", "answer.md"), ("--full",), ("--follow",)])
def test_explaining_needs_two_packages(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    loaded = {name.partition(".")[0] for name in modules_of("explain", *options, "-", stdin=LINE)}

    assert {"numpy", "vl_convert"} < DEPENDENCIES
    assert loaded & DEPENDENCIES == {"click", "duckdb"}


def without(script: str, *words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


@pytest.mark.parametrize(
    "options", [(), *(pytest.param(one, marks=pytest.mark.proof) for one in (("--full",), ("--output", "answer.html")))]
)
def test_a_log_is_explained_with_nothing_that_only_unix_has(tmp_path, options):
    log = tmp_path / "access.log"
    log.write_text(LINE)
    done = without(_WITHOUT_UNIX, "explain", *options, log, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "502" in (done.stdout or (tmp_path / "answer.html").read_text())


@pytest.mark.proof
def test_neither_files_nor_causes_need_what_only_unix_has(tmp_path):
    file = tmp_path / "uwsgi.ini"
    file.write_text("[uwsgi]\nsocket = /run/site.sock\nprocesses = 8\n")

    assert "badgateway cause listen-queue-full" in without(_WITHOUT_UNIX, "advise", file, folder=tmp_path).stdout
    assert "listen" in without(_WITHOUT_UNIX, "cause", "listen-queue-full", folder=tmp_path).stdout


def test_readme_says_which_two():
    named = re.findall(r"'((?:click|duckdb)>=[\d.]+)'", (ROOT / "README.md").read_text())

    assert sorted(named) == sorted(one for one in PROJECT["dependencies"] if one.startswith(("click", "duckdb")))


@pytest.mark.parametrize("name", cli.list_commands(cli.make_context("badgateway", ["--help"], resilient_parsing=True)))
def test_each_command_is_in_the_module_it_is_said_to_be_in(name):
    context = cli.make_context("badgateway", [name], resilient_parsing=True)

    assert cli.get_command(context, name) is cli.commands[name]


def test_the_name_that_a_command_had_in_an_earlier_version_works_and_is_not_listed():
    context = cli.make_context("badgateway", ["probe"], resilient_parsing=True)

    assert cli.get_command(context, "probe") is cli.get_command(context, "worker-check")
    assert "probe" not in cli.list_commands(context)

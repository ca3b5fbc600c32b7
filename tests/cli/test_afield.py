"""The commands of a load that is sent without the kit."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from badgateway.cli.entry import cli
from badgateway.load import locust_file
from badgateway.model.exit_code import ExitCode
from tests.ledger.test_gathered import HEADER, file, line

ROOT = Path(__file__).parents[2]
EXPERIMENT = ROOT / "experiments" / "concurrency.toml"
STAGING = "https://staging.example.org"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="badgateway")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Locust file that was loaded, which takes a second."""
    monkeypatch.setattr(locust_file, "standalone_parts", lambda *_, **__: ("users = 1\n", "rows = 1\n"))


@pytest.mark.usefixtures("parts")
def test_what_sends_a_load_is_written_once_and_its_paths_are_printed(tmp_path):
    arguments = ("emit-load", EXPERIMENT, "--host", f"{STAGING}/", "--users", 7, "--out", tmp_path)
    first, again = call(*arguments), call(*arguments)

    assert first.exit_code == 0, first.output
    assert [Path(path).name for path in first.stdout.split()] == [
        "locustfile.py",
        "locusttest.json",
        "locusttest.json",
        "HOW.md",
        "locust.zip",
    ]
    assert f"7 users ask {STAGING} for" in (tmp_path / "HOW.md").read_text()
    with zipfile.ZipFile(tmp_path / "hosted" / "locust.zip") as packed:
        assert packed.read("locustfile.py") == b"users = 1\n\n\nrows = 1\n"
    assert again.exit_code != 0
    assert "is there already" in again.output


@pytest.mark.usefixtures("parts")
@pytest.mark.parametrize(
    "host",
    [
        "staging.example.org",
        "ftp://x",
        f"{STAGING}/shop",
        f"{STAGING}?x=1",
        f"{STAGING}#x",
        "https://",
        "http://[::1",
        "http://staging.example.org:99999",
        "http://staging.example.org --web-port 80",
        f"{STAGING}\n",
        "https://user:s3cret@staging.example.org",
    ],
)
def test_an_address_that_is_no_sites_is_refused(tmp_path, host):
    result = call("emit-load", EXPERIMENT, "--host", host, "--out", tmp_path)

    assert "badgateway: --host: is not the address of a site in small letters and without a path" in result.output
    assert result.output.count("\n") == 1
    assert "s3cret" not in result.output
    assert not list(tmp_path.iterdir())


def test_rows_that_came_back_are_put_together_and_told(tmp_path):
    one = file(tmp_path, "client-aa.csv", HEADER, line("aa-1"), line("aa-3", status=502), line("aa-3", status=502))
    two = file(tmp_path, "client-bb.csv", HEADER, line("bb-1"))
    log = file(tmp_path, "access.log", '"aa-1"', '"bb-1"')
    result = call("rows", one, two, "--out", tmp_path / "client.csv", "--log", log)

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "3 requests of 2 processes"
    assert "left out: 1 that came twice, 0 lines that are cut" in result.stdout
    assert "aa: 1 request without a row" in result.stdout
    assert f"{log}: has the ids of 2 of 3 requests" in result.stdout
    assert len((tmp_path / "client.csv").read_text().splitlines()) == 4
    assert "is there already" in call("rows", one, "--out", tmp_path / "client.csv").output


def test_rows_that_contradict_themselves_are_refused_as_in_any_trial(tmp_path):
    bad = file(tmp_path, "client-aa.csv", HEADER, line("aa-1", status=0))
    result = call("rows", bad, "--out", tmp_path / "client.csv")

    assert result.exit_code != 0
    assert "got no response header" in result.output


def test_rows_that_cannot_be_believed_leave_no_file_that_looks_like_rows(tmp_path):
    bad = file(tmp_path, "client-aa.csv", HEADER, line("aa-1").replace("10.1", "3"))
    result = call("rows", bad, "--out", tmp_path / "all.csv")

    assert result.exit_code == ExitCode.FAILED
    assert not (tmp_path / "all.csv").exists()


def test_a_log_that_is_not_there_is_named_before_anything_is_written(tmp_path):
    rows = file(tmp_path, "client-aa.csv", HEADER, line("aa-1"))
    result = call("rows", rows, "--out", tmp_path / "all.csv", "--log", tmp_path / "access.log")

    assert "access.log: No such file" in result.output
    assert not (tmp_path / "all.csv").exists()

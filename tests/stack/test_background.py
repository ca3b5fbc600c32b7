from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.process.readiness import await_ready
from badgateway.stack.background import command, in_background
from tests.stack.sites import configuration, site

WORKER = ("python", "manage.py", "db_worker")


def test_it_runs_in_the_applications_folder_with_its_settings_and_the_run_folder_as_home():
    started = command(configuration("servers/x.py", background=WORKER), site())

    assert started.argv == ("/opt/kit/bin/python", "manage.py", "db_worker")
    assert started.directory == Path("/tmp/t/snapshot/app")
    assert started.environment["HOME"] == "/tmp/t/raw/written/run"
    assert started.environment["APP_MEMBERS"] == "10"
    assert "WEB_BIND" not in started.environment
    assert started.log == Path("/tmp/t/raw/background.log")


def test_a_program_of_another_language_is_started_by_its_own_name():
    assert command(configuration("servers/x.py", background=("make", "all")), site()).argv == ("make", "all")


def test_a_configuration_without_one_has_no_such_part():
    with in_background(configuration("servers/x.py"), site()) as children:
        assert children == {}


def test_it_is_there_until_the_block_ends_and_gets_a_chance_to_finish(tmp_path: Path):
    script = "trap 'echo finished; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    beside = configuration("servers/x.py", background=("sh", "-c", script))
    with in_background(beside, site(application=tmp_path, raw=tmp_path, written=tmp_path)) as children:
        (part, child), *_ = children.items()
        await_ready(child, lambda: None if child.output() else "silent", what="its first word", deadline_s=5)
        assert part == "background"
        assert child.exit_code() is None

    assert (tmp_path / "background.log").read_text() == "ready\nfinished\n"


def test_a_program_that_is_not_there_is_named(tmp_path: Path):
    beside = configuration("servers/x.py", background=("no-such-worker",))
    with (
        pytest.raises(DeploymentError, match=r"background \(no-such-worker\): program no-such-worker not found"),
        in_background(beside, site(application=tmp_path, raw=tmp_path, written=tmp_path)),
    ):
        pass

"""A Locust that was there before its orders is the same as one that is started with them."""

import os
import signal

import pytest

from badgateway.errors import LoadError
from badgateway.load.command import Target, headless_command
from badgateway.load.standby import standing_by
from badgateway.model import raw
from tests.load.conftest import ROOT, load_of, run_locust


def test_it_runs_the_load_that_it_is_told(server, tmp_path):
    folder = tmp_path / "trial-1"
    folder.mkdir()
    with standing_by(ROOT, folder) as standby:
        driven = run_locust("visitors", server.url, folder, users=3, warm_up_s=0.2, standby=standby)

    assert {row["status"] for row in driven.rows} == {"200"}
    assert driven.events["users"] == 3
    assert standby.child.exit_code() == 0
    # Of the trial's folder, only regular files are kept.
    assert [path for path in tmp_path.iterdir() if path != folder] == []


def test_one_that_was_never_told_is_gone_afterwards(tmp_path):
    folder = tmp_path / "trial-1"
    folder.mkdir()
    with standing_by(ROOT, folder) as standby:
        pid = standby.child.pid

    assert not (tmp_path / "trial-1.orders").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_that_has_ended_takes_no_orders(server, tmp_path):
    folder = tmp_path / "trial-1"
    folder.mkdir()
    load, _ = load_of("visitors", users=1)
    target = Target(url=server.url, load=load, users=1, client_timeout_s=1, project_root=ROOT)
    with standing_by(ROOT, folder) as standby:
        os.kill(standby.child.pid, signal.SIGKILL)
        with pytest.raises(LoadError, match=r"^Locust was ended by SIGKILL"):
            standby.begin(headless_command(target, folder))
    assert not (folder / raw.CLIENT_ROWS).exists()

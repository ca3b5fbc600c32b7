"""Looking at one trial after another of a run."""

import json

import pytest

from badgateway.load.rows import RowFile
from badgateway.model import raw
from badgateway.model.live_page import PAGE, RunPage
from badgateway.stack.written import FOLDER
from badgateway.study.run_view import RunView


def begin(folder, name):
    """Have a trial begin, of which nothing is there yet but its folder."""
    trial = folder / name
    trial.mkdir()
    (folder / RunPage.FILE).write_text(RunPage(rows=[], raw=str(trial), server="uwsgi").to_json())
    return trial


def deploy(trial):
    (trial / FOLDER).mkdir()
    for name in (raw.ACCESS_LOG, raw.ERROR_LOG):
        (trial / FOLDER / name).touch()
    (trial / raw.SERVER_LOG).touch()
    (trial / raw.SAMPLES).write_text("time_s,series,value,limit_value\n")
    (trial / raw.PROCESSES).write_text("time_s,part,pids,cpu_s,rss_bytes\n")
    RowFile.create(trial / raw.CLIENT_ROWS)


@pytest.fixture
def view(tmp_path):
    (tmp_path / RunPage.FILE).write_text(RunPage(rows=[]).to_json())
    view = RunView(tmp_path, None)
    yield view
    view.close()


def test_it_waits_until_the_trials_files_are_there_and_writes_beside_the_runs_page(view, tmp_path):
    view.look()
    trial = begin(tmp_path, "trial-1")
    view.look()
    assert not (tmp_path / PAGE).exists()
    deploy(trial)
    view.look()
    view._view._next_s = 0
    view.look()

    assert json.loads((tmp_path / PAGE).read_text()) == {"causes": [], "server-now": [], "outcomes": []}
    assert not (trial / PAGE).exists(), "what a trial leaves is what was measured"


def test_what_was_seen_of_a_trial_is_gone_when_the_next_begins(view, tmp_path):
    deploy(begin(tmp_path, "trial-1"))
    view.look()
    (tmp_path / PAGE).write_text("{}")
    begin(tmp_path, "trial-2")
    view.look()

    assert not (tmp_path / PAGE).exists()


def test_a_trial_whose_files_are_taken_away_ends_no_look(view, tmp_path):
    trial = begin(tmp_path, "trial-1")
    deploy(trial)
    view.look()
    trial.rename(tmp_path / "kept")
    (tmp_path / RunPage.FILE).write_text(RunPage(rows=[]).to_json())
    view._view._next_s = 0
    view.look()

    assert (tmp_path / PAGE).exists()


def test_the_pause_after_a_look_goes_on_in_the_next_trial(view, tmp_path):
    deploy(begin(tmp_path, "trial-1"))
    view.look()
    view._view._next_s = 1e12
    deploy(begin(tmp_path, "trial-2"))
    view.look()

    assert view._view.next_s == 1e12
    assert not (tmp_path / PAGE).exists()

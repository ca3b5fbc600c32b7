"""A run that is shown in Locust's web UI."""

import pytest

from badgateway.load.progress import Progress
from badgateway.model.live_page import RunPage
from badgateway.model.outlook import Outlook, Stage
from badgateway.servers.registry import server_of
from badgateway.store.run_folder import RunFolder
from badgateway.study.conduct import conduct
from badgateway.study.shown_run import ShownRun, Together, shown_run
from tests.study.fakes import Told, manifest, small


@pytest.fixture
def page(tmp_path):
    def read() -> RunPage:
        return RunPage.from_json((tmp_path / RunPage.FILE).read_text())

    return read


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def trial(position: int = 1):
    return manifest().trials[position - 1]


def progress(requests: int) -> Progress:
    return Progress(requests=requests, failures=1, users=5, elapsed_s=4, total_s=13)


def test_a_trial_is_shown_with_its_folder_until_it_has_ended(tmp_path, page):
    clock = Clock()
    shown = ShownRun(tmp_path, clock=clock)
    shown.begin(small())
    assert [row["standing"] for row in page().rows] == ["not yet"] * 3
    shown.outlook(Outlook(stage=Stage.BLOCK, number=1, of=6, remaining=3, left_s=240))
    shown.trial_starting(trial(), tmp_path / "trial-1")
    server = server_of(small().configuration(trial().configuration)).name
    assert (page().raw, page().server, page().users) == (str(tmp_path / "trial-1"), server, 5)
    assert page().rows[0]["standing"] == "starting the servers, block 1 of 6, 3 still in the race, about 4 min left"
    clock.now_s += 5
    shown.trial_progress(progress(100))
    assert page().rows[0]["failed"] == "1.00 % (1 of 100)".replace(" %", "\N{NO-BREAK SPACE}%")
    shown.busy_with("writing the reports")

    assert (page().raw, page().users, len(page().rows)) == ("", 0, 3)


def test_the_page_is_written_once_a_second_at_most_while_a_load_runs(tmp_path, page):
    clock = Clock()
    shown = ShownRun(tmp_path, clock=clock)
    shown.begin(small())
    shown.trial_starting(trial(), tmp_path)
    clock.now_s = 1.0
    shown.trial_progress(progress(100))
    clock.now_s = 1.9
    shown.trial_progress(progress(150))

    assert page().rows[0]["failed"].endswith("(1 of 100)")


def test_the_trials_of_a_run_come_into_the_ranking_and_its_own_display_hears_the_same(seam, folder, tmp_path, page):
    told, shown = Told(), ShownRun(tmp_path)
    shown.begin(small())
    conduct(folder, manifest(), tmp_path, Together(told, shown), seam)

    assert [row["trials"] for row in page().rows] == ["1", "1", "1"]
    assert (len(told.started), len(told.ended), bool(told.busy)) == (3, 3, True)


def test_the_web_ui_stands_beside_the_run_and_knows_a_token_that_nobody_else_sees(seam, tmp_path):
    pages: list[str] = []
    with shown_run("small", 4711, seam, pages.append) as shown:
        shown.begin(small())
        assert seam.up == ["locust", "locust"]

    assert seam.up == []
    address, _, token = pages[0].partition("/?token=")
    ui, look = seam.commands
    assert address == "http://127.0.0.1:4711"
    token, _, opened = token.partition("&")
    assert opened == "tab=run"
    assert ui.environment["BADGATEWAY_UI_TOKEN"] == token
    assert token not in " ".join(ui.argv), "ps shows it to everybody"
    assert token not in str(look)


def test_a_run_that_is_resumed_shows_what_comes(seam, folder, tmp_path, page):
    assert isinstance(folder, RunFolder)
    shown = ShownRun(tmp_path)
    shown.begin(small())
    seam.on_deploy = lambda _name: page_has_raw.append(page().raw)
    page_has_raw: list[str] = []
    conduct(folder, manifest(), tmp_path, shown, seam)

    assert [raw.rpartition("/")[2] for raw in page_has_raw] == ["trial-1", "trial-2", "trial-3"]

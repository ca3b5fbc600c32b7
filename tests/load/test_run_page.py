"""What Locust's web UI shows of a run that it does not load itself."""

import json
from typing import Any

import pytest
from flask import Flask, jsonify

from badgateway.load.run_page import Feed, make_page
from badgateway.model.live_page import PAGE, RUN_TABLES, RunPage
from badgateway.model.raw import CLIENT_COLUMNS, CLIENT_ROWS

TOKEN, OWN = "s3cret", {"Host": "127.0.0.1:8089"}


class Statistics:
    def __init__(self):
        self.history = []
        self.requests = []
        self.errors = []

    def clear_all(self):
        self.history, self.requests, self.errors = [], [], []

    def log_request(self, *request):
        self.requests.append(request)

    def log_error(self, *error):
        self.errors.append(error)


def line(name: str = "GET /members/", status: int = 200, error: str = "") -> str:
    return f"id,{name},GET,1.0,1.0,1.1,1.25,{status},10,10,{error},,0\n"


def trial(folder, *lines):
    folder.mkdir()
    (folder / CLIENT_ROWS).write_text(",".join(CLIENT_COLUMNS) + "\n" + "".join(lines))
    return RunPage(rows=[], raw=str(folder), users=3)


def test_requests_are_taken_with_their_name_their_time_and_how_they_failed(tmp_path):
    stats = Statistics()
    Feed(stats).look(trial(tmp_path / "trial-1", line(), line(status=502), line(error="truncated")))

    assert stats.requests == [("GET", "/members/", 250, 10)] * 3
    assert stats.errors == [("GET", "/members/", "502 bad gateway"), ("GET", "/members/", "truncated")]


def test_each_trial_is_counted_anew_and_the_charts_go_over_all(tmp_path):
    stats = Statistics()
    feed = Feed(stats)
    feed.look(trial(tmp_path / "trial-1", line(), line()))
    stats.history.append("a point")
    feed.look(RunPage(rows=[]))
    assert len(stats.requests) == 2, "between trials the last one stays"
    feed.look(trial(tmp_path / "trial-2", line(status=502)))

    assert (len(stats.requests), len(stats.errors), stats.history) == (1, 1, ["a point"])


def test_before_the_first_request_there_is_nothing(tmp_path):
    stats = Statistics()
    Feed(stats).look(RunPage(rows=[], raw=str(tmp_path)))

    assert stats.requests == []


@pytest.fixture
def client(tmp_path):
    (tmp_path / RunPage.FILE).write_text(RunPage(rows=[{"what": "uwsgi-2"}]).to_json())
    (tmp_path / PAGE).write_text(json.dumps({"causes": [{"failures": "12"}]}))
    app = Flask(__name__)
    template: dict[str, Any] = {}
    app.add_url_rule("/", "page", lambda: "<html><head></head><body></body></html>")
    app.add_url_rule("/swarm", "swarm", lambda: "started", methods=["POST"])
    app.add_url_rule("/stats/requests", "stats", lambda: jsonify({"stats": []}))
    make_page(app, template, tmp_path, token=TOKEN, port=8089)
    assert [tab["key"] for tab in template["extended_tabs"]] == [table.key for table in RUN_TABLES]
    return app.test_client()


def test_the_tabs_have_the_rows_of_the_run_and_of_the_look_at_its_trial(client):
    statistics = client.get(f"/stats/requests?token={TOKEN}", headers=OWN).get_json()["extended_stats"]
    rows = {each["key"]: each["data"] for each in statistics}

    assert rows == {"run": [{"what": "uwsgi-2"}], "causes": [{"failures": "12"}], "server-now": [], "outcomes": []}


def test_whoever_has_the_token_looks_and_nobody_gives_orders(client):
    assert client.get("/", headers=OWN).status_code == 403
    page = client.get(f"/?token={TOKEN}", headers=OWN)
    assert "header .MuiButton-contained { display: none; }</style></head>" in page.get_data(as_text=True)
    ordered = client.post(f"/swarm?token={TOKEN}", data={"user_count": "3"}, headers=OWN)

    assert (ordered.status_code, "this run is measured" in ordered.get_data(as_text=True)) == (403, True)

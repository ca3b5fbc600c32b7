"""The kit's tabs in Locust's web UI."""

import json
from functools import partial

import pytest
from flask import Flask, jsonify

from badgateway.load.web_tabs import add_tabs, looked
from badgateway.model.live_page import PAGE, TABLES


@pytest.fixture
def page(tmp_path):
    return tmp_path / PAGE


@pytest.fixture
def template():
    return {}


@pytest.fixture
def client(page, template):
    app = Flask(__name__)
    app.add_url_rule("/stats/requests", "stats", lambda: jsonify({"stats": [1]}))
    app.add_url_rule("/other", "other", lambda: jsonify({"stats": [1]}))
    add_tabs(app, template, TABLES, partial(looked, page.parent))
    return app.test_client()


def test_each_table_has_a_tab_of_its_own(client, template):
    assert [tab["title"] for tab in template["extended_tabs"]] == ["Causes", "Server now", "Outcomes"]
    assert [table["key"] for table in template["extended_tables"]] == [tab["key"] for tab in template["extended_tabs"]]
    assert all(table["structure"] for table in template["extended_tables"])


def test_statistics_come_with_the_rows_that_the_page_has_now(client, page):
    before = client.get("/stats/requests").get_json()
    page.write_text(json.dumps({"causes": [{"failures": "12"}]}))
    after = client.get("/stats/requests").get_json()

    assert before == {"stats": [1], "extended_stats": [{"key": table.key, "data": []} for table in TABLES]}
    assert after["extended_stats"][0] == {"key": "causes", "data": [{"failures": "12"}]}


def test_what_else_is_asked_for_stays_as_it_is(client):
    assert client.get("/other").get_json() == {"stats": [1]}
    assert client.get("/nowhere").status_code == 404

"""Who may use Locust's web UI, and what it may load."""

import pytest
from flask import Flask

from badgateway.load.web_guard import guard

TOKEN, TARGET = "s3cret", "http://127.0.0.1:8080"
OWN = "127.0.0.1:8089"


@pytest.fixture
def client():
    app = Flask(__name__)
    app.add_url_rule("/", "page", lambda: "page")
    app.add_url_rule("/swarm", "swarm", lambda: "started", methods=["POST"])
    guard(app, token=TOKEN, port=8089, target=TARGET)
    return app.test_client()


def ask(client, path="/", *, host=OWN, data=None, **headers):
    send = client.get if data is None else client.post
    more = {} if data is None else {"data": data}
    answer = send(path, headers={"Host": host, **headers}, **more)
    return answer.status_code, answer.get_data(as_text=True)


def test_without_the_token_nothing_is_shown_and_nothing_started(client):
    assert ask(client)[0] == 403
    assert ask(client, "/?token=guessed")[0] == 403
    assert ask(client, "/swarm", data={"user_count": "3"}) == (
        403,
        "open the address that badgateway printed, with its token\n",
    )


def test_the_printed_address_opens_the_page_and_the_browser_stays_known(client):
    assert ask(client, f"/?token={TOKEN}") == (200, "page")
    assert ask(client) == (200, "page")
    assert ask(client, "/swarm", data={"host": f"{TARGET}/"}, Origin=f"http://{OWN}") == (200, "started")
    assert ask(client, host="localhost:8089")[0] == 403, "the cookie belongs to the address that was opened"


def test_the_cookie_is_for_no_script_and_for_no_other_site(client):
    cookie = client.get(f"/?token={TOKEN}", headers={"Host": OWN}).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


@pytest.mark.parametrize(
    "foreign",
    [{"host": "rebound.example:8089"}, {"Origin": "http://evil.example"}, {"Origin": "null"}],
    ids=["host", "origin", "opaque-origin"],
)
def test_what_comes_by_another_name_or_from_another_page_is_refused_although_it_knows_the_token(client, foreign):
    assert ask(client, f"/?token={TOKEN}", **foreign) == (403, "this page is for the browser of this machine alone\n")


def test_no_other_host_can_be_loaded(client):
    ask(client, f"/?token={TOKEN}")
    status, told = ask(client, "/swarm", data={"host": "http://victim.example"})

    assert (status, told) == (403, f"only {TARGET} may be loaded here, not http://victim.example\n")


def test_where_a_run_is_only_looked_at_nothing_is_ordered_whoever_asks():
    app = Flask(__name__)
    app.add_url_rule("/stop", "stop", lambda: "stopped", methods=["GET", "POST", "PUT"])
    guard(app, token=TOKEN, port=8089, target=None)
    client = app.test_client()

    assert ask(client, f"/stop?token={TOKEN}") == (200, "stopped")
    assert ask(client, "/stop", data={}) == (
        403,
        "this run is measured: here it is looked at, and in its terminal it is ended\n",
    )
    assert client.put("/stop", headers={"Host": OWN}).status_code == 403

"""Users begin with the sessions that were made for them, in turn."""

import json
from typing import Any

import pytest
from requests.cookies import RequestsCookieJar

from badgateway.load import cookies as logins
from badgateway.load.settings import SESSIONS


@pytest.fixture
def made(tmp_path, monkeypatch):
    file = tmp_path / "sessions.json"
    file.write_text(json.dumps({"cookie": "sessionid", "keys": ["a", "b"]}))
    monkeypatch.setenv(SESSIONS, str(file))
    logins._made.cache_clear()
    yield
    logins._made.cache_clear()


@pytest.mark.usefixtures("made")
def test_each_user_has_one_and_further_users_share_them():
    assert [logins.cookie_of(number) for number in (1, 2, 3)] == [("sessionid", key) for key in ("b", "a", "b")]


@pytest.mark.usefixtures("made")
def test_it_is_in_the_jar_for_the_site_alone():
    jar = RequestsCookieJar()
    logins.put_into(jar, 1, "https://www.example.org")

    cookies: list[Any] = list(jar)
    (cookie,) = cookies
    assert (cookie.name, cookie.value, cookie.domain) == ("sessionid", "b", "www.example.org")


def test_nobody_is_logged_in_where_none_were_made(monkeypatch):
    monkeypatch.delenv(SESSIONS, raising=False)
    logins._made.cache_clear()
    jar = RequestsCookieJar()
    logins.put_into(jar, 1, "https://www.example.org")

    assert (logins.cookie_of(1), list(jar)) == (None, [])
    logins._made.cache_clear()

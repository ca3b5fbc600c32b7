"""The cookie jar of a RecordedUser."""

import pytest

from badgateway.load.cookies import Cookies

SITE = "http://127.0.0.1:8080"


@pytest.fixture
def jar():
    return Cookies(SITE)


def test_nothing_is_sent_before_anything_is_set(jar):
    assert jar.header("/") == {}
    jar.take([], "/")
    assert jar.header("/") == {}


def test_what_was_set_is_sent_again_and_can_be_read(jar):
    jar.take(["csrftoken=abc; Path=/; HttpOnly", "sessionid=1; Path=/"], "/login/")

    assert jar["csrftoken"] == "abc"
    assert sorted(jar.header("/members/")["Cookie"].split("; ")) == ["csrftoken=abc", "sessionid=1"]


def test_a_cookie_goes_only_where_it_belongs(jar):
    jar.take(["admin=1; Path=/admin/", "secret=1; Path=/; Secure"], "/admin/")

    assert jar.header("/admin/users/") == {"Cookie": "admin=1"}
    assert jar.header("/") == {}


def test_the_site_can_take_a_cookie_back(jar):
    jar.take(["sessionid=1; Path=/"], "/")
    jar.take(["sessionid=; Path=/; Max-Age=0"], "/")

    assert jar.header("/") == {}


def test_a_user_can_bring_a_cookie(jar):
    jar.set("sessionid", "42")

    assert jar.header("/any") == {"Cookie": "sessionid=42"}


def test_two_users_share_nothing(jar):
    jar.take(["sessionid=1; Path=/"], "/")

    assert Cookies(SITE).header("/") == {}

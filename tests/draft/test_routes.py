"""Users are sent where a GET needs nothing that is not known; every other route is named with its reason."""

import pytest

from badgateway.draft.inspected import Route
from badgateway.draft.routes import MOST_TASKS, NotSent, Task, tasks_of


def sorted_out(*routes):
    every = list(tasks_of(routes))
    sent = [one.path for one in every if isinstance(one, Task)]
    return sent, {one.pattern: one.why for one in every if isinstance(one, NotSent)}


def test_plain_routes_are_sent_and_each_once():
    sent, _ = sorted_out(Route(pattern="/"), Route(pattern="/items/"), Route(pattern="/items/"))

    assert sent == ["/", "/items/"]


@pytest.mark.parametrize(
    ("route", "why"),
    [
        (Route(pattern="/items/<int:pk>/"), "needs a value that is not known"),
        (Route(pattern="/items/(?P<pk>[0-9]+)/$", is_regex=True), "needs a value that is not known"),
        (Route(pattern="/pages/", converters={"x": "IntConverter"}), "needs a value that is not known"),
        (Route(pattern="/admin/login/"), "the admin"),
        (Route(pattern="/backstage/", view="django.contrib.admin.sites.index"), "the admin"),
        (Route(pattern="/accounts/logout/"), "it ends the user's session"),
        (Route(pattern="/items/new/", methods=("POST",)), "takes POST only"),
        (Route(pattern="/accounts/login/"), "a form to log in with, which few ask for"),
        (Route(pattern="/accounts/password_reset/done/"), "it is about a password, which few ask for"),
        (
            Route(pattern="/enter/", view="django.contrib.auth.views.LoginView.as_view.<locals>.view"),
            "it is about logins, which few ask for",
        ),
        (Route(pattern="/media/", view="django.views.static.serve"), "a file"),
        (Route(pattern="/openapi.json", view="fastapi.applications"), "describes the API, which few ask for"),
        (Route(pattern="/schema/", view="drf_spectacular.views.Schema"), "describes the API, which few ask for"),
    ],
)
def test_others_are_left_out_with_their_reason(route, why):
    sent, left_out = sorted_out(route)

    assert sent == []
    assert list(left_out.values()) == [why]


def test_all_below_an_admin_is_left_out_by_whatever_name_it_is_mounted():
    index = Route(pattern="/backstage/", name="index", view="django.contrib.admin.sites.AdminSite.index")
    below = Route(pattern="/backstage/auth/user/add/", name="auth_user_add", view="django.contrib.auth.admin.add_view")
    sent, _ = sorted_out(below, index, Route(pattern="/about/"))

    assert sent == ["/about/"]


def test_a_site_that_is_all_pages_behind_one_expression_has_its_home():
    pages = Route(pattern="/^((?:[\\w\\-]+/)*)$", is_regex=True, home="/")

    assert sorted_out(pages)[0] == ["/"]


def test_what_only_a_matcher_needs_is_not_in_the_path():
    sent, _ = sorted_out(Route(pattern="/^about\\.html$", is_regex=True), Route(pattern="/^old/\\Z", is_regex=True))

    assert sent == ["/about.html", "/old/"]


def test_a_site_of_many_routes_does_not_make_a_file_that_nobody_reads():
    sent, left_out = sorted_out(*(Route(pattern=f"/{number}/") for number in range(MOST_TASKS + 3)))

    assert len(sent) == MOST_TASKS
    assert len(left_out) == 3


def test_routes_that_are_left_out_take_no_place_of_those_behind_them():
    admin = (Route(pattern=f"/admin/{number}/") for number in range(MOST_TASKS + 3))
    sent, _ = sorted_out(*admin, Route(pattern="/search/"))

    assert sent == ["/search/"]

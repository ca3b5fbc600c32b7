import html
import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, resolve

from tests.app.conftest import MEMBERS

ONE_TASKS = {"export-status", "export-file"}
"""Addresses that nobody can type: an export's own answer gives them."""


def linked(client) -> list[str]:
    page = client.get("/").content.decode()
    return [html.unescape(address) for address in re.findall(r'href="([^"]+)"', page)]


def test_the_first_page_is_html_that_says_what_the_site_is(client):
    answer = client.get("/")

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f"{MEMBERS} members" in answer.content.decode()


def test_every_link_of_the_first_page_leads_somewhere(client, sleeps):
    addresses = linked(client)

    assert len(addresses) == 5
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def test_no_address_of_the_site_is_missing_on_the_first_page(client):
    page = html.unescape(client.get("/").content.decode())
    named = {resolve(path).view_name for path in re.findall(r"(?<=[\s>])(/[\w/.]+)", page)}

    assert (
        named
        == {one.name for one in get_resolver().url_patterns if isinstance(one, URLPattern) and one.name} - ONE_TASKS
    )


def test_the_first_page_needs_no_database(client):
    with CaptureQueriesContext(connection) as queries:
        client.get("/")

    assert len(queries) == 0


def test_the_first_page_is_only_read(client):
    assert client.post("/").status_code == 405

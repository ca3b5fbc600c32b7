"""The templates of nginx and MariaDB: filled in, or refused with file, line and what to write."""

from pathlib import Path, PurePosixPath

import pytest

from badgateway.databases.mariadb import DATABASE
from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Timeouts
from badgateway.plan.templates import NGINX, fill, template_fault, template_values
from badgateway.stack import nginx
from badgateway.stack.database import render as render_database

FILE = PurePosixPath("servers/x.conf")


def test_values_are_filled_in_and_dollars_are_the_servers_own():
    assert fill(FILE, "listen @{port}; # $host ${uri}", {"port": 80}) == "listen 80; # $host ${uri}"


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [("prot", "did you mean @{port}?"), ("PORT", "did you mean @{port}?"), ("xyz", "allowed are @{host}, @{port}")],
)
def test_an_unknown_value_is_refused_with_its_file_and_line_and_what_to_write(asked, remedy):
    with pytest.raises(ConfigurationError) as refusal:
        fill(FILE, f"user x;\nlisten @{{{asked}}};", {"port": 80, "host": "h"})

    assert str(refusal.value) == f"servers/x.conf, line 2: unknown value @{{{asked}}}; {remedy}"


@pytest.mark.parametrize("text", ["@port", "a@b", "@{Port", "@"])
def test_a_stray_at_sign_does_not_pass_as_text(text):
    told = "line 1: @ must begin one of @{port}; write @@ for an @ of the server's own"

    assert template_fault(text, ("port",)) == told


def test_a_doubled_at_sign_is_one():
    assert fill(FILE, "a@@b", {}) == "a@b"


def proxy(template: str) -> str:
    return nginx.render(template, protocol="uwsgi", upstreams=("/x",), port=1, timeouts=Timeouts(), open_files=9)


def database(template: str) -> str:
    return render_database(DATABASE, template, max_connections=151, folder=Path("/x"), port=1)


@pytest.mark.parametrize(("file", "render"), [(NGINX, proxy), (DATABASE.template, database)])
def test_what_a_plan_lets_a_template_ask_for_is_what_its_server_fills_in(file, render):
    allowed = [f"@{{{value}}}" for value in sorted(template_values(DATABASE)[file])]
    with pytest.raises(ConfigurationError) as refusal:
        render("@{zzzzzzzz}")

    assert str(refusal.value) == f"{file}, line 1: unknown value @{{zzzzzzzz}}; allowed are {', '.join(allowed)}"

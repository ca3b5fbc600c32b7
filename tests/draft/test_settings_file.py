"""Settings for runs alone begin with the site's own, and change what no variable leads to."""

from dataclasses import replace
from typing import Any

import pytest

from badgateway.draft.settings_file import MODULE, Changes, example, lacks_key, needed, settings_text, with_settings
from badgateway.draft.variables import URL, Variables
from tests.draft.sites import database, site


def test_what_variables_lead_to_is_left_alone():
    assert not needed(site(), Variables().with_one("DATABASE_URL", URL, "")).are_some
    assert not needed(site(databases=(database(host="", engine="dummy"),)), Variables()).are_some


def test_half_a_way_is_made_whole():
    half = replace(Variables().with_one("DB_HOST", "${database.host}", ""), fixed=("user",))

    assert needed(site(), half) == Changes(database=True)
    assert with_settings(half, Changes(database=True)).leads_to_database


def test_a_database_on_a_socket_of_this_machine_is_led_away_from_it():
    assert needed(site(databases=(database(host="", port=""),)), Variables()) == Changes(database=True)


def test_a_database_that_is_named_in_the_settings_is_led_by_variables_of_the_kits():
    changes = needed(site(), Variables())
    assert needed(site(allowed_hosts=()), Variables().with_one("DATABASE_URL", URL, "")) == Changes(hosts=True)
    variables = with_settings(Variables(), changes)

    assert changes == Changes(database=True)
    assert variables.leads_to_database
    assert variables.values["DJANGO_SETTINGS_MODULE"] == MODULE
    assert set(example(variables)) == set(variables.values) - {"DJANGO_SETTINGS_MODULE"}


def test_a_file_that_is_named_in_the_settings_is_led_by_a_variable_of_the_kits(monkeypatch):
    changes = needed(site(databases=(database(host="", engine="django.db.backends.sqlite3"),)), Variables())
    variables = with_settings(Variables(), changes)
    text = settings_text("mysite.settings", changes).replace("from mysite.settings import *", "")
    names: dict[str, Any] = {"DATABASES": {"default": {"ENGINE": "x", "NAME": "/srv/precious.sqlite3"}}}
    monkeypatch.setenv("SITE_DATABASE_FILE", "/run/own.sqlite3")
    exec(compile(text, "settings", "exec"), names)

    assert changes == Changes(file=True)
    assert variables.values["SITE_DATABASE_FILE"] == "${database.name}"
    assert set(example(variables)) == {"SITE_DATABASE_FILE"}
    assert names["DATABASES"]["default"] == {"ENGINE": "x", "NAME": "/run/own.sqlite3"}


def test_what_is_written_runs_as_settings(monkeypatch):
    changes = Changes(debug=True, database=True, key=True, hosts=True)
    text = settings_text("mysite.settings", changes).replace("from mysite.settings import *", "")
    for name, value in example(with_settings(Variables(), changes)).items():
        monkeypatch.setenv(name, value)
    options = {"service": "precious", "charset": "utf8mb4"}
    names: dict[str, Any] = {"DATABASES": {"default": {"ENGINE": "x", "HOST": "precious", "OPTIONS": options}}}
    exec(compile(text, "settings", "exec"), names)

    assert names["DEBUG"] is False
    assert names["DATABASES"]["default"]["HOST"] == "61234"
    assert names["DATABASES"]["default"]["OPTIONS"] == {"charset": "utf8mb4"}
    assert names["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost"]


@pytest.mark.parametrize(("missing", "lacks"), [("", True), ("SECRET_KEY", False)])
def test_a_key_that_no_variable_gives_is_lacking(missing, lacks):
    error = "ImproperlyConfigured: The SECRET_KEY setting must not be empty."

    assert lacks_key(site(error=error, missing=missing)) is lacks

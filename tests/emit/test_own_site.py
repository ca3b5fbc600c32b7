"""A site of the user's own: its name, its scheme, its static files and its factory are in the files too."""

import json
from typing import Any

import pytest

from badgateway.emit.files import Target, files_of
from badgateway.emit.subject import Subject
from badgateway.plan.kit_files import located
from badgateway.servers.environment_file import variables
from tests.emit.subjects import ROOT, chosen, report

SHOP = {
    "directory": ".",
    "wsgi": "shop.web:create_app()",
    "host": "www.shop.example",
    "scheme": "https",
    "health": {"path": "/up?deep=1", "status": [200, 302]},
    "static": {"/static/": "staticfiles"},
    "environment": {"DATABASE_URL": "${database.url}", "DJANGO_SETTINGS_MODULE": "shop.settings.production"},
}


def shop(name: str = "gunicorn-gthread", **changes: Any) -> Subject:
    of = json.loads(report("concurrency"))
    of["experiment"]["application"] |= SHOP | changes
    return chosen(name, experiment=of["experiment"])


def written(subject: Subject) -> dict[str, str]:
    return {str(file.path): file.text for file in files_of(subject, tuple(Target))}


def test_nginx_tells_the_site_what_it_was_told_in_the_trials():
    text = written(shop())["nginx/shop.conf"]

    assert "server_name www.shop.example;" in text
    assert "proxy_set_header Host www.shop.example;" in text
    assert "proxy_set_header X-Forwarded-Proto https;" in text
    assert 'location ^~ /static/ {\n        alias "/srv/shop/staticfiles/";' in text


def test_what_a_run_fills_in_is_no_setting_of_a_deployment():
    text = written(shop())["server/site.env"]

    assert "DJANGO_SETTINGS_MODULE=shop.settings.production" in text
    assert "${" not in text
    assert "# DATABASE_URL was set too" in text


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("", "A="),
        ("two words", "A=two words"),
        ("100%", "A=100%"),
        (" led by a space", "A=' led by a space'"),
        ('{"a": 1}', "A='{\"a\": 1}'"),
        ("$HOME # no remark", "A='$HOME # no remark'"),
        ('it\'s "5" \\ $', 'A="it\'s \\"5\\" \\\\ $"'),
    ],
)
def test_a_value_is_the_same_to_whoever_reads_the_file(value, line):
    text = written(shop(environment={"A": value}))["server/site.env"]

    assert f"{line}\n" in text
    assert variables(text)["A"] == value
    assert ("Quotes are not part of a value" in text) is (line[2:3] in {"'", '"'})


def test_what_systemd_would_fill_in_is_no_part_of_a_folder():
    unit = written(shop(directory="src/100%n"))["system/shop.service"]

    assert "WorkingDirectory=/srv/shop/src/100%%n\n" in unit


def test_the_check_is_the_runs_own():
    files = written(shop())

    assert "GET /up?deep=1" in files["load-balancer.md"]
    assert 'path: "/up?deep=1"' in files["kubernetes/deployment.yaml"]


@pytest.mark.parametrize("name", ["gunicorn-gthread", "uwsgi-16"])
def test_a_factory_is_called_by_servers_that_take_one_by_its_name(name):
    subject = shop(name)

    assert "shop.web:create_app()" in written(subject)[f"server/{subject.place.file_name}"]


def test_a_factory_is_said_to_be_one_to_servers_that_have_a_variable_for_it():
    granian = written(shop("granian"))

    assert "GRANIAN_FACTORY=true" in granian["server/granian.env"]
    assert "granian shop.web:create_app\n" in granian["procfile/Procfile"]
    assert "FACTORY" not in written(shop("granian", wsgi="shop.wsgi:application"))["server/granian.env"]


def test_a_server_file_of_the_kits_own_is_found_where_the_kit_has_it():
    subject = chosen("gunicorn-gthread")
    kits = subject.configuration.server.with_name("kit:gunicorn_gthread.py").name

    assert located(ROOT / "nowhere", type(subject.configuration.server)(kits)).read_text() == subject.place.server_text

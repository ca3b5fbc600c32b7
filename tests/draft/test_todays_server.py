"""What runs today becomes a server file with its own settings; where it listens and what it loads is the run's."""

from typing import Any

import pytest

from badgateway.draft.todays_server import ini_of, of_gunicorn, of_uwsgi

GUNICORN: dict[str, Any] = {
    "settings": {
        "workers": 3,
        "threads": 4,
        "backlog": 2048,
        "timeout": 20,
        "graceful_timeout": 30,
        "keepalive": 2,
        "preload_app": False,
        "max_requests": 500,
        "max_requests_jitter": 50,
        "worker_connections": 1000,
        "worker_class": "gthread",
    },
}


def test_gunicorns_own_reading_is_what_is_told_and_the_command_is_what_runs():
    found = of_gunicorn(GUNICORN)

    assert found.file is None
    assert found.limit_s == 20
    assert (found.settings["workers"], found.settings["listen"], found.settings["preload"]) == (3, 2048, False)
    assert "greenlets" not in found.settings


def test_workers_that_run_greenlets_have_their_number():
    told = {"settings": {**GUNICORN["settings"], "worker_class": "gevent"}}

    assert of_gunicorn(told).settings["greenlets"] == 1000


INI = """
[other]
processes = 9
[uwsgi]
http-socket = 0.0.0.0:8080
module = shop.wsgi ; a comment
uid = www-data
workers = 4
; a comment
static-map = /static=static
static-map = /media=media
harakiri = 15
lazy-apps = true
"""


def test_what_says_where_and_as_whom_is_left_out_and_all_else_stays_in_its_order():
    found = of_uwsgi(INI, ["--ini", "uwsgi.ini", "--listen", "64", "--enable-threads"], "uwsgi", "Procfile")
    assert found is not None
    kept = found.text.rpartition("end-if =\n")[2].splitlines()

    assert kept == [
        "processes = 4",
        "static-map = /static=static",
        "static-map = /media=media",
        "harakiri = 15",
        "lazy-apps = true",
        "listen = 64",
        "enable-threads = true",
    ]
    assert found.settings == {"workers": 4, "threads": 1, "listen": 64, "max_requests": 0, "preload": False}
    assert found.limit_s == 15
    assert "socket = $(WEB_BIND)" in found.text
    assert "module = $(WEB_WSGI)" in found.text


@pytest.mark.parametrize("line", ["processes = %k", "if-env = X\nprocesses = 2", "listen = $(LISTEN)"])
def test_a_file_that_decides_for_itself_is_not_guessed_at(line):
    assert of_uwsgi(f"[uwsgi]\n{line}\n", [], "uwsgi", "Procfile") is None


def test_without_a_file_the_options_are_all():
    found = of_uwsgi("", ["--http", ":8000", "-p", "2", "--module=shop.wsgi", "--threads=8"], "uwsgi", "Procfile")

    assert found is not None
    assert found.settings["workers"] == 2
    assert found.settings["threads"] == 8
    assert found.settings["listen"] == 100
    assert ":8000" not in found.text


@pytest.mark.parametrize(("command", "ini"), [("uwsgi --ini etc/a.ini", "etc/a.ini"), ("uwsgi -p 2", "")])
def test_the_file_that_a_command_names_is_found(command, ini):
    assert ini_of(command) == ini

"""What runs today becomes a server file with its own settings; where it listens and what it loads is the run's."""

import ast
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
    "options": {"workers": 3, "proc_name": 'a "shop"'},
    "config": "gunicorn.conf.py",
}


def test_gunicorns_own_reading_is_what_the_configuration_says():
    found = of_gunicorn(GUNICORN, "gunicorn -w 3 a:app", "Procfile")

    assert found.limit_s == 20
    assert found.settings["workers"] == 3
    assert found.settings["listen"] == 2048
    assert found.settings["preload"] is False
    assert "greenlets" not in found.settings


def test_its_file_comes_first_then_the_options_then_what_is_the_runs(tmp_path, monkeypatch):
    text = of_gunicorn(GUNICORN, 'gunicorn -w 3 "a:app"', "Procfile").text
    (tmp_path / "gunicorn.conf.py").write_text("workers = 9\ntimeout = 20\nbind = '0.0.0.0:80'\nuser = 'root'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEB_BIND", "unix:web.sock")
    monkeypatch.setenv("WEB_WSGI", "journal:application")
    names: dict[str, object] = {}
    exec(compile(text, "today.py", "exec"), names)

    assert (names["workers"], names["timeout"], names["worker_class"]) == (3, 20, "gthread")
    assert (names["bind"], names["wsgi_app"], names["user"]) == ("unix:web.sock", "journal:application", None)
    assert ast.get_docstring(ast.parse(text))


def test_a_server_with_greenlets_is_patched_before_a_site_that_is_preloaded():
    told = {**GUNICORN, "settings": {**GUNICORN["settings"], "worker_class": "gevent", "preload_app": True}}
    found = of_gunicorn(told, "gunicorn a:app", "Procfile")

    assert found.text.index("patch_all") < found.text.index("import os")
    assert found.settings["greenlets"] == 1000


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

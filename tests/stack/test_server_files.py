import configparser
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SERVERS = Path(__file__).parents[2] / "servers"
GUNICORN = sorted(SERVERS.glob("gunicorn_*.py"))
UWSGI = sorted(SERVERS.glob("uwsgi*.ini"))
SHOW = "import json, runpy, sys; print(json.dumps(runpy.run_path(sys.argv[1]), default=str))"
NUMBERS = {
    "WEB_WORKERS": "3",
    "WEB_THREADS": "5",
    "WEB_GREENLETS": "7",
    "WEB_LISTEN": "11",
    "WEB_TIMEOUT_S": "13",
    "WEB_BIND": "unix:/x",
    "WEB_WSGI": "a:b",
    "WEB_LAZY": "1",
    "WEB_MAX_REQUESTS": "17",
    "WEB_MAX_REQUESTS_DELTA": "19",
    "WEB_GRACEFUL_STOP_S": "23",
    "WEB_KEEPALIVE_S": "29",
}


def settings(file: Path, environment: dict[str, str]) -> dict[str, object]:
    # In a process of its own: the gevent one patches whatever interpreter reads it.
    program = [sys.executable, "-c", SHOW, str(file)]
    path = {"PATH": os.environ["PATH"]}
    answer = subprocess.run(program, env={**path, **environment}, capture_output=True, text=True, check=True)
    shown: dict[str, object] = json.loads(answer.stdout)
    return shown


@pytest.mark.parametrize("file", GUNICORN, ids=lambda file: file.stem)
def test_a_gunicorn_file_can_be_used_as_it_is(file):
    shown = settings(file, {})
    interface = "asgi" if file.stem == "gunicorn_asgi" else "wsgi"

    assert shown["bind"] == "127.0.0.1:8000"
    assert shown["wsgi_app"] == f"school_site.{interface}:application"
    assert (shown["workers"], shown["timeout"], shown["backlog"]) == (2, 30, 2048)
    assert (shown["max_requests"], shown["graceful_timeout"], shown["preload_app"]) == (0, 30, True)
    assert shown.get("keepalive", 75) == 75
    assert shown["control_socket_disable"] is True


@pytest.mark.parametrize("file", GUNICORN, ids=lambda file: file.stem)
def test_a_gunicorn_file_takes_its_numbers_from_the_environment(file):
    shown = settings(file, NUMBERS)

    assert (shown["workers"], shown["backlog"], shown["timeout"]) == (3, 11, 13)
    assert (shown["bind"], shown["wsgi_app"]) == ("unix:/x", "a:b")
    assert (shown["max_requests"], shown["max_requests_jitter"], shown["graceful_timeout"]) == (17, 19, 23)
    assert shown["preload_app"] is False
    assert shown.get("keepalive", 29) == 29
    own = {"gevent": ("worker_connections", 7), "gthread": ("threads", 5), "sync": ("worker_class", "sync")}
    own["asgi"] = ("worker_class", "asgi")
    name, value = own[file.stem.removeprefix("gunicorn_")]
    assert shown[name] == value


def test_the_gevent_file_patches_before_it_imports_anything_else():
    text = (SERVERS / "gunicorn_gevent.py").read_text().split('"""')[2]
    statements = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert statements[:2] == ["from gevent import monkey", "monkey.patch_all()"]


@pytest.mark.parametrize("file", UWSGI, ids=lambda file: file.stem)
def test_a_uwsgi_file_has_the_settings_without_which_it_fails_in_silence(file):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(file)

    for name in ("strict", "master", "need-app", "single-interpreter", "vacuum", "die-on-term"):
        assert parser.getboolean("uwsgi", name), name


@pytest.mark.parametrize("file", UWSGI, ids=lambda file: file.stem)
def test_every_condition_in_a_uwsgi_file_is_closed_and_sets_one_thing(file):
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith(";")]
    opened = [number for number, line in enumerate(lines) if line.startswith("if-")]

    assert opened
    assert all(lines[number + 2] == "end-if =" for number in opened)
    assert len(opened) == lines.count("end-if =")


def test_the_trap_differs_from_the_good_file_in_the_patch_alone():
    def lines(name: str) -> set[str]:
        text = (SERVERS / name).read_text().splitlines()
        return {line for line in text if line and not line.startswith(";")}

    good, trap = lines("uwsgi_gevent.ini"), lines("uwsgi_gevent_late.ini")
    assert good ^ trap == {"gevent-early-monkey-patch = true", "gevent-monkey-patch = true"}
    assert "A TRAP" in (SERVERS / "uwsgi_gevent_late.ini").read_text().splitlines()[0]


def test_the_wheel_brings_all_of_them(tmp_path):
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    subprocess.run(build, cwd=SERVERS.parent, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    files = {file.name for file in SERVERS.iterdir() if file.is_file()}
    assert {name.rpartition("/")[2] for name in names if name.startswith("badgateway/server_files/")} == files
    assert not [name for name in names if name.startswith("servers/")]

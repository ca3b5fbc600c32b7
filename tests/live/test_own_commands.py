"""The commands of all servers start a site of the user's own, and its users begin logged in where the file says so."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import _reachable_folder
from tests.live.faults.kit import Kit
from tests.live.own_sites import repository
from tests.live.test_own_site import DJANGO

pytestmark = [pytest.mark.live, pytest.mark.proof]
COMMANDS = {
    "uwsgi": ("uwsgi --ini deploy.ini --threads 2", "workers 2, threads 2, model threaded, listen 64"),
    "granian": ("granian --interface wsgi shop.wsgi:application --workers 1 --blocking-threads 4 --port 8000", ""),
    "uvicorn": ("uvicorn shop.asgi:application --workers 2 --host 0.0.0.0 --no-access-log", ""),
    "gunicorn": ("gunicorn -w 2 --threads 3 shop.wsgi", "workers 2, threads 3"),
}
INI = "[uwsgi]\nhttp-socket = :8000\nmodule = shop.wsgi\nprocesses = 2\nlisten = 64\nmaster = true\n"
ASGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")
from django.core.asgi import get_asgi_application
application = get_asgi_application()
"""
USERS = """
from locust import task
from badgateway.load.recorder import RecordedUser, between
class Visitor(RecordedUser):
    wait_time = between(0.1, 0.2)
    @task
    def orders(self) -> None:
        self.fetch("GET", "/orders/", name="GET /orders/")
"""
FILE = """
name = "shop"
question = "Do all commands start it?"
[load]
locustfile = "loadtest/locustfile.py"
login = "sessions"
users = [3]
[objective]
max_failure_share = 0.01
p95_ms = 2000
[application]
python = ".venv/bin/python"
wsgi = "shop.wsgi:application"
asgi = "shop.asgi:application"
host = "www.shop.example"
scheme = "https"
health = { path = "/", status = [200] }
prepare = [["python", "manage.py", "migrate", "--noinput"], ["python", "manage.py", "stock"]]
[application.environment]
DJANGO_SETTINGS_MODULE = "shop.settings.production"
DATABASE_URL = "${database.url}"
SECRET_KEY = "${random}"
[database]
system = "postgresql"
driver = "psycopg"
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Path]:
    with _reachable_folder(None) as folder:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        root = repository(folder, "django_postgres", DJANGO)
        (root / "deploy.ini").write_text(INI)
        (root / "shop" / "asgi.py").write_text(ASGI)
        (root / "loadtest" / "locustfile.py").write_text(USERS)
        subprocess.run(["git", "add", "."], cwd=root, check=True)
        every = (
            f"[[configurations]]\nname = \"{name}\"\ncommand = '{command}'\n" for name, (command, _) in COMMANDS.items()
        )
        (root / "badgateway.toml").write_text(FILE + "".join(every))
        yield root


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_run_as_it_is_and_its_users_are_logged_in(shop: Path, name: str):
    kit = Kit(shop, "check", "--configuration", name)

    assert kit.end(60) == 0, kit.output + kit.errors
    assert "GET /orders/" in kit.output
    assert COMMANDS[name][1] in kit.output

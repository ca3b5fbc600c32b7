"""A site that knows nothing of the kit: with its own Python, a host, TLS in front, a login and static files."""

import csv
import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from badgateway.model import raw
from badgateway.process.account import Account
from tests.live.conftest import _reachable_folder
from tests.live.faults.kit import MAY_KEEP, Kit, read_report, trials
from tests.live.own_sites import repository

pytestmark = [pytest.mark.live, pytest.mark.proof]

DJANGO = ("django", "asgiref", "sqlparse", "typing_extensions", "psycopg", "psycopg_binary")
SHOP = """
name = "shop"
question = "Does the shop run?"
[load]
locustfile = "loadtest/locustfile.py"
users = [3]
warm_up_s = 2
window_s = 2
[machine]
max_steal_share = 1
max_outside_share = 1
[objective]
max_failure_share = 0.01
p95_ms = 5000
[timeouts]
app_s = 8
proxy_read_s = 9
client_s = 12
[application]
python = ".venv/bin/python"
wsgi = "shop.wsgi:application"
host = "www.shop.example"
scheme = "https"
prepare = [
  ["python", "manage.py", "migrate", "--noinput"],
  ["python", "manage.py", "stock"],
  ["python", "manage.py", "collectstatic", "--noinput"],
]
health = { path = "/", status = [200] }
static = { "/static/" = "staticfiles" }
[application.environment]
DJANGO_SETTINGS_MODULE = "shop.settings.production"
DATABASE_URL = "${database.url}"
SECRET_KEY = "${random}"
[database]
system = "postgresql"
driver = "psycopg"
[[configurations]]
name = "today"
baseline = true
command = "gunicorn -c gunicorn.conf.py --threads 3 shop.wsgi"
[[configurations]]
name = "threads"
server = "kit:gunicorn_gthread.py"
workers = 1
threads = 4
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Path]:
    whose = Account(name="root", uid=0, gid=0) if os.geteuid() == 0 else None
    with _reachable_folder(None) as folder:
        if whose:
            folder.chmod(0o711)
        root = repository(folder, "django_postgres", DJANGO)
        (root / ".env").write_text("DATABASE_URL=postgresql://shop:shop@db.example.org/precious\n")
        (root / "badgateway.toml").write_text(SHOP)
        yield root


@pytest.fixture(scope="module")
def ran(shop: Path) -> tuple[Kit, Path]:
    kit = Kit(shop, "run")
    status = kit.end(60)
    assert status in (0, 3), kit.errors
    return kit, shop / "results" / "shop" / "latest"


def rows(run: Path) -> list[dict[str, str]]:
    file, _second = sorted(run.glob(f"trials/*/{raw.CLIENT_ROWS}"))
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_it_is_measured_as_in_production(ran: tuple[Kit, Path]):
    _, run = ran
    trial: dict[str, Any] = trials(read_report(run))["threads"]

    assert trial["status"] in MAY_KEEP, trial["reasons"]
    assert {name for name, number in trial["outcomes"].items() if number} == {"OK"}


def test_what_the_repository_deploys_is_measured_as_it_is_but_for_where_it_listens(ran: tuple[Kit, Path]):
    _, run = ran
    report = read_report(run)
    declared = json.loads((run / raw.MANIFEST).read_text())["experiment"]["configurations"]
    today = next(one for one in declared if one["name"] == "today")

    assert trials(report)["today"]["status"] in MAY_KEEP, trials(report)["today"]["reasons"]
    assert (today["workers"], today["threads"], today["listen"], today["worker_model"]) == (3, 3, 512, "threads")
    assert today["timeouts"]["app_s"] == 20


def test_what_is_told_of_versions_is_what_its_own_environment_has(ran: tuple[Kit, Path]):
    _, run = ran
    versions = dict(read_report(run)["environment"]["versions"])

    assert versions["psycopg"] != "not installed"
    assert versions["pymysql"] == versions["xlsxwriter"] == "not installed"
    # Lent by the kit.
    assert versions["gunicorn"] != "not installed"


def test_who_logged_in_by_its_form_stays_so_although_its_cookies_are_for_tls_alone(ran: tuple[Kit, Path]):
    _, run = ran
    statuses = Counter((row["name"], row["status"], row["error"]) for row in rows(run))

    assert statuses["POST /login/", "302", ""] == 3
    assert statuses["GET /orders/", "200", ""] > 0
    assert {status for _, status, _ in statuses} <= {"200", "302"}


def test_its_static_files_are_served_by_nginx(ran: tuple[Kit, Path]):
    _, run = ran
    log, _second = sorted(run.glob(f"trials/*/{raw.ACCESS_LOG}"))
    static = [line for line in log.read_text().splitlines() if '"/static/catalogue/shop.css"' in line]

    assert static
    assert all('"upstream_addr":""' in line and '"status":200' in line for line in static)


def test_nothing_of_it_was_changed(shop: Path, ran: tuple[Kit, Path]):
    status = subprocess.check_output(["git", "status", "--short"], cwd=shop, text=True)

    changed = [line for line in status.splitlines() if not line.startswith("A  ") and not line.endswith(".txt")]

    assert changed == ["?? badgateway.toml"]

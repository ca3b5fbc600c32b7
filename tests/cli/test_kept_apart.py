"""Commands that start a site which shows no settings go into a network of their own first, where there can be one."""

import shutil
from pathlib import Path

import pytest

from badgateway.cli import planned
from badgateway.cli.entry import cli
from badgateway.process import network
from tests.cli.test_commands import call

SHOP = """
name = "shop"
question = "Does the shop run?"
[load]
locustfile = "loadtest.py"
users = [2]
[objective]
max_failure_share = 0.01
p95_ms = 5000
[application]
wsgi = "shop:application"
prepare = [["python", "fill.py"]]
[application.environment]
SHOP_DATABASE_URL = "${database.url}"
[[configurations]]
name = "sync"
server = "kit:gunicorn_sync.py"
driver = "pymysql"
workers = 1
"""


ANEW = 77
"""Exit status, where the program would have been executed once more."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site of which nobody can tell what it connects to; where there can be such networks, and this is none."""

    def start_anew(*_given: object) -> None:
        raise SystemExit(ANEW)

    for name in ("shop.py", "fill.py", "loadtest.py"):
        (tmp_path / "shop" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "shop" / name).touch()
    (tmp_path / "shop" / "badgateway.toml").write_text(SHOP)
    monkeypatch.setattr(network, "start_apart", start_anew)
    monkeypatch.setattr(planned, "can_start_apart", lambda: True)
    monkeypatch.setattr(cli, "program", ("badgateway",))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.mark.parametrize("command", ["run", "check", "worker-check", "gate"])
def test_a_command_that_starts_it_starts_anew_in_a_network_of_its_own(shop, command):
    del shop
    assert call(command).exit_code == ANEW


def test_a_gate_against_a_checkout_looks_at_that_one_too(shop):
    # This one shows its settings: it is Django's, and every command is one of manage.py.
    shutil.copytree(shop, shop.parent / "main")
    (shop / "manage.py").touch()
    (shop / "badgateway.toml").write_text(SHOP.replace('"fill.py"', '"manage.py", "fill"'))

    assert call("gate").exit_code != ANEW
    assert call("gate", "--against", "../main").exit_code == ANEW

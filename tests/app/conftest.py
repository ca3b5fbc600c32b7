"""Starts Django in this process on SQLite in memory; MariaDB and its drivers are for tests/live."""

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

APP = Path(__file__).parents[2] / "app"
MEMBERS = 120


def start_django() -> None:
    """Configure Django with the settings of the site, except for the database and the logging of this process."""
    sys.path.insert(0, str(APP))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("APP_", "DB_"))]:
            patch.delenv(name)
        # The other driver would stand in for MySQLdb in the whole test run.
        patch.setenv("DB_DRIVER", "mysqlclient")
        patch.setenv("APP_MEMBERS", str(MEMBERS))
        from school_site import settings as site  # noqa: PLC0415 - importable from here on

    real = {name: value for name, value in vars(site).items() if name.isupper()}
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    settings.configure(**real | {"DATABASES": sqlite, "LOGGING_CONFIG": None})
    django.setup()


start_django()


def no_answer(seconds: float) -> int:
    """Refuse: a test that sleeps asks for a fixture that says how it ends."""
    raise AssertionError(f"SLEEP({seconds}) in a test without sleeps or interrupted_sleep")


@dataclass
class Sleep:
    """What MariaDB's SLEEP does in the test that is running."""

    answer: Callable[[float], int] = no_answer


SLEEP = Sleep()


def sleep(seconds: float) -> int:
    """Answer as the test that is running wants it."""
    return SLEEP.answer(seconds)


@pytest.fixture(scope="session")
def loaded():
    """Prepare the database once, and teach SQLite MariaDB's SLEEP.

    Not in each test that sleeps: SQLite takes no function while an export that a test before it gave up is unread.
    """
    call_command("prepare", stdout=io.StringIO())
    connection.connection.create_function("SLEEP", 1, sleep)


@pytest.fixture
def school(loaded):
    """Give a loaded database, and take back what the test writes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def client(school):
    """Give a client of the site on the loaded database."""
    return Client(SERVER_NAME="127.0.0.1")


@pytest.fixture
def sleeps(school, monkeypatch):
    """Let SLEEP return at once; give the list of the seconds that it is asked for."""
    asked: list[float] = []

    def answer(seconds):
        asked.append(seconds)
        return 0

    monkeypatch.setattr(SLEEP, "answer", answer)
    return asked


@pytest.fixture
def interrupted_sleep(school, monkeypatch):
    """Let SLEEP end as MariaDB's does when its query is killed."""
    monkeypatch.setattr(SLEEP, "answer", lambda _seconds: 1)


@pytest.fixture(name="settings")
def changeable_settings(monkeypatch):
    """Give Django's settings; what a test sets is taken back."""

    class Settings:
        def __setattr__(self, name, value):
            monkeypatch.setattr(settings, name, value)

        def __getattr__(self, name):
            return getattr(settings, name)

    return Settings()

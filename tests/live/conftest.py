"""What the live tests share: one filled database for the session, and folders its servers can reach."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import with_servers
from badgateway.process.account import Account, open_passage, service_account, with_own_group
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.experiment_database import prepare_database, restoring
from badgateway.stack.project import Snapshot, take_snapshot
from tests.declared import experiment

ROOT = Path(__file__).parents[2]
SERVER_FILES = (
    "uwsgi.ini",
    "uwsgi_gevent.ini",
    "gunicorn_gevent.py",
    "gunicorn_gthread.py",
    "gunicorn_sync.py",
    "gunicorn_asgi.py",
    "granian.env",
    "granian_asgi.env",
    "uvicorn.env",
)
MEMBERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDatabase:
    """The school site with its data in a MariaDB of its own."""

    experiment: Experiment
    """Has one configuration for each server file and driver, named like gunicorn-sync-pymysql; two workers each."""
    snapshot: Snapshot
    database: RunningDatabase
    account: Account | None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which the site finds the database, with PyMySQL."""
        return {**self.database.environment("pymysql", 0), **self.experiment.application.environment}

    def restore(self) -> None:
        """Take back what was written, and wait for it."""
        with restoring(self.experiment, self.database, self.snapshot) as finish:
            finish()


Deploy = Callable[..., AbstractContextManager[Deployment]]
"""deployed("gunicorn-sync-pymysql", workers=1): a context manager; the second part changes the configuration."""


def configuration(server: str, driver: str) -> dict[str, object]:
    """Return the declaration of one server file with one driver."""
    name = f"{Path(server).stem.replace('_', '-')}-{driver}"
    return {"name": name, "server": f"servers/{server}", "driver": driver, "workers": 2, "threads": 4}


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_ends_children() -> None:
    # A shell that starts pytest in the background lets it ignore Ctrl-C, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def account() -> Account | None:
    return with_own_group(service_account())


@pytest.fixture(scope="session")
def page() -> Iterator[Page]:
    """Give a page of the system's own Chromium; a new one for each test would take longer than most of them."""
    path = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    assert path, "no Chromium on this machine; install it with: apt-get install chromium"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*root, "--disable-gpu"])
        yield browser.new_page()
        browser.close()


@pytest.fixture
def heard(page: Page) -> Iterator[Callable[[str, Callable[..., object]], None]]:
    """Return a function that listens to an event of the page, until it is called again or the test is over."""
    listening: dict[str, Callable[..., object]] = {}
    events: Any = page  # a signature for each event

    def listen(event: str, listener: Callable[..., object]) -> None:
        if event in listening:
            events.remove_listener(event, listening[event])
        listening[event] = listener
        events.on(event, listener)

    yield listen
    for event, listener in listening.items():
        events.remove_listener(event, listener)


@contextmanager
def _reachable_folder(account: Account | None) -> Iterator[Path]:
    # pytest's own temporary folders are closed to other accounts, and their paths are long for unix sockets.
    folder = Path(tempfile.mkdtemp(prefix="badgateway-test-", dir="/tmp"))
    open_passage(folder, account)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def school_database(account: Account | None) -> Iterator[SchoolDatabase]:
    school = experiment(
        application={"environment": {"APP_MEMBERS": str(MEMBERS)}},
        configurations=[
            configuration(server, driver) for server in SERVER_FILES for driver in ("pymysql", "mysqlclient")
        ],
    )
    school = with_servers(school, ROOT)
    with _reachable_folder(account) as folder:
        snapshot = take_snapshot(school, ROOT, folder / "snapshot", account)
        with prepare_database(school, snapshot=snapshot, folder=folder / "database", account=account) as database:
            yield SchoolDatabase(experiment=school, snapshot=snapshot, database=database, account=account)


@pytest.fixture
def raw_folder(account: Account | None) -> Iterator[Path]:
    with _reachable_folder(account) as folder:
        yield folder


@pytest.fixture
def deployed(school_database: SchoolDatabase, raw_folder: Path) -> Deploy:
    """Return a function that deploys one of the school's configurations, changed if need be, into raw_folder."""
    school = school_database

    def deploy_school(name: str, **changes: object) -> AbstractContextManager[Deployment]:
        configuration = school.experiment.configuration(name).model_copy(update=changes)
        return deploy(
            school.experiment,
            configuration,
            database=school.database,
            snapshot=school.snapshot,
            raw=raw_folder,
            account=school.account,
        )

    return deploy_school

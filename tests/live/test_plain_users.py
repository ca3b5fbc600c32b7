"""Plain Locust files on the real stack: the books close, and a failure is counted as that of a RecordedUser is."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from badgateway import ledger
from badgateway.ledger.observed import declared_otherwise, observed_settings
from badgateway.load.locust import drive
from badgateway.model import raw
from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import with_servers
from badgateway.process.account import hand_over
from badgateway.stack.deployment import deploy
from badgateway.stack.project import Snapshot
from tests.declared import experiment
from tests.live.conftest import ROOT, SchoolDatabase, configuration
from tests.load.conftest import load_of

pytestmark = pytest.mark.live

SITE = """
import os, signal, time
from django.conf import settings
settings.configure(
    DEBUG=bool(os.environ.get("APP_DEBUG")), SECRET_KEY="planted", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__,
    DATABASES={}, SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware"],
)
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path

def login(request):
    if request.method == "POST":
        request.session["who"] = request.POST["user"]
        return HttpResponseRedirect("/home")
    return HttpResponse(f'<input name="csrfmiddlewaretoken" value="{get_token(request)}">')

def home(request):
    who = request.session.get("who")
    return HttpResponse(f"hello {who}") if who else HttpResponseRedirect("/login/")

def die(request):
    os.kill(os.getpid(), signal.SIGKILL)

def cut(request):
    return HttpResponse(b"x" * 100, headers={"Content-Length": "1000"})

def slow(request):
    time.sleep(1.5)
    return HttpResponse("late")

def broken(request):
    return HttpResponse("sorry", status=500)

urlpatterns = [
    path("login/", login), path("home", home), path("die", die), path("cut", cut), path("slow", slow),
    path("broken", broken), path("healthz", lambda _: HttpResponse("ok")), path("", lambda _: HttpResponse("ok")),
]
application = get_wsgi_application()
"""
STEPS = "/ /die /cut /missing /broken /slow /die /cut / /"


def troubled(**changes: Any) -> Experiment:
    site = {"directory": "site", "wsgi": "small:application", "prepare": ["true"], "restore": ["true"]}
    one = {**configuration("gunicorn_sync.py", "pymysql"), "workers": 2, **changes}
    return with_servers(experiment(application=site, configurations=[one]), ROOT)


@pytest.fixture
def small_site(school_database: SchoolDatabase, raw_folder: Path):
    """Return a function that deploys the site above."""
    folder = raw_folder / "site"
    folder.mkdir()
    (folder / "small.py").write_text(SITE)
    for path in (folder, folder / "small.py"):
        hand_over(path, school_database.account)
    for name in ("servers", ".badgateway"):
        (raw_folder / name).symlink_to(school_database.snapshot.root / name)

    def deployed(declared: Experiment):
        return deploy(
            declared,
            declared.configurations[0],
            database=school_database.database,
            snapshot=Snapshot.of(raw_folder, school_database.database.server.template),
            raw=raw_folder,
            account=school_database.account,
        )

    return deployed


def loaded(small_site, folder: Path, file: str, **given: Any) -> ledger.Ledger:
    """Load the site with a Locust file, and return what its books say."""
    environment, client_timeout_s = given.pop("environment", {}), given.pop("client_timeout_s", 5)
    load, trial = load_of(file, warm_up_s=0, **given)
    with small_site(troubled()) as deployment:
        done = drive(
            load,
            trial,
            url=deployment.url,
            project_root=ROOT,
            client_timeout_s=client_timeout_s,
            raw=folder,
            on_start=lambda _: None,
            on_progress=lambda _: None,
            check=lambda: None,
            environment=environment,
        )
    return ledger.build(folder, done.window)


def outcomes(found: ledger.Ledger) -> Counter[str]:
    return Counter(outcome for (outcome,) in found.relation.project("outcome").fetchall())


def test_a_plain_file_with_a_form_redirects_and_retries_is_measured_and_its_books_close(small_site, raw_folder):
    found = loaded(small_site, raw_folder, "plain_members", users=6, window_s=3)
    statuses = Counter(found.relation.project("name, status, outcome").fetchall())
    rows = (raw_folder / raw.CLIENT_ROWS).read_text()

    assert found.balance.problem() is None, found.balance
    assert found.rows == found.balance.app == rows.count("\n") - 1
    # Redirected to the form, and again after it.
    assert statuses["GET /home", 302, "OK"] == statuses["GET /login/", 200, "OK"] == 6
    assert statuses["POST sign in", 302, "OK"] == 6
    assert statuses["GET /home", 200, "OK"] > 20
    assert statuses["GET /items/<id>/missing", 404, "OK"] > 0
    assert statuses["GET retried", 500, "SERVER_ERROR"] > 3
    assert set(outcomes(found)) == {"OK", "SERVER_ERROR"}
    # Who is stopped signs out no more: from the stop on, nothing is sent.
    assert "logout" not in rows


@pytest.mark.parametrize("kind", ["recorded", "http", "fast"])
def test_a_broken_site_has_the_same_outcomes_whichever_user_asks(small_site, raw_folder, kind):
    environment = {"APP_KIND": kind, "APP_STEPS": STEPS}
    found = loaded(small_site, raw_folder, "troubled", users=1, window_s=4, client_timeout_s=1, environment=environment)

    assert outcomes(found) == {
        "OK": 3,
        "BAD_GATEWAY": 2,
        "TRUNCATED": 2,
        "BAD_CONTENT": 1,
        "SERVER_ERROR": 1,
        "CLIENT_TIMEOUT": 1,
    }
    assert found.balance.problem() is None, found.balance


@pytest.mark.parametrize(
    ("server", "changes"),
    [
        ("gunicorn_sync.py", {}),
        ("gunicorn_gthread.py", {"threads": 3}),
        ("gunicorn_gevent.py", {"greenlets": 32}),
        ("uwsgi.ini", {"workers": 3}),
        ("uwsgi.ini", {"threads": 4, "listen": 512}),
        ("uwsgi_gevent.ini", {"greenlets": 32}),
    ],
)
def test_a_server_tells_that_it_runs_with_what_was_declared(small_site, school_database, server, changes):
    declared = with_servers(
        experiment(
            application={"directory": "site", "wsgi": "small:application", "prepare": ["true"], "restore": ["true"]},
            configurations=[{**configuration(server, "pymysql"), "workers": 2, **changes}],
        ),
        ROOT,
    )
    one = declared.configurations[0]
    system = school_database.database.system
    with small_site(declared) as deployment:
        observed = observed_settings(deployment.read_journal())

    assert observed["workers"] == str(one.workers)
    assert observed["debug"] == "False"
    assert declared_otherwise(one, observed, system) == ()
    other = one.model_copy(update={"workers": 7, "listen": 99})
    assert len(declared_otherwise(other, observed, system)) == 2

"""A Django site's own Python makes sessions in which its users are logged in, and none of its staff."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from badgateway.stack.logins import SCRIPT
from badgateway.stack.make_sessions import PRINTED

SETTINGS = """
SECRET_KEY = "x"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"
]
ROOT_URLCONF = "site_urls"
ALLOWED_HOSTS = ["*"]
"""
URLS = """
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse(request.user.get_username()))]
"""
WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
FILL = """
import site_wsgi
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
User.objects.create(username="ann")
User.objects.create(username="boss", is_staff=True)
"""
ASK = """
import sys, site_wsgi
from django.test import Client
client = Client()
client.cookies[sys.argv[1]] = sys.argv[2]
print(client.get("/").content.decode())
"""


def python(folder: Path, *arguments: str) -> str:
    environment = {"PATH": os.defpath, "PYTHONPATH": str(folder)}
    return subprocess.check_output([sys.executable, *arguments], cwd=folder, env=environment, text=True)


@pytest.fixture
def site(tmp_path):
    def made(more=""):
        for name, text in {"site_settings": SETTINGS + more, "site_urls": URLS, "site_wsgi": WSGI}.items():
            (tmp_path / f"{name}.py").write_text(text)
        return tmp_path

    return made


def told(folder: Path, number: int = 3) -> dict[str, Any]:
    printed = python(folder, str(SCRIPT), "site_wsgi:application", str(number))
    return dict(json.loads(printed.rpartition(PRINTED)[2]))


def test_users_are_logged_in_those_of_the_site_first_and_none_of_its_staff(site):
    folder = site()
    python(folder, "-c", FILL)
    found = told(folder)
    assert found["cookie"] == "sessionid"
    names = [python(folder, "-c", ASK, "sessionid", key).strip() for key in found["keys"]]

    assert names == ["ann", "badgateway-1", "badgateway-2"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("INSTALLED_APPS = INSTALLED_APPS[:2]\n", "has no django.contrib.sessions"),
        ('SESSION_ENGINE = "django.contrib.sessions.backends.cache"\n', "keeps sessions in a cache"),
    ],
)
def test_a_site_that_cannot_have_them_says_why(site, more, why):
    assert why in told(site(more))["error"]


def test_a_site_of_another_framework_is_told(tmp_path):
    (tmp_path / "site_wsgi.py").write_text("application = None\n")

    assert "no site of Django's" in told(tmp_path)["error"]

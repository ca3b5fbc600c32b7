"""What a site has to be given for a run is found by loading it; else settings for runs are written."""

import os
import sys
import venv
from pathlib import Path

import pytest

from badgateway.draft.repository import look
from badgateway.draft.served_folder import in_its_folder
from badgateway.draft.settings_file import MODULE
from badgateway.draft.today import served_by
from badgateway.errors import DeploymentError
from badgateway.stack.exploration import explore

WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
URLS = "urlpatterns = []\n"
KEY = 'SECRET_KEY = "x"'
POSTGRES = '"ENGINE": "django.db.backends.postgresql"'


def own(found):
    return {name: value for name, value in found.variables.values.items() if name != "DJANGO_SETTINGS_MODULE"}


@pytest.fixture
def explored(tmp_path, monkeypatch):
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    def run(module="mysite.settings", /, **files):
        (tmp_path / "mysite").mkdir(exist_ok=True)
        given = {"__init__": "", "urls": URLS, "wsgi": WSGI.format(settings=module), **files}
        for name, text in given.items():
            file = tmp_path / "mysite" / f"{name.replace('__of__', '/')}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return explore(look(tmp_path), Path(sys.executable), None)

    return run


def settings(*lines, databases="{}"):
    head = ("import os", 'ROOT_URLCONF = "mysite.urls"', f"DATABASES = {databases}", 'ALLOWED_HOSTS = ["127.0.0.1"]')
    return "\n".join((*head, *lines)) + "\n"


def test_single_variables_are_led_to_the_runs_database(explored):
    parts = ("NAME", "USER", "HOST", "PORT", "PASSWORD")
    place = ", ".join(f'"{part}": os.getenv("SHOP_DB_{part}")' for part in parts)
    databases = f'{{"default": {{{POSTGRES}, {place}}}}}'
    found = explored(settings=settings(KEY, databases=databases))

    assert own(found) == {f"SHOP_DB_{part}": f"${{database.{part.lower()}}}" for part in parts}
    assert found.settings_text == ""


@pytest.mark.parametrize(
    "place",
    [
        '"HOST": os.getenv("SHOP_DB_HOST"), "NAME": "precious", "USER": "me", "PASSWORD": "precious"',
        '"HOST": "db.example.org", "NAME": os.getenv("SHOP_DB_NAME"), "USER": "me", "PORT": os.getenv("SHOP_DB_PORT")',
        '"NAME": "precious"',
    ],
    ids=["host alone", "all but the host", "a socket"],
)
def test_half_a_way_to_the_database_is_made_whole_by_settings_for_runs(explored, place):
    found = explored(settings=settings(KEY, databases=f'{{"default": {{{POSTGRES}, {place}}}}}'))

    assert found.variables.leads_to_database
    assert found.variables.values["DJANGO_SETTINGS_MODULE"] == MODULE
    assert 'DATABASES["default"] |=' in found.settings_text


FLASK = """
import os

class App:
    url_map = view_functions = None
    config = {{"SQLALCHEMY_DATABASE_URI": f"postgresql://{address}"}}
    def __call__(self, environ, start_response): ...

application = App()
del App.url_map
"""


@pytest.mark.parametrize(
    ("address", "fixed"),
    [
        ("me:precious@{os.getenv('SHOP_DB_HOST')}:5432/precious", ("port", "name", "user", "password")),
        (
            "{os.getenv('SHOP_DB_USER')}:x@db.example.org:{os.getenv('SHOP_DB_PORT', '5432')}/x",
            ("host", "name", "password"),
        ),
    ],
    ids=["host alone", "user and port"],
)
def test_half_a_way_of_a_site_without_settings_is_no_way(tmp_path, address, fixed):
    (tmp_path / "wsgi.py").write_text(FLASK.format(address=address))
    found = explore(look(tmp_path), Path(sys.executable), None)

    assert found.variables.fixed == fixed
    assert not found.variables.leads_to_database
    assert "precious" not in repr(found.variables)


def test_a_database_and_debug_that_are_written_into_the_settings_are_changed_for_runs_alone(explored):
    databases = f'{{"default": {{{POSTGRES}, "NAME": "precious", "HOST": "db.example.org", "PASSWORD": "precious"}}}}'
    found = explored(settings=settings(KEY, "DEBUG = True", databases=databases))

    assert "from mysite.settings import *" in found.settings_text
    assert "precious" not in found.settings_text
    assert found.variables.values["DJANGO_SETTINGS_MODULE"] == MODULE
    assert found.variables.leads_to_database
    assert not found.site.debug


def test_settings_for_production_beside_those_for_development_are_taken_and_said(explored):
    base = settings('SECRET_KEY = os.environ["KEY_OF_SITE"]')
    found = explored(
        "mysite.settings.dev",
        settings__of____init__="",
        settings__of__base=base,
        settings__of__dev="from .base import *\nDEBUG = True\n",
        settings__of__production="from .base import *\n",
    )

    assert found.site.settings_module == "mysite.settings.production"
    assert "mysite.settings.dev, which has DEBUG = True" in found.settings_source
    assert (found.settings, found.settings_otherwise) == ("mysite.settings.production", "mysite.settings.dev")
    assert found.variables.values["KEY_OF_SITE"] == "${random}"


def test_settings_for_production_are_tried_with_what_the_others_were_given(explored):
    base = 'from urllib.parse import urlsplit\nassert urlsplit(os.environ["DATABASE_URL"]).hostname\n'
    files = {
        "base": settings() + base,
        "local": f"from mysite.base import *\nDEBUG = True\n{KEY}\n",
        "production": 'from mysite.base import *\nSECRET_KEY = os.environ["SITE_KEY"]\n',
    }
    found = explored("mysite.local", **files)

    assert (found.settings, found.site.debug) == ("mysite.production", False)
    assert own(found) == {"DATABASE_URL": "${database.url}", "SITE_KEY": "${random}"}


def test_settings_that_a_dockerfile_names_are_said_to_be_others_than_the_servers_own(explored, tmp_path):
    (tmp_path / "Dockerfile").write_text("ENV DJANGO_SETTINGS_MODULE=mysite.live\n")
    found = explored(settings=settings(KEY, "DEBUG = True"), live="from .settings import *\nDEBUG = False\n")

    assert (found.settings, found.settings_otherwise) == ("mysite.live", "mysite.settings")


def test_settings_that_are_the_servers_own_are_not_said_to_be_others(explored):
    assert explored(settings=settings(KEY)).settings_otherwise == ""


@pytest.mark.parametrize("package", [False, True])
def test_settings_of_an_earlier_time_that_are_broken_do_not_stand_in_the_way_of_new_ones(explored, tmp_path, package):
    (tmp_path / "loadtest").mkdir()
    (tmp_path / "loadtest" / "site_settings.py").write_text("1 / 0\n")
    if package:
        (tmp_path / "loadtest" / "__init__.py").touch()
    found = explored(settings=settings(KEY, "DEBUG = True"))

    assert "DEBUG = False" in found.settings_text
    assert (found.site.settings_module, found.site.debug) == (MODULE, False)


def test_a_site_without_a_key_is_given_one_by_each_run(explored):
    found = explored(settings=settings())

    assert found.variables.values["SITE_SECRET_KEY"] == "${random}"
    assert found.site.has_key


def test_a_key_of_a_variable_that_may_be_missing_is_found(explored):
    found = explored(settings=settings('SECRET_KEY = os.environ.get("APP_SECRET")'))

    assert own(found) == {"APP_SECRET": "${random}"}
    assert found.settings_text == ""


def test_the_hosts_of_a_variable_are_named(explored):
    lines = (KEY, 'ALLOWED_HOSTS = [one for one in os.environ.get("SITE_HOSTS", "").split(",") if one]')
    found = explored(settings=settings(*lines))

    assert own(found) == {"SITE_HOSTS": "badgateway.example"}
    assert found.site.allowed_hosts == ("badgateway.example",)


def test_a_site_that_fails_says_where_and_what(explored):
    with pytest.raises(DeploymentError, match=r"mysite/settings\.py:5: ZeroDivisionError"):
        explored(settings=settings("1 / 0"))


def test_a_folder_without_a_site_is_told(tmp_path):
    with pytest.raises(DeploymentError, match="nothing was found that a server could load"):
        explore(look(tmp_path), Path(sys.executable), None)


PLAIN = "def application(environ, start_response): ...\n"


@pytest.fixture
def served(tmp_path):
    """Look at a repository that is served by a command."""

    def run(line, **files):
        for name, text in files.items():
            file = tmp_path / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        repository, today = in_its_folder(look(tmp_path), served_by(line, "Procfile"))
        return explore(repository, Path(sys.executable), today)

    return run


@pytest.mark.parametrize("line", ["gunicorn shp.wsgi", "gunicorn shop.wsgi:app", "gunicorn 'shop.wsgi:make_app()'"])
def test_a_command_that_loads_what_is_not_there_is_not_believed(served, line):
    found = served(line, shop__wsgi=PLAIN)

    assert found.site.target == "shop.wsgi:application"
    assert found.server is None
    assert "there is no sh" in found.why_not


def test_a_command_that_loads_what_is_not_there_is_named_where_there_is_nothing_else(served):
    with pytest.raises(DeploymentError, match=r"there is no shp\.wsgi to load in the repository, and no module has"):
        served("gunicorn shp.wsgi", other="")


@pytest.mark.parametrize("line", ["gunicorn --chdir src -w 3 inner", "gunicorn -w 3 --pythonpath src inner"])
def test_a_command_that_loads_from_another_folder_keeps_its_numbers(served, line):
    found = served(line, src__inner=PLAIN)

    assert found.why_not == ""
    assert found.site.target == "inner:application"
    assert found.server is not None
    assert found.server.settings["workers"] == 3


def test_a_command_that_its_server_refuses_says_why(served):
    found = served("gunicorn -c gone.py shop.wsgi", shop__wsgi=PLAIN)

    assert found.server is None
    assert "gone.py" in found.why_not


def test_a_site_that_is_installed_from_where_it_is_developed_is_looked_at_in_the_copy(tmp_path, monkeypatch):
    """Else it would ask for its variables unseen, and what it writes would be in the user's folder."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    root = tmp_path / "site"
    (root / "src" / "shop").mkdir(parents=True)
    text = "import os\nfrom pathlib import Path\nPath(__file__).with_name('stamp').touch()\n"
    text += "KEY = os.environ['SHOP_KEY']\ndef app(environ, start): ...\n"
    (root / "src" / "shop" / "app.py").write_text(text)
    venv.create(root / ".venv", symlinks=True)
    (packages,) = (root / ".venv").glob("lib/python*/site-packages")
    (packages / "_shop.pth").write_text(f"{root / 'src'}\n")
    if os.geteuid() == 0:
        # The servers' account looks, and has to get there.
        for place in (root, *root.parents):
            if place.owner() == "root" and place != Path("/"):
                place.chmod(place.stat().st_mode | 0o011)

    found = explore(look(root), root / ".venv/bin/python", served_by("gunicorn shop.app:app", "Procfile"))

    assert (found.site.target, own(found)) == ("shop.app:app", {"SHOP_KEY": "${random}"})
    assert not (root / "src" / "shop" / "stamp").exists()

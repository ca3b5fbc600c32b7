"""A site is loaded by its own Python in a copy: it reaches nothing, writes nothing of the user's, and is told of."""

import ast
import json
import socket
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from badgateway.draft.inspected import inspected
from badgateway.errors import DeploymentError
from badgateway.process.account import open_passage, service_account, with_own_group
from badgateway.stack.inspect_site import PRINTED
from badgateway.stack.inspection import PARTS, SCRIPT, Inspection, can_be_apart, copy_scripts
from badgateway.store.temporary_folder import temporary_folder
from tests.interpreters import VERSIONS, demand_interpreter

PLAIN = "def application(environ, start_response): ...\n"


@pytest.fixture
def folder():
    with temporary_folder() as made:
        open_passage(made, with_own_group(service_account()))
        yield made


@pytest.fixture
def load(folder):
    """Load a site with these files, and tell of it."""
    account = with_own_group(service_account())
    copy = folder / "copy"
    copy.mkdir()
    folder.chmod(0o711)
    copy.chmod(0o777)
    copy_scripts(folder, account)

    def look(files, *targets, filling=False, is_apart=False, python=Path(sys.executable), **variables):
        for name, text in files.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text)
        inspection = Inspection(
            copy=copy,
            folder=folder,
            directory=PurePosixPath(),
            python=python,
            targets=targets or ("site",),
            manage="manage.py" if "manage.py" in files else "",
            account=account,
            is_apart=is_apart,
        )
        return inspection.look_filling(variables) if filling else inspection.look(variables)

    return look


def test_the_first_module_that_has_something_to_serve_is_the_site(load):
    found = load({"shop.py": PLAIN, "empty.py": ""}, "not_there.wsgi", "empty", "shop")

    assert (found.target, found.error) == ("shop:application", "")
    assert found.python.startswith("3.")


@pytest.mark.parametrize("target", ["shop", "shop:create_app()"])
def test_a_factory_is_called(load, target):
    text = "def create_app():\n    def handle(environ, start_response): ...\n    return handle\n"
    found = load({"shop.py": text}, target)

    assert (found.target, found.error) == ("shop:create_app()", "")


def test_a_module_that_is_there_and_fails_is_told_with_file_and_line(load):
    found = load({"shop.py": "\nimport not_installed_anywhere\n"}, "shop")

    assert found.error.startswith("ModuleNotFoundError: ")
    assert found.where == "shop.py:2"


def test_variables_that_are_missing_are_filled_in_one_after_the_other(load):
    text = f"""
import os
os.environ["FIRST_TOKEN"], os.getenv("OPTIONAL"), int(os.environ["SECOND"]), os.environ["DATABASE_URL"]
{PLAIN}"""
    found, filled = load({"shop.py": text}, "shop", filling=True)

    assert found.error == ""
    assert set(filled) == {"FIRST_TOKEN", "SECOND", "DATABASE_URL"}
    assert filled["SECOND"] == "25"
    assert found.variables["OPTIONAL"] is False


def test_a_variable_that_is_needed_without_its_name_being_said_is_found(load):
    found, filled = load({"shop.py": f"import os\nint(os.environ.get('WEB_PORT'))\n{PLAIN}"}, "shop", filling=True)

    assert found.error == ""
    assert filled == {"WEB_PORT": "25"}


SETTINGS_LIBRARY = """
import os
from pydantic import BaseModel
class BaseSettings(BaseModel):
    def __init__(self):
        prefix = self.model_config.get("env_prefix") or ""
        there = {name.lower(): value for name, value in os.environ.items()}
        names = {name: f"{prefix}{name}".lower() for name in type(self).model_fields}
        super().__init__(**{name: there[each] for name, each in names.items() if each in there})
"""
"""Reads the environment as pydantic-settings does: all of it at once, whatever the case of its names."""
DECLARES = '''
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    model_config = {"env_prefix": "SHOP_"}
    debug: bool = False
    secret_key: str
    workers: int
    database_url: str = "sqlite:///shop.db"
class Worker(BaseSettings):
    """That nobody makes."""
    queue: str
settings = Settings()
'''


def test_what_a_class_of_settings_declares_is_filled_in_and_known(load):
    files = {"pydantic_settings.py": SETTINGS_LIBRARY, "config.py": DECLARES, "shop.py": f"import config\n{PLAIN}"}
    found, filled = load(files, "shop", filling=True)

    assert found.error == ""
    assert filled == {"SHOP_SECRET_KEY": "badgateway-made-this-up", "SHOP_WORKERS": "25"}
    assert found.variables["SHOP_DATABASE_URL"] is False
    assert found.variables["SHOP_WORKERS"] is True


def test_a_setting_that_is_wrong_is_told_by_its_name_and_no_other_is_filled_in(load):
    files = {"pydantic_settings.py": SETTINGS_LIBRARY, "config.py": DECLARES, "shop.py": f"import config\n{PLAIN}"}
    found = load(files, "shop", SHOP_SECRET_KEY="x", SHOP_WORKERS="2", SHOP_DEBUG="perhaps")

    assert found.error.startswith(
        "ValidationError: 1 validation error for Settings debug Input should be a valid boolean"
    )
    assert found.missing == ""


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", ("sqlite", "sqlite", "", "sqlite3", False)),
        (
            "mysql+pymysql://me:badgateway_word@db.example:1/shop",
            ("mysql", "mysql+pymysql", "db.example", "pymysql", True),
        ),
    ],
)
def test_an_engine_that_a_site_has_made_shows_its_database(load, address, told):
    text = "import os\nfrom sqlalchemy import create_engine\n"
    text += f'made = create_engine(os.environ.get("DATABASE_URL", "sqlite:///shop.db"))\n{PLAIN}'
    database = load({"shop.py": text}, "shop", **({"DATABASE_URL": address} if address else {})).database

    assert database is not None
    assert (database.engine, database.scheme, database.host, database.driver) == told[:4]
    assert database.has_marked_password is told[4]


ROUTING = """
class Route:
    def __init__(self, path, methods=(), inner=(), kept=()):
        self.path, self.methods, self.routes, self.kept = path, set(methods), list(inner), kept
class WebSocketRoute(Route): pass
def iter_route_contexts(routes):
    for route in routes:
        yield from route.kept or [route]
"""
"""As FastAPI's: a router that is included stays in one piece, and this takes it apart."""
NESTED = """
from fastapi.routing import Route, WebSocketRoute
class Api:
    routes = [
        Route("/health", ["GET"]),
        Route(None, kept=[Route("/rooms/", ["GET", "HEAD"]), Route("/rooms/{room}", ["GET"]), WebSocketRoute("/live")]),
        Route("/v2", inner=[Route("/rooms", ["POST"]), Route("/deep", inner=[Route("/end", ["GET"])])]),
        Route("/files"),
    ]
    async def __call__(self, scope, receive, send): ...
app = Api()
"""


def test_routes_of_included_routers_and_mounted_applications_are_known_by_their_whole_paths(load):
    found = load({"fastapi/__init__.py": "", "fastapi/routing.py": ROUTING, "main.py": NESTED}, "main")

    assert (found.error, found.is_async) == ("", True)
    assert [(one.pattern, *one.methods) for one in found.routes] == [
        ("/health", "GET"),
        ("/rooms/", "GET"),
        ("/rooms/{room}", "GET"),
        ("/v2/rooms", "POST"),
        ("/v2/deep/end", "GET"),
        ("/files",),
    ]


def test_what_a_library_asks_for_while_it_is_imported_is_no_variable_of_the_sites(load, folder):
    # Not below the copy, as what is installed is not.
    text = "import os\nos.getenv('ITS_OWN')\ndef read(name): return os.getenv(name)\n"
    installed = folder / "site-packages"
    installed.mkdir(mode=0o755)
    (installed / "library.py").write_text(text)
    asks = "import library\nlibrary.read('MINE')\nlibrary.read('LIBRARY_DEBUG')\nlibrary.os.getenv('LIBRARY_URL')\n"
    text = f"import sys\nsys.path.append({str(installed)!r})\n{asks}{PLAIN}"
    found = load({"shop.py": text}, "shop")

    # A library's own are its own also where the site calls it; what the site itself asks for is the site's.
    assert found.variables == {"MINE": False, "LIBRARY_URL": False}


@pytest.mark.parametrize("is_apart", [False, True])
def test_nothing_is_connected_to_and_who_tried_is_named(load, folder, is_apart):
    if is_apart and not can_be_apart(folder, with_own_group(service_account())):
        pytest.skip("no network namespaces here")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        text = f"import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}))\nexcept OSError:\n    pass\n"
        found = load({"shop.py": text + PLAIN}, "shop", is_apart=is_apart)
        with pytest.raises(TimeoutError):
            listener.accept()

    assert found.error == ""
    assert [(one.address, one.by) for one in found.tried] == [(f"127.0.0.1:{port}", "shop.py:3")]


def test_what_is_no_python_is_told_in_a_line(load):
    with pytest.raises(DeploymentError, match="looking at the site"):
        load({"shop.py": PLAIN}, "shop", python=Path("/bin/false"))


def test_a_site_that_ends_python_is_told_as_that(load):
    found = load({"shop.py": "raise SystemExit('no licence')"}, "shop")

    assert found.error == "SystemExit: no licence"


SETTINGS = """
import os
SECRET_KEY = os.environ["KEY_OF_SITE"]
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["shop.example.org"]
SECURE_SSL_REDIRECT = True
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db", "PASSWORD": "precious"}}
"""
URLS = """
from django.urls import include, path, re_path
def view(request, pk=0): ...
inner = [path("<int:pk>/", view, name="item")]
urlpatterns = [path("", view, name="home"), path("items/", include((inner, "items"))), re_path("^old/$", view)]
"""
WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "own")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""


def test_settings_and_routes_of_django_are_told_and_no_password(load):
    found, filled = load({"own.py": SETTINGS, "urls.py": URLS, "wsgi.py": WSGI}, "wsgi", filling=True)

    assert list(filled) == ["KEY_OF_SITE"]
    assert (found.kind, found.settings_module, found.debug) == ("django", "own", False)
    assert found.is_redirected
    assert found.allowed_hosts == ("shop.example.org",)
    assert [one.pattern for one in found.routes] == ["/", "/items/<int:pk>/", "/^old/$"]
    assert found.routes[1].converters == {"pk": "IntConverter"}
    assert found.database is not None
    assert found.database.has_password
    assert "precious" not in found.model_dump_json()


def test_a_site_without_a_module_for_servers_is_loaded_by_its_manage_py(load):
    manage = WSGI.partition("from")[0] + "from django.core.management import execute_from_command_line\n"
    manage += "execute_from_command_line(['manage.py', 'migrate'])\n"
    found = load({"own.py": SETTINGS, "urls.py": URLS, "manage.py": manage}, "none", KEY_OF_SITE="x")

    assert (found.target, found.settings_module) == ("", "own")
    assert len(found.routes) == 3


def test_the_scripts_use_nothing_that_a_site_on_python_3_8_has_not():
    for name in PARTS:
        tree = ast.parse(SCRIPT.with_name(name).read_text(), feature_version=(3, 8))
        later = {"removeprefix", "removesuffix", "is_relative_to", "walk", "batched", "zip_strict"}
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not used & later
        assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_scripts_run_on_each_interpreter_that_is_there(version, tmp_path):
    (tmp_path / "shop.py").write_text(PLAIN)
    asked = json.dumps({"targets": ["shop"], "manage": ""})
    argv = [demand_interpreter(version), str(SCRIPT), asked]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = inspected(done.stdout.rpartition(PRINTED)[2])

    assert found.python.startswith(version)
    assert (found.target, found.error) == ("shop:application", "")

"""A repository that the kit has never seen: what init prints, writes, and leaves alone."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from badgateway.cli.entry import cli

SITES = Path(__file__).parents[1] / "sites"
PRECIOUS = "mysql+pymysql://me:precious@db.example.org/shop"


def called(folder, *arguments):
    return CliRunner().invoke(cli, ["init", str(folder), "--python", sys.executable, *arguments])


def files_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def repository(tmp_path):
    def copied(name):
        folder = tmp_path / name
        shutil.copytree(SITES / name, folder)
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        (folder / ".gitignore").write_text(".env\n__pycache__/")
        (folder / ".env").write_text(f"DATABASE_URL={PRECIOUS}\nSECRET_KEY=precious\n")
        return folder

    return copied


@pytest.fixture(autouse=True)
def kept_out(monkeypatch):
    """The caller's own variables are nothing of the site's."""
    monkeypatch.setenv("DATABASE_URL", PRECIOUS)
    monkeypatch.setenv("SECRET_KEY", "precious")
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)


def test_a_flask_factory_is_understood_and_nothing_of_the_users_is_in_what_is_written(repository):
    folder = repository("flask_shop")
    before = files_of(folder)
    told = called(folder, "--yes")
    after = files_of(folder)
    experiment = tomllib.loads((folder / "badgateway.toml").read_text())

    assert told.exit_code == 0, told.output
    assert told.output.endswith("next: badgateway check\n")
    assert "precious" not in told.output
    assert not any(b"precious" in text for path, text in after.items() if path not in before)
    assert {path: text for path, text in after.items() if path.name != ".gitignore"}.items() >= {
        path: text for path, text in before.items() if path.name != ".gitignore"
    }.items()
    assert {str(path.relative_to(folder)) for path in after.keys() - before.keys()} == {
        "badgateway.toml",
        "loadtest/locustfile.py",
    }
    assert (folder / ".gitignore").read_text() == ".env\n__pycache__/\nresults/\n"
    assert experiment["application"]["wsgi"] == "shop:create_app()"
    assert experiment["application"]["environment"]["SECRET_KEY"] == "${random}"
    assert experiment["application"]["environment"]["DATABASE_URL"].startswith("mysql+pymysql://${database.user}:")
    assert experiment["application"]["prepare"] == [["python", "-m", "flask", "--app", "shop:create_app()", "init-db"]]
    assert experiment["database"] == {"system": "mariadb", "driver": "pymysql"}
    today = experiment["configurations"][0]
    assert today["command"] == "gunicorn -c gunicorn.conf.py 'shop:create_app()'"
    assert "workers 3, threads 1, listen 2048" in told.output
    assert experiment["timeouts"]["app_s"] == 20
    assert '"GET", "/products/"' in (folder / "loadtest/locustfile.py").read_text()


def test_a_django_site_is_out_of_debug_by_its_own_variable(repository):
    folder = repository("django_sqlite")
    told = called(folder, "--print")
    text = told.output.partition("--- badgateway.toml\n")[2].partition("--- loadtest")[0]
    experiment = tomllib.loads(text)
    environment = experiment["application"]["environment"]

    assert told.exit_code == 0, told.output
    assert environment == {
        "NOTES_SECRET_KEY": "${random}",
        "NOTES_DEBUG": "False",
        "DJANGO_SETTINGS_MODULE": "loadtest.site_settings",
        "SITE_DATABASE_FILE": "${database.name}",
    }
    assert experiment["database"] == {"system": "sqlite", "driver": "sqlite3"}
    assert experiment["application"]["static"] == {"/static/": "staticfiles"}
    assert ["python", "manage.py", "migrate", "--noinput"] in experiment["application"]["prepare"]
    assert '# also there: ["python", "manage.py", "seed"]' in text
    assert experiment["configurations"][0] == {
        "name": "today",
        "baseline": True,
        "command": "uwsgi --ini uwsgi.ini",
        "note": "uwsgi --ini uwsgi.ini (Procfile)",
    }
    assert "workers 2, threads 1, listen 64" in told.output
    assert "# GET /notes/<int:number>/  (needs a value that is not known)" in told.output
    assert "# GET /admin/" in told.output
    assert not (folder / "badgateway.toml").exists()


def test_what_is_there_already_is_not_overwritten(tmp_path):
    (tmp_path / "badgateway.toml").write_text("mine")
    told = called(tmp_path, "--yes")

    assert told.exit_code == 2
    assert "badgateway.toml is there already" in told.output
    assert "--force" in told.output
    assert (tmp_path / "badgateway.toml").read_text() == "mine"


def test_users_that_are_there_already_stay_the_workload(repository):
    folder = repository("flask_shop")
    (folder / "loadtest").mkdir()
    (folder / "loadtest" / "locustfile.py").write_text("mine")
    told = called(folder, "--yes")

    assert told.exit_code == 0, told.output
    assert "kept loadtest/locustfile.py" in told.output
    assert (folder / "loadtest" / "locustfile.py").read_text() == "mine"

    told = called(folder, "--yes", "--force")

    assert told.exit_code == 0, told.output
    assert "kept loadtest/locustfile.py" in told.output
    assert (folder / "loadtest" / "locustfile.py").read_text() == "mine"


def test_settings_for_runs_that_are_there_already_are_not_overwritten(repository):
    folder = repository("django_sqlite")
    settings = folder / "notes_site" / "settings.py"
    settings.write_text(settings.read_text() + "\nDEBUG = True\n")
    own = folder / "loadtest" / "site_settings.py"
    own.parent.mkdir()
    mine = "from notes_site.settings import *\nDEBUG = False\n# mine\n"
    own.write_text(mine)
    told = called(folder, "--yes")

    assert told.exit_code == 2, told.output
    assert f"{own} is there already; nothing was written" in told.output
    assert own.read_text() == mine
    assert not (folder / "badgateway.toml").exists()

    told = called(folder, "--yes", "--force")

    assert told.exit_code == 0, told.output
    assert "next: badgateway check" in told.output
    assert "DEBUG = False" in own.read_text()
    assert "mine" not in own.read_text()


def test_a_site_that_cannot_be_loaded_is_told_with_file_line_and_remedy(tmp_path):
    (tmp_path / "wsgi.py").write_text("\nimport not_installed_anywhere\n")
    told = called(tmp_path, "--print")

    assert told.exit_code == 4
    assert "the site cannot be loaded at wsgi.py:2: ModuleNotFoundError" in told.output
    assert "--python" in told.output


def test_a_python_that_is_none_is_refused(tmp_path):
    told = CliRunner().invoke(cli, ["init", str(tmp_path), "--python", "no/such/python"])

    assert told.exit_code == 2
    assert "--python no/such/python: no such program" in told.output


def test_a_program_that_is_no_python_is_refused_as_that(tmp_path):
    (tmp_path / "manage.py").touch()
    told = CliRunner().invoke(cli, ["init", str(tmp_path), "--python", "/bin/ls"])

    assert told.exit_code == 4
    assert "--python: /bin/ls does not answer as a Python interpreter does" in told.output


def test_a_folder_without_a_site_is_told_to_be_that(tmp_path):
    told = CliRunner().invoke(cli, ["init", str(tmp_path), "--print", "--python", sys.executable])

    assert told.exit_code == 2
    assert told.output.startswith(f"badgateway: {tmp_path}: no site here: no manage.py")

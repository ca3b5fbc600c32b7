"""The folder that a command goes to before it loads the site is the one that a run starts it in, or it says why not."""

import pytest

from badgateway.draft.repository import look
from badgateway.draft.served_folder import in_its_folder
from badgateway.draft.today import served_by, served_today


def placed(tmp_path, line, *files):
    for name in files or ("src/shop/wsgi.py",):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return in_its_folder(look(tmp_path), served_by(line, "Procfile"))


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn --chdir src -w 3 shop.wsgi",
        "gunicorn --chdir=src -w 3 shop.wsgi",
        "cd src && gunicorn -w 3 shop.wsgi",
        "cd ./src; exec gunicorn -w 3 shop.wsgi",
        "cd src && gunicorn --chdir . -w 3 shop.wsgi",
        "cd src && gunicorn --pythonpath . -w 3 shop.wsgi",
        # Where it lies on the machine that it is deployed to.
        "gunicorn --chdir /srv/shop/src -w 3 shop.wsgi",
        "cd /app && gunicorn --chdir src -w 3 shop.wsgi",
    ],
)
def test_a_folder_that_a_command_goes_to_is_the_one_that_a_run_starts_it_in(tmp_path, line):
    repository, today = placed(tmp_path, line)

    assert today is not None
    assert str(repository.directory) == "src"
    assert repository.modules[0] == "shop.wsgi"
    assert (today.command, today.target, today.why_not) == ("gunicorn -w 3 shop.wsgi", "shop.wsgi", "")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("gunicorn -c /code/deploy/gunicorn.py shop.wsgi", "gunicorn -c deploy/gunicorn.py shop.wsgi"),
        (
            "cd /code && gunicorn --config=/code/deploy/gunicorn.py shop.wsgi",
            "gunicorn --config=deploy/gunicorn.py shop.wsgi",
        ),
        # What is none of the repository's stays as it is.
        ("gunicorn -c /etc/gunicorn.py -b unix:/deploy/gunicorn.py shop.wsgi",) * 2,
    ],
)
def test_a_file_that_a_command_names_where_it_is_deployed_is_the_repositorys(tmp_path, line, command):
    _, today = placed(tmp_path, line, "shop/wsgi.py", "deploy/gunicorn.py")

    assert today is not None
    assert today.command == command


@pytest.mark.parametrize("line", ["gunicorn --pythonpath src shop.wsgi", "gunicorn --pythonpath=./src shop.wsgi"])
def test_a_folder_of_modules_stays_in_the_command(tmp_path, line):
    repository, today = placed(tmp_path, line)

    assert today is not None
    assert str(repository.directory) == "."
    assert today.command == "gunicorn shop.wsgi --pythonpath src"
    assert today.paths == (("--pythonpath", "src"),)


def test_a_folder_of_modules_that_a_run_starts_in_takes_no_option(tmp_path):
    _, today = placed(tmp_path, "gunicorn --pythonpath src shop.wsgi", "src/manage.py", "src/shop/wsgi.py")

    assert today is not None
    assert (today.command, today.paths) == ("gunicorn shop.wsgi", ())


@pytest.mark.parametrize(
    ("line", "files", "why"),
    [
        ("gunicorn --chdir /srv/shop/src store.wsgi", (), "it runs in /srv/shop/src, which is no folder of this"),
        ("cd ../other && gunicorn shop.wsgi", (), "it runs in ../other, which is no folder of this"),
        ("cd gone && gunicorn shop.wsgi", (), "it runs in gone, which is no folder of this"),
        ("gunicorn --pythonpath /srv/lib shop.wsgi", (), "it looks for modules in /srv/lib"),
        ("gunicorn --chdir web wsgi", ("manage.py", "web/wsgi.py"), "in web, and a run in the folder of manage.py"),
        ("gunicorn --pythonpath lib a.wsgi", ("src/manage.py", "lib/a.py"), "it looks for modules in lib"),
        ("uwsgi --chdir=$HOME/src --module a.wsgi", (), "it runs in $HOME/src"),
    ],
)
def test_a_folder_that_a_run_has_not_is_said(tmp_path, line, files, why):
    _, today = placed(tmp_path, line, *files)

    assert today is not None
    assert why in today.why_not


def test_a_repository_without_a_command_stays_as_it_is(tmp_path):
    assert in_its_folder(look(tmp_path), None) == (look(tmp_path), None)


@pytest.mark.parametrize(
    ("line", "directory", "command"),
    [
        ("uvicorn --app-dir src shop:app", ".", "uvicorn shop:app --app-dir src"),
        ("granian --working-dir src shop:app", "src", "granian shop:app"),
        ("uwsgi --chdir src --module shop:app", "src", "uwsgi --module shop:app"),
    ],
)
def test_every_server_has_its_own_words_for_it(tmp_path, line, directory, command):
    repository, today = placed(tmp_path, line)

    assert today is not None
    assert (str(repository.directory), today.command, today.why_not) == (directory, command, "")


def written(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    repository = look(tmp_path)
    return in_its_folder(repository, served_today(repository))


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        (
            "backend/Dockerfile",
            'FROM python\nWORKDIR /app\nCMD ["gunicorn", "shop.app:app"]\n',
            "gunicorn shop.app:app",
        ),
        ("Procfile", "web: gunicorn -w 3 shop.app:app\n", "gunicorn -w 3 shop.app:app"),
        ("deploy/web.service", "ExecStart=/srv/venv/bin/gunicorn shop.app:app\n", "gunicorn shop.app:app"),
        ("backend/uwsgi.ini", "[uwsgi]\nmodule = shop.app:app\n", "uwsgi --ini uwsgi.ini"),
    ],
)
def test_what_is_loaded_says_in_which_folder_a_command_runs_that_does_not_say_it(tmp_path, file, text, command):
    repository, today = written(tmp_path, {file: text, "backend/shop/app.py": "", "frontend/package.json": ""})

    assert today is not None
    assert (str(repository.directory), today.why_not) == ("backend", "")
    assert today.command.endswith(command)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a/shop/app.py": "", "b/shop/app.py": ""}, id="two have it"),
        pytest.param({"shop/app.py": "", "old/shop/app.py": ""}, id="it is there"),
        pytest.param({"src/shop/app.py": ""}, id="it is installed from there"),
        pytest.param({"env/pyvenv.cfg": "", "env/shop/app.py": ""}, id="an environment"),
        pytest.param({"manage.py": "", "backend/shop/app.py": ""}, id="Django says it"),
    ],
)
def test_where_that_is_not_plain_it_runs_at_the_top(tmp_path, files):
    repository, _ = written(tmp_path, {"Procfile": "web: gunicorn shop.app:app\n", **files})

    assert str(repository.directory) == "."

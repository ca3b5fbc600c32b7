"""What runs today comes from the repository's own files, the first that says it."""

import pytest

from badgateway.draft.repository import look
from badgateway.draft.today import of_no_known_server, passed_over, served_by, served_today, unreadable, variables_set
from badgateway.servers.serving_command import expanded


def repository(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return look(tmp_path)


def served(tmp_path, **files):
    today = served_today(repository(tmp_path, **files))
    return today and (today.command, today.server.name, today.source, today.target)


def test_the_web_line_of_a_procfile_is_what_is_deployed(tmp_path):
    text = 'release: python manage.py migrate\nweb: gunicorn -w 4 "shop:create_app()" --log-file -\nworker: celery'

    assert served(tmp_path, Procfile=text) == (
        "gunicorn -w 4 'shop:create_app()' --log-file -",
        "gunicorn",
        "Procfile",
        "shop:create_app()",
    )


@pytest.mark.parametrize(
    ("line", "command", "target"),
    [
        ("gunicorn mysite.wsgi", "gunicorn mysite.wsgi", "mysite.wsgi"),
        ("gunicorn mysite.wsgi --log-file -", "gunicorn mysite.wsgi --log-file -", "mysite.wsgi"),
        ("gunicorn -c gunicorn.conf.py", "gunicorn -c gunicorn.conf.py", ""),
        ("python manage.py migrate && exec gunicorn a.wsgi", "gunicorn a.wsgi", "a.wsgi"),
        ("newrelic-admin run-program /srv/env/bin/gunicorn a:app", "/srv/env/bin/gunicorn a:app", "a:app"),
        ("gunicorn a:app -b 0.0.0.0:$PORT -w ${WORKERS:-3}", "gunicorn a:app -b 0.0.0.0:8000 -w 3", "a:app"),
        ("uvicorn a.asgi:application --port 80", "uvicorn a.asgi:application --port 80", "a.asgi:application"),
        ("uwsgi uwsgi.ini", "uwsgi uwsgi.ini", ""),
        ("uwsgi --ini etc/uwsgi.ini", "uwsgi --ini etc/uwsgi.ini", ""),
    ],
)
def test_a_command_is_taken_from_its_server_on_and_says_what_it_loads(line, command, target):
    today = served_by(line, "Procfile")

    assert today is not None
    assert (today.command, today.target) == (command, target)


def test_a_command_of_no_known_server_is_nothing_that_could_be_compared():
    assert served_by("python manage.py runserver", "Procfile") is None
    assert served_by("gunicorn 'unclosed", "Procfile") is None


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("gunicorn -w $N a:b", ("N",)),
        ("gunicorn -w ${N} a:b", ("N",)),
        ("gunicorn -w $(nproc) a:b", ("(nproc)",)),
        ("gunicorn -w `nproc` a:b", ("`nproc`",)),
    ],
)
def test_what_a_shell_would_put_there_and_nobody_says_is_named(line, unknown):
    today = served_by(line, "Procfile")

    assert today is not None
    assert today.unknown == unknown


def test_a_variable_that_nobody_says_is_named():
    today = served_by("gunicorn a:app -w $WORKERS -t ${LIMIT}", "Procfile")

    assert today is not None
    assert today.unknown == ("WORKERS", "LIMIT")
    assert expanded("${A:-x} ${B-y} ${PORT}") == "x y 8000"


def test_a_servers_own_file_counts_where_there_is_no_procfile(tmp_path):
    found = served(tmp_path, uwsgi_DOT_ini="[uwsgi]\nmodule = a.wsgi\ncallable = app\n", tox_DOT_ini="[tox]\n")

    assert found == ("uwsgi --ini uwsgi.ini", "uwsgi", "uwsgi.ini", "a.wsgi:app")


def test_a_wsgi_file_is_a_module_too(tmp_path):
    found = served(tmp_path, deploy__app_DOT_ini="[uwsgi]\nwsgi-file = shop/wsgi.py\nsocket = :80\n")

    assert found == ("uwsgi --ini deploy/app.ini", "uwsgi", "deploy/app.ini", "shop.wsgi:application")


def test_a_configuration_of_gunicorn_is_run_with_what_the_site_is(tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("workers = 5\n")
    today = served_today(look(tmp_path))

    assert today is not None
    assert today.loading("shop:create_app()").command == "gunicorn -c gunicorn.conf.py 'shop:create_app()'"


@pytest.mark.parametrize(
    "line",
    [
        'CMD ["gunicorn", "a.wsgi", "-w", "4"]',
        "CMD gunicorn a.wsgi -w 4",
        'CMD ["sh", "-c", "python manage.py migrate; gunicorn a.wsgi -w 4"]',
        "CMD set -xe; python manage.py migrate --noinput; gunicorn a.wsgi \\\n  -w 4",
    ],
)
def test_a_dockerfile_says_it_in_every_form(tmp_path, line):
    (command, *_rest) = served(tmp_path, Dockerfile=f"FROM python\nENV DJANGO_SETTINGS_MODULE=a.production\n{line}\n")

    assert command == "gunicorn a.wsgi -w 4"
    assert variables_set(look(tmp_path)) == {"DJANGO_SETTINGS_MODULE": "a.production"}


def test_nothing_but_the_settings_is_taken_from_a_dockerfile(tmp_path):
    repository(tmp_path, Dockerfile="ENV DATABASE_URL=postgres://a:b@db/x\nENV SECRET_KEY precious\n")

    assert variables_set(look(tmp_path)) == {}


def test_a_unit_of_systemd_says_it_last(tmp_path):
    found = served(tmp_path, etc__shop_DOT_service="[Service]\nExecStart=/srv/env/bin/gunicorn a.wsgi -w 4\n")

    assert found == ("/srv/env/bin/gunicorn a.wsgi -w 4", "gunicorn", "etc/shop.service", "a.wsgi")


def test_what_no_file_says_is_not_invented(tmp_path):
    assert served(tmp_path, manage_DOT_py="") is None


@pytest.mark.parametrize(
    ("line", "command", "left_out"),
    [
        ("gunicorn --env DB_PASSWORD=PLANTED a.wsgi -w 2", "gunicorn a.wsgi -w 2", ("DB_PASSWORD",)),
        ("gunicorn -e API_TOKEN=PLANTED -e MODE=fast a.wsgi", "gunicorn -e MODE=fast a.wsgi", ("API_TOKEN",)),
        ("gunicorn --env=DATABASE_URL=PLANTED a.wsgi", "gunicorn a.wsgi", ("DATABASE_URL",)),
        ("gunicorn -e CACHE=redis://u:PLANTED@h/0 a.wsgi", "gunicorn a.wsgi", ("CACHE",)),
        ("uwsgi --env SECRET_KEY=PLANTED --module a.wsgi", "uwsgi --module a.wsgi", ("SECRET_KEY",)),
        ("gunicorn --bind=$HOST -e X_KEY=PLANTED a.wsgi", "gunicorn --bind=$HOST a.wsgi", ("X_KEY",)),
    ],
)
def test_what_a_command_sets_and_may_be_secret_is_not_taken_over_and_is_named(line, command, left_out, tmp_path):
    today = served_today(repository(tmp_path, Procfile=f"web: {line}"))

    assert today is not None
    assert (today.command, today.left_out) == (command, left_out)
    assert "PLANTED" not in repr(today)


@pytest.mark.parametrize("line", ["gunicorn", "uwsgi"])
def test_a_command_of_one_word_loads_what_its_file_says(line, tmp_path):
    today = served_today(repository(tmp_path, Procfile=f"web: {line}"))

    assert today is not None
    assert (today.command, today.target) == (line, "")


IMAGE = "FROM python\nCMD gunicorn a.wsgi\n"


def test_a_line_that_cannot_be_read_gives_no_other_files_command(tmp_path):
    found = repository(tmp_path, Procfile="web: gunicorn a.wsgi -w '7\n", Dockerfile=IMAGE)

    assert served_today(found) is None
    assert unreadable(found) == "Procfile:1 cannot be read (no closing quotation)"


def test_a_line_that_starts_no_known_server_is_named_beside_the_file_that_counts(tmp_path):
    found = repository(tmp_path, Procfile="web: ./start.sh\n", Dockerfile=IMAGE)
    today = served_today(found)

    assert today is not None
    assert (today.source, unreadable(found), passed_over(found, today)) == (
        "Dockerfile",
        "",
        "Procfile:1 starts no server that is known by itself",
    )


def test_variables_that_the_server_reads_come_with_its_command_and_secrets_do_not(tmp_path):
    line = "web: WEB_CONCURRENCY=7 UVICORN_KEY_PASSWORD=PLANTED TOKEN=PLANTED uvicorn a:b\n"
    today = served_today(repository(tmp_path, Procfile=line))

    assert today is not None
    assert (today.variables, today.left_out, today.others) == (
        {"WEB_CONCURRENCY": "7"},
        ("UVICORN_KEY_PASSWORD",),
        ("TOKEN",),
    )
    assert "PLANTED" not in repr(today)


def test_a_command_beside_a_servers_own_file_is_named_without_its_secrets(tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("workers = 5\n")
    line = "CMD gunicorn -e TOKEN=PLANTED a.wsgi -w 7\n"
    found = repository(tmp_path, Dockerfile=f"FROM python\nENV WEB_CONCURRENCY=3\n{line}")
    today = served_today(found)

    assert today is not None
    assert (today.source, passed_over(found, today)) == (
        "gunicorn.conf.py",
        "Dockerfile:3 says `WEB_CONCURRENCY=3 gunicorn a.wsgi -w 7`",
    )


def test_a_line_of_no_known_server_is_named_where_nothing_else_is_there(tmp_path):
    found = repository(tmp_path, Dockerfile='FROM x\nCMD ["fastapi", "run", "app/main.py"]\n')

    assert served_today(found) is None
    assert of_no_known_server(found) == "Dockerfile:2 starts no server that is known by itself"
    assert of_no_known_server(look(tmp_path / "none")) == ""


def test_so_is_what_it_sets_that_the_servers_file_may_read(tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("import os\nworkers = int(os.environ['MAX_WORKERS'])\n")
    found = repository(
        tmp_path, **{"a.service": "Environment=MAX_WORKERS=3\nExecStart=/srv/.venv/bin/gunicorn a.wsgi\n"}
    )
    today = served_today(found)

    assert today is not None
    assert passed_over(found, today) == "a.service:2 says `/srv/.venv/bin/gunicorn a.wsgi` and sets MAX_WORKERS"


STARTED = "FROM python\nWORKDIR /app\n{}\n{}\n"
START = (
    '#!/usr/bin/env bash\nset -e\necho Starting gunicorn\npython manage.py migrate\nexec gunicorn -w 3 a.wsgi "$@"\n'
)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("start.sh", ("COPY . .", 'CMD ["./start.sh"]')),
        ("start.sh", ("COPY . /app", "CMD /app/start.sh")),
        ("start.sh", ("COPY . /app", 'ENTRYPOINT ["sh", "/app/start.sh"]')),
        ("docker/start", ("COPY --chown=www:www ./docker/start /start", 'CMD ["/start"]')),
        ("docker/start.sh", ("COPY docker/start.sh /usr/local/bin/", 'CMD ["/usr/local/bin/start.sh"]')),
    ],
)
def test_a_script_that_an_image_starts_says_the_command(tmp_path, script, lines):
    files = {"Dockerfile": STARTED.format(*lines), script.replace("/", "__").replace(".", "_DOT_"): START}

    assert served(tmp_path, **files) == ("gunicorn -w 3 a.wsgi", "gunicorn", script, "a.wsgi")
    found = served_today(look(tmp_path))
    assert found is not None
    assert passed_over(look(tmp_path), found) == ""


def test_so_does_one_of_a_procfile_and_what_it_sets_before_holds(tmp_path):
    text = '#!/bin/sh\nWORKERS=5\ncd src\nif [ "$1" ]; then\n  shift\nfi\ngunicorn -w ${WORKERS:-2} \\\n  a.wsgi\n'
    today = served_today(repository(tmp_path, Procfile="web: bin/start web\n", bin__start=text))

    assert today is not None
    assert (today.command, today.folder, today.source) == ("gunicorn -w 5 a.wsgi", "src", "bin/start")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("#!/bin/sh\nif x; then exec gunicorn -w 1 a.wsgi; else exec gunicorn -w 9 a.wsgi; fi\n", id="two"),
        pytest.param("#!/usr/bin/env python\ngunicorn a.wsgi\n", id="no script of a shell's"),
        pytest.param("#!/bin/sh\npython manage.py runserver\n", id="none"),
        pytest.param("#!/bin/sh\ngunicorn 'a.wsgi\n", id="it cannot be read"),
    ],
)
def test_a_script_that_does_not_say_one_says_nothing(tmp_path, text):
    found = repository(tmp_path, Procfile="web: bin/start\n", bin__start=text, gunicorn_DOT_conf_DOT_py="workers = 2\n")
    today = served_today(found)

    assert today is not None
    assert today.source == "gunicorn.conf.py"
    assert passed_over(found, today) == "Procfile:1 starts no server that is known by itself"


def test_a_script_out_of_the_repository_is_not_read(tmp_path):
    (tmp_path / "start").write_text("#!/bin/sh\ngunicorn -w 9 a.wsgi\n")

    assert served(tmp_path / "repository", Procfile="web: ../start\n") is None


def test_what_is_for_development_by_its_folder_comes_last(tmp_path):
    local, production = 'CMD ["uvicorn", "a.asgi:application", "--reload"]\n', 'CMD ["gunicorn", "a.wsgi"]\n'
    found = served(tmp_path, local__Dockerfile=local, production__Dockerfile=production)

    assert found is not None
    assert found[2] == "production/Dockerfile"

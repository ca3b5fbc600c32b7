import json

import pytest
from click.testing import CliRunner, Result

from badgateway.cli.entry import cli


def advise(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["advise", *map(str, arguments)], prog_name="badgateway")


@pytest.fixture
def short(tmp_path):
    file = tmp_path / "uwsgi.ini"
    file.write_text("[uwsgi]\nsocket = /run/site.sock\nprocesses = 8\nthreads = 4\n")
    return file


def test_a_trap_is_told_with_its_lines_what_to_turn_and_where_more_stands(short):
    done = advise(short)

    assert done.exit_code == 1
    assert "1. 100 requests may wait at the unix socket; a burst beyond them is turned away" in done.stdout
    assert f"{short}:2  /run/site.sock" in done.stdout
    assert "Change  uWSGI: listen\n" in done.stdout
    assert "badgateway cause listen-queue-full" in done.stdout


def test_the_same_is_an_object(short):
    done = advise(short, "--json", "--max-connections", 20)
    told = json.loads(done.stdout)

    assert [one["cause"] for one in told["invited"]] == ["listen-queue-full", "db-connections-exhausted"]
    assert "--max-connections  20" in told["invited"][1]["lines"]


def test_the_same_is_sarif_with_what_its_schema_requires_at_the_lines_that_say_it(short):
    django = short.with_name("settings with spaces.py")
    django.write_text('SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"\n')
    done = advise(short, django, "--sarif")
    log = json.loads(done.stdout)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert done.exit_code == 1
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    assert run["tool"]["driver"]["name"]
    assert [one["id"] for one in rules] == ["listen-queue-full", "request-header-too-big"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    for one in run["results"]:
        assert one["message"]["text"]
        assert one["level"] == "warning"
        for location in one["locations"]:
            place = location["physicalLocation"]
            assert " " not in place["artifactLocation"]["uri"]
            assert place["region"]["startLine"] >= 1
    # The queue's length is a default, which stands nowhere; what is said of it is at the socket.
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2


def test_sarif_of_nothing_invited_is_a_log_without_results(tmp_path):
    file = tmp_path / "uwsgi.ini"
    file.write_text("[uwsgi]\nlisten = 1024\n")
    done = advise(file, "--sarif")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["runs"][0]["results"] == []


def test_a_header_that_was_seen_may_be_given(tmp_path):
    file = tmp_path / "uwsgi.ini"
    file.write_text("[uwsgi]\nlisten = 1024\n")
    done = advise(file, "--request-header", 5411)

    assert done.exit_code == 1
    assert "the server takes 4096 bytes of header, and one of 5411 bytes was seen" in done.stdout


def test_nothing_known_is_said_to_be_that_and_no_more(tmp_path):
    notes, limit = tmp_path / "notes.txt", tmp_path / "my.cnf"
    notes.write_text("nothing\n")
    limit.write_text("[mysqld]\nmax_connections = 151\n")
    done = advise(notes, limit)

    assert done.exit_code == 0
    assert "Nothing of what is known is invited." in done.stdout
    assert "notes.txt: nothing in it is known" in done.stderr


def test_files_of_which_nothing_could_be_read_are_no_clean_bill_of_health(tmp_path):
    notes = tmp_path / "Procfile"
    notes.write_text("web: ./start.sh\n")
    done = advise(notes, "--json")

    assert done.exit_code == 2
    assert done.stdout == ""
    assert f"{notes}: nothing in it is known, so nothing is told; name the application server's" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("Procfile", "release: x\nweb: gunicorn shop.wsgi -w 30 --bind unix:/run/a.sock --backlog=64\n", 2),
        ("Dockerfile", 'FROM x\nCMD ["gunicorn", "-b", "unix:/run/a.sock", "--backlog", "64", "shop.wsgi"]\n', 2),
        ("shop.service", "[Service]\nExecStart=/srv/bin/uwsgi --socket /run/a.sock --listen 64 -p 30\n", 2),
    ],
)
def test_a_command_that_starts_the_server_is_read_with_its_line(tmp_path, name, text, line):
    file = tmp_path / name
    file.write_text(text)
    done = advise(file, "--json")

    assert done.exit_code == 1
    (queue,) = [one for one in json.loads(done.stdout)["invited"] if one["cause"] == "listen-queue-full"]
    assert f"{file}:{line}  64" in queue["lines"]


def test_a_command_is_stronger_than_the_file_of_its_server_and_adds_to_it(tmp_path):
    procfile, settings = tmp_path / "Procfile", tmp_path / "gunicorn.conf.py"
    settings.write_text("workers = 40\nbacklog = 64\nbind = 'unix:/run/a.sock'\n")
    procfile.write_text("web: gunicorn -w 2 shop.wsgi\n")
    for files in ((procfile, settings), (settings, procfile)):
        told = json.loads(advise(*files, "--max-connections", 30, "--json").stdout)["invited"]

        assert [one["cause"] for one in told] == ["listen-queue-full"]
        assert f"{settings}:2  64" in told[0]["lines"]


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = advise(tmp_path / "gone.ini")

    assert done.exit_code == 2
    assert "gone.ini: no such file" in done.stderr


def test_what_is_not_known_before_it_runs_is_no_pass(tmp_path):
    file = tmp_path / "gunicorn.conf.py"
    file.write_text("import os\nbacklog = 9 * os.cpu_count()\n")
    done = advise(file)

    assert done.exit_code == 3
    assert "Could not be read, or not known before it runs; no default is taken (1 line):" in done.stdout
    assert f"{file}:2  backlog = 9 * os.cpu_count()" in done.stdout
    assert "Nothing is invited by the other lines" in done.stdout
    assert json.loads(advise(file, "--json").stdout)["unknown"] == [f"{file}:2  backlog = 9 * os.cpu_count()"]
    (invocation,) = json.loads(advise(file, "--sarif").stdout)["runs"][0]["invocations"]
    assert "backlog = 9" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_a_file_that_is_no_python_is_no_pass_and_is_named_with_its_line(tmp_path):
    file = tmp_path / "gunicorn.conf.py"
    file.write_text("workers = 4\nbacklog = (\n")
    done = advise(file)

    assert done.exit_code == 3
    assert f"{file}  line 2: no Python" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("site.conf", "server {\n  location / {\n    proxy_pass http://a;\n  }\n", ":1  could not be read: nothing"),
        ("site.conf", "server {\n  proxy_pass http://a;\n}\n}\n", ":4  could not be read: } closes nothing"),
        ("Procfile", "web: gunicorn 'a\n", ":1  could not be read: no closing quotation"),
        ("Dockerfile", "CMD gunicorn a --timeout abc\n", ":1  timeout = abc"),
        ("uwsgi.ini", "[uwsgi]\nlisten = 1024\nprocesses = many\n", ":3  processes = many"),
    ],
)
def test_what_cannot_be_read_is_no_pass_and_is_named_with_its_line(tmp_path, name, text, told):
    file = tmp_path / name
    file.write_text(text)
    done = advise(file)

    assert done.exit_code == 3
    assert f"{file}{told}" in done.stdout


def test_braces_in_comments_and_quotes_are_none_of_nginxs(tmp_path):
    file = tmp_path / "site.conf"
    file.write_text('# {\nserver {\n  log_format a \'{"x": 1\';\n  location ~ "x{2" { proxy_pass http://a; }\n}\n')

    assert advise(file).exit_code == 0


def test_a_folder_is_refused_with_its_files(tmp_path):
    (tmp_path / "Procfile").write_text("web: gunicorn a\n")
    done = advise(tmp_path)

    assert done.exit_code == 2
    assert done.stderr.endswith(f"is a folder; name files: badgateway advise {tmp_path / 'Procfile'}\n")


@pytest.mark.parametrize("form", [(), ("--json",), ("--sarif",)])
def test_no_secret_of_the_files_is_shown_in_any_form(tmp_path, form):
    secret = "hunter2"  # planted
    planted = {
        "Procfile": f"web: SECRET_KEY={secret} gunicorn shop.wsgi --timeout $(limit --token {secret})\n",
        "gunicorn.conf.py": f"backlog = depth(password='{secret}')\nkeepalive = 1\nbind = '127.0.0.1:8000'\n",
        "settings.py": f'DATABASES = {{"default": {{"PASSWORD": "{secret}",\n"CONN_MAX_AGE": f(token="{secret}")}}}}\n',
        "nginx.conf": f"proxy_pass http://127.0.0.1:8000;\nproxy_set_header X-Api-Key {secret};\n"
        f"include /etc/nginx/token={secret}/*.conf;\n",
    }
    files = [tmp_path / name for name in planted]
    for file in files:
        file.write_text(planted[file.name])
    shown = advise(*files, *form)

    assert "backlog" in shown.stdout
    assert "CONN_MAX_AGE" in shown.stdout
    assert secret not in shown.output

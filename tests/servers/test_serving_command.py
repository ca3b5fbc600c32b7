"""The command that serves a site, in the files that start it."""

from pathlib import PurePath

import pytest

from badgateway.servers.serving_command import commands_in, commands_of, expanded, lines_in


def found(name: str, text: str) -> list[tuple[str, str, int]]:
    return [(one.server.name, one.command, one.line) for one in commands_in(PurePath(name), text)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("Procfile", "release: x\nweb: gunicorn shop.wsgi\n", ("gunicorn", "gunicorn shop.wsgi", 2)),
        ("deploy/Procfile", "web: cd a && exec uvicorn a:b --port $PORT\n", ("uvicorn", "uvicorn a:b --port 8000", 1)),
        ("Dockerfile", "FROM x\nRUN a \\\n  b\nCMD uwsgi \\\n --ini a.ini\n", ("uwsgi", "uwsgi --ini a.ini", 4)),
        ("Containerfile", 'CMD ["sh", "-c", "granian a:b"]\n', ("granian", "granian a:b", 1)),
        ("x.service", "[Service]\nExecStart=/srv/bin/gunicorn a\n", ("gunicorn", "/srv/bin/gunicorn a", 2)),
    ],
)
def test_the_files_that_start_a_server_have_its_command_and_line(name, text, told):
    assert found(name, text) == [told]


@pytest.mark.parametrize(
    ("lines", "command"),
    [
        (('ENTRYPOINT ["gunicorn"]', 'CMD ["-w", "4", "app:app"]'), "gunicorn -w 4 app:app"),
        (('CMD ["-w", "4", "app:app"]', 'ENTRYPOINT ["tini", "--", "gunicorn"]'), "gunicorn -w 4 app:app"),
        (('ENTRYPOINT ["tini", "--"]', 'CMD ["gunicorn", "app:app"]'), "gunicorn app:app"),
        (('CMD ["npm", "start"]', "FROM y", 'ENTRYPOINT ["gunicorn", "app:app"]'), "gunicorn app:app"),
        (('CMD ["gunicorn", "app:app"]', "FROM Y"), ""),
        (("FROM y AS Base", 'CMD ["gunicorn", "app:app"]', "FROM z AS built", "FROM base"), "gunicorn app:app"),
        (("FROM y AS base", 'CMD ["app:app"]', "FROM base", 'ENTRYPOINT ["gunicorn", "b:b"]'), "gunicorn b:b"),
        (("FROM y AS base", 'ENTRYPOINT ["gunicorn"]', "FROM base", 'CMD ["app:app"]'), "gunicorn app:app"),
        # In a line of a shell's, the words of the command are nobody's.
        (("ENTRYPOINT gunicorn app:app", 'CMD ["-w", "4"]'), "gunicorn app:app"),
    ],
)
def test_an_image_starts_what_its_last_stage_has_and_an_entrypoint_takes_the_commands_words(lines, command):
    told = [one.command for one in commands_in(PurePath("Dockerfile"), "\n".join(("FROM x", *lines)))]

    assert next(iter(told), "") == command


def test_the_last_command_of_an_image_counts_and_stands_before_its_entrypoint():
    text = "CMD gunicorn old\nENTRYPOINT uvicorn a:b\nCMD gunicorn new\n"

    assert [command for _, command, _ in found("Dockerfile", text)] == ["gunicorn new", "uvicorn a:b"]


@pytest.mark.parametrize(("name", "text"), [("notes.txt", "web: gunicorn a"), ("Procfile", "web: ./start.sh 'a")])
def test_other_files_and_programs_are_none(name, text):
    assert found(name, text) == []


def test_variables_have_what_a_shell_would_put_there_as_far_as_it_is_said():
    assert expanded("a ${N:-4} $PORT ${PORT} $N") == "a 4 8000 8000 $N"
    assert expanded("$APP $KEYS", {"APP": "app.main:app", "KEYS": "me:s3cret"}) == "app.main:app $KEYS"


@pytest.mark.parametrize(
    ("name", "text", "command", "variables", "others"),
    [
        ("Procfile", "web: WEB_CONCURRENCY=7 A=b gunicorn a", "gunicorn a", {"WEB_CONCURRENCY": "7"}, ("A",)),
        ("Procfile", 'web: GUNICORN_CMD_ARGS="-w 7 -t 3" gunicorn a -w 2', "gunicorn -w 7 -t 3 a -w 2", {}, ()),
        ("Procfile", "web: export WEB_CONCURRENCY=7 && gunicorn a", "gunicorn a", {"WEB_CONCURRENCY": "7"}, ()),
        ("Procfile", "web: env UVICORN_WORKERS=7 uvicorn a:b", "uvicorn a:b", {"UVICORN_WORKERS": "7"}, ()),
        ("Procfile", "web: WEB_CONCURRENCY=$N gunicorn a", "gunicorn a", {}, ("WEB_CONCURRENCY",)),
        ("Dockerfile", "FROM x\nENV WEB_CONCURRENCY=7\nCMD gunicorn a", "gunicorn a", {"WEB_CONCURRENCY": "7"}, ()),
        ("Dockerfile", 'FROM x\nENV A=b \\\n GUNICORN_CMD_ARGS="-w 7"\nCMD gunicorn a', "gunicorn -w 7 a", {}, ("A",)),
        ("Dockerfile", "FROM x AS y\nENV WEB_CONCURRENCY 7\nFROM z\nCMD gunicorn a", "gunicorn a", {}, ()),
        (
            "Dockerfile",
            "FROM x AS y\nENV WEB_CONCURRENCY 7\nFROM y\nCMD gunicorn a",
            "gunicorn a",
            {"WEB_CONCURRENCY": "7"},
            (),
        ),
        (
            "x.service",
            '[Service]\nEnvironment="WEB_CONCURRENCY=7" A=b\nExecStart=/b/gunicorn a\n',
            "/b/gunicorn a",
            {"WEB_CONCURRENCY": "7"},
            ("A",),
        ),
    ],
)
def test_variables_that_a_server_reads_are_taken_and_others_are_named(name, text, command, variables, others):
    (one,) = commands_in(PurePath(name), text)

    assert (one.command, one.variables, one.others) == (command, variables, others)


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("Procfile", "web: N=7; gunicorn -w $N a", "gunicorn -w 7 a"),
        ("Procfile", "web: export N=7 && gunicorn -w ${N:-2} a", "gunicorn -w 7 a"),
        ("Dockerfile", "FROM x\nENV N=7\nCMD gunicorn -w $N -b :$PORT a", "gunicorn -w 7 -b :8000 a"),
        ("x.service", "[Service]\nEnvironment=N=7\nExecStart=/b/gunicorn -w ${N} a\n", "/b/gunicorn -w 7 a"),
        # No secret comes into a command so.
        ("Procfile", "web: TOKEN=precious; gunicorn -e A=$TOKEN a", "gunicorn -e A=$TOKEN a"),
        ("Procfile", "web: A=https://me:precious@x; gunicorn -e A=$A a", "gunicorn -e A=$A a"),
        ("Dockerfile", "FROM x\nENV STRIPE=sk_live_4eC39\nCMD gunicorn -e A=$STRIPE a", "gunicorn -e A=$STRIPE a"),
        ("Dockerfile", "FROM x\nENV K=gthread\nCMD gunicorn -k $K a", "gunicorn -k gthread a"),
    ],
)
def test_what_is_set_before_is_put_where_the_command_has_its_name(name, text, command):
    assert [one.command for one in commands_in(PurePath(name), text)] == [command]


@pytest.mark.parametrize(
    "line",
    [
        'sh -c "python manage.py migrate && gunicorn a.wsgi -w 7"',
        "exec bash -lc 'cd x; exec gunicorn a.wsgi -w 7'",
        "echo 'a && b' && gunicorn a.wsgi -w 7",
        """sh -c "sh -c 'gunicorn a.wsgi -w 7'" """,
    ],
)
def test_what_a_shell_is_given_is_a_line_of_its_own(line):
    assert [one.command for one in commands_of(line)] == ["gunicorn a.wsgi -w 7"]


def test_a_line_that_cannot_be_read_is_said_to_be_such_and_starts_nothing():
    text = "release: x\nweb: sh -c 'gunicorn a\n"
    (line,) = lines_in(PurePath("Procfile"), text)

    assert (line.number, line.fault) == (2, "no closing quotation")
    assert found("Procfile", text) == []

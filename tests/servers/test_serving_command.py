"""The command that serves a site, in the files that start it."""

from pathlib import PurePath

import pytest

from badgateway.servers.serving_command import commands_in, expanded


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


def test_the_last_command_of_an_image_counts_and_stands_before_its_entrypoint():
    text = "CMD gunicorn old\nENTRYPOINT uvicorn a:b\nCMD gunicorn new\n"

    assert [command for _, command, _ in found("Dockerfile", text)] == ["gunicorn new", "uvicorn a:b"]


@pytest.mark.parametrize(("name", "text"), [("notes.txt", "web: gunicorn a"), ("Procfile", "web: ./start.sh 'a")])
def test_other_files_and_programs_are_none(name, text):
    assert found(name, text) == []


def test_variables_have_what_a_shell_would_put_there_as_far_as_it_is_said():
    assert expanded("a ${N:-4} $PORT ${PORT} $N") == "a 4 8000 8000 $N"

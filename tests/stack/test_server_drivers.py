from pathlib import Path

import pytest

from badgateway.stack import gunicorn, uwsgi
from tests.stack.sites import configuration, site


def test_gunicorn_is_started_in_the_application_with_the_journal_which_reads_the_server_file():
    command = gunicorn.command(configuration("servers/gunicorn_sync.py"), site())

    assert command.argv == ("/opt/kit/bin/gunicorn", "--config", "/tmp/t/snapshot/.badgateway/badgateway_journal.py")
    assert command.environment["JOURNAL_GUNICORN"] == "/tmp/t/snapshot/servers/x"
    assert command.directory == Path("/tmp/t/snapshot/app")
    assert command.log == Path("/tmp/t/raw/server.log")
    assert command.environment["WEB_BIND"] == "unix:/tmp/t/raw/written/run/web.sock"


def test_uwsgi_is_told_the_socket_as_a_plain_path_and_whose_packages_to_import():
    command = uwsgi.command(configuration("servers/uwsgi.ini"), site())

    assert command.argv == ("/opt/kit/bin/uwsgi", "--ini", "/tmp/t/snapshot/servers/x")
    assert command.environment["WEB_BIND"] == "/tmp/t/raw/written/run/web.sock"
    assert command.environment["WEB_VENV"] == "/opt/kit"


def test_both_are_told_a_port_alike():
    commands = (
        gunicorn.command(configuration("servers/gunicorn_sync.py"), site(port=9001)),
        uwsgi.command(configuration("servers/uwsgi.ini"), site(port=9001)),
    )

    assert {command.environment["WEB_BIND"] for command in commands} == {"127.0.0.1:9001"}


@pytest.mark.parametrize(("front_door", "protocol"), [("nginx", "uwsgi"), ("load-balancer", "http")])
def test_uwsgi_speaks_what_the_front_door_speaks(front_door, protocol):
    command = uwsgi.command(configuration("servers/uwsgi.ini", front_door=front_door), site())

    assert command.environment["WEB_PROTOCOL"] == protocol

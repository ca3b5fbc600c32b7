import os
from pathlib import Path

import pytest

from badgateway.servers import gunicorn, uwsgi
from badgateway.stack import application
from tests.stack.sites import configuration, site

SERVERS = [(gunicorn.SERVER, "servers/gunicorn_sync.py"), (uwsgi.SERVER, "servers/uwsgi.ini")]


@pytest.mark.parametrize(("server", "file"), SERVERS)
def test_a_server_is_started_in_the_application_by_the_name_it_has(server, file):
    command = application.server_command(server, configuration(file), site())

    assert command.argv == server.start(configuration(file), site()).argv
    assert command.name == server.name
    assert command.directory == Path("/tmp/t/snapshot/app")
    assert command.log == Path("/tmp/t/raw/server.log")
    assert command.environment["WEB_WORKERS"] == "3"


@pytest.mark.parametrize(("server", "file"), SERVERS)
def test_what_a_worker_prints_waits_in_no_buffer_for_its_end_unless_the_site_wants_that(server, file):
    command, other = (
        application.server_command(server, configuration(file), site(variables=variables))
        for variables in ({}, {"PYTHONUNBUFFERED": ""})
    )

    assert command.environment["PYTHONUNBUFFERED"] == "1"
    assert other.environment["PYTHONUNBUFFERED"] == ""


@pytest.mark.parametrize(("server", "file"), SERVERS)
def test_all_are_told_a_port_alike(server, file):
    command = application.server_command(server, configuration(file), site(port=9001))

    assert command.environment["WEB_BIND"] == "127.0.0.1:9001"


def test_a_server_that_is_bound_to_cores_is_started_by_what_binds_it():
    bound = configuration("servers/uwsgi.ini", cores=1)
    command = application.server_command(uwsgi.SERVER, bound, site())

    first, *_ = sorted(os.sched_getaffinity(0))
    assert command.argv[:3] == ("taskset", "--cpu-list", str(first))
    assert command.argv[3:] == uwsgi.SERVER.start(bound, site()).argv

"""Which machine's a log is, by the folders that logs lie in."""

import pytest

from badgateway.logs.hosts import hosts, named_hosts
from badgateway.logs.log_evidence import LogFile
from badgateway.model.log_kind import LogKind
from badgateway.servers.registry import server_logs

ACCESS, ERROR, KERNEL = LogKind.NGINX_COMBINED, LogKind.NGINX_ERROR, LogKind.KERNEL
SERVER = next(iter(server_logs()))


def files(**kinds):
    """Return files by name; `__` in it is a slash."""
    return [LogFile(name=name.replace("__", "/"), kind=kind, lines=1) for name, kind in kinds.items()]


def test_folders_with_a_proxy_and_a_server_each_are_machines():
    found = hosts(files(web1__access=ACCESS, web1__app=SERVER, web2__error=ERROR, web2__app=SERVER))

    assert found == {"web1/access": "web1", "web1/app": "web1", "web2/error": "web2", "web2/app": "web2"}


def test_a_folder_for_each_program_is_one_machine():
    assert hosts(files(nginx__access=ACCESS, nginx__error=ERROR, gunicorn__app=SERVER, other__app=SERVER)) == {}


def test_one_machine_beside_files_of_no_folder_is_told_apart_from_nothing():
    assert hosts(files(web1__access=ACCESS, web1__app=SERVER, access=ACCESS, app=SERVER)) == {}


def test_a_machine_may_have_folders_for_its_programs():
    found = hosts(files(a__nginx__log=ACCESS, a__app__log=SERVER, b__nginx__log=ACCESS, b__app__log=SERVER))

    assert set(found.values()) == {"a", "b"}


def test_the_innermost_folders_that_are_machines_count():
    found = hosts(files(day__a__nginx=ACCESS, day__a__app=SERVER, day__b__nginx=ACCESS, day__b__app=SERVER))

    assert set(found.values()) == {"day/a", "day/b"}


def test_a_log_outside_of_the_machines_may_be_of_any():
    found = hosts(files(a__error=ERROR, a__app=SERVER, b__error=ERROR, b__app=SERVER, front__access=ACCESS))

    assert "front/access" not in found


@pytest.mark.parametrize("kind", [KERNEL, None])
def test_a_log_that_any_machine_has_makes_no_folder_one(kind):
    assert hosts(files(a__nginx=ACCESS, a__app=SERVER, b__app=SERVER, b__other=kind)) == {}


def on(host, kind):
    return LogFile(name="syslog", kind=kind, lines=1, stream=f"{host} {kind}", host=host)


def test_machines_that_lines_name_are_told_apart_where_each_has_a_proxy_and_a_server():
    both = [on("web1", ACCESS), on("web1", SERVER), on("web2", ERROR), on("web2", SERVER), on("lb1", ACCESS)]

    assert named_hosts(both) == ["web1", "web2"]
    assert named_hosts([on("lb1", ACCESS), on("web1", SERVER), on("web2", SERVER)]) == []
    assert named_hosts(files(access=ACCESS, app=SERVER)) == []

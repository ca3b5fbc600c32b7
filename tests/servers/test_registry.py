"""Which servers there are, and which of them a configuration is for."""

from contextlib import ExitStack
from pathlib import Path, PurePosixPath

import pytest

from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Configuration
from badgateway.model.knob import WorkerModel
from badgateway.servers.registry import fitting, kind_fault, server_of, servers, setting_faults, worker_model
from badgateway.servers.server import COMMON_SETTINGS
from badgateway.stack import application
from tests.servers.dummy import installed_server
from tests.stack.sites import configuration, site


@pytest.fixture
def installed(tmp_path):
    """Return a function that installs a package with a server into a temporary folder."""
    with ExitStack() as stack:
        yield lambda **values: stack.enter_context(installed_server(tmp_path, **values))


def test_a_server_of_another_package_is_found_by_its_entry_point_and_started_like_ours(installed):
    installed()
    found = configuration("servers/x.dummy")
    command = application.server_command(server_of(found), found, site())

    assert server_of(found).label == "Dummy"
    assert command.argv[1:] == ("/tmp/t/snapshot/servers/x", "3")
    assert command.environment["WEB_WORKERS"] == "3"


def test_a_file_that_two_servers_may_read_is_refused_until_its_server_is_named(installed):
    installed(files="*.ini")

    with pytest.raises(ConfigurationError, match=r'may be a file of uwsgi or dummy; say which: kind = "uwsgi"'):
        server_of(configuration("servers/uwsgi.ini"))
    assert server_of(configuration("servers/uwsgi.ini", kind="dummy")).name == "dummy"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"value": "dummy_server:NOTHING"}, "AttributeError: module 'dummy_server' has no attribute 'NOTHING'"),
        ({"value": "not_there:SERVER"}, "ModuleNotFoundError"),
        ({"value": "dummy_server:Start"}, "is no badgateway.servers.server.Server"),
        ({"name": "uwsgi"}, "there are two servers uwsgi; uninstall one"),
    ],
)
def test_an_entry_point_that_is_none_is_named_with_what_to_do(given, told, installed):
    installed(**given)

    with pytest.raises(ConfigurationError, match=told) as refusal:
        servers()
    assert "\n" not in str(refusal.value)


def test_a_kind_that_nobody_knows_is_told_what_there_is():
    with pytest.raises(ConfigurationError, match=r"configurations\[c\]\.kind: apache is no known server; there are"):
        server_of(configuration("servers/uwsgi.ini", kind="apache"))


@pytest.mark.parametrize(("file", "name"), [("servers/uwsgi.ini", "uwsgi"), ("servers/gunicorn_sync.py", "gunicorn")])
def test_where_one_server_alone_reads_such_files_it_need_not_be_named(file, name):
    assert server_of(configuration(file)).name == name


@pytest.mark.parametrize("file", ["servers/site.ini", "servers/conf.py"])
def test_a_suffix_alone_tells_no_server(file):
    assert "is not named as a known server's file" in kind_fault(configuration(file))
    assert "rename it, or say which server reads it, such as kind = " in kind_fault(configuration(file))
    assert kind_fault(configuration(file, kind="gunicorn")) == ""


@pytest.mark.parametrize(("file", "name"), [("servers/site.ini", "uwsgi"), ("servers/conf.py", "gunicorn")])
def test_a_run_of_version_0_1_is_read_by_the_suffixes_that_it_knew(file, name):
    assert server_of(configuration(file)).name == name


def test_what_a_record_says_of_the_workers_counts_and_the_old_ones_said_it_in_the_name():
    def one(**values: object) -> Configuration:
        return configuration("servers/gunicorn_gevent.py", **values)

    assert worker_model(one()) is WorkerModel.GREENLETS
    assert worker_model(one(worker_model="one request")) is WorkerModel.ONE_REQUEST
    assert worker_model(configuration("servers/uwsgi.ini")) is None


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_each_setting_of_a_server_is_either_spelled_or_said_to_be_lacking(server):
    said = [*server.settings, *server.opposites, *server.lacks]

    assert sorted(said) == sorted(COMMON_SETTINGS)


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_a_file_of_the_project_has_each_spelling(server):
    folder = Path(__file__).parents[2] / "servers"
    text = "".join(file.read_text() for file in folder.iterdir() if file.stem.startswith(server.name))

    assert [word for word in (*server.settings.values(), *server.opposites.values()) if word not in text] == []


@pytest.mark.parametrize(
    ("file", "values", "told"),
    [
        (
            "servers/granian.env",
            {"listen": 200, "max_requests": 500},
            "max_requests: Granian has no such setting: ",
        ),
        ("servers/granian.env", {}, "listen: Granian takes no accept queue below 128"),
        (
            "servers/uvicorn.env",
            {"threads": 1, "preload": False},
            "preload: uvicorn has no such setting: ",
        ),
        ("servers/gunicorn_sync.py", {"least_workers": 1}, "least_workers: Gunicorn has no such setting: "),
    ],
)
def test_what_a_server_has_not_is_refused_instead_of_doing_nothing(file, values, told):
    found = configuration(file, **({"threads": 1, "greenlets": 64} | values))
    faults = list(setting_faults(found, server_of(found)))

    assert [fault[: len(told)] for fault in faults] == [told]


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_a_file_that_the_kit_brings_is_known_by_its_name(server):
    assert all(fitting("", PurePosixPath(f"kit:{name}")) == (server,) for name in server.kit_files.values())

"""A command of the user's own keeps its settings, and listens where the kit says."""

import pytest

from badgateway.plan.defaults import command_faults, completed
from badgateway.servers import gunicorn, uwsgi
from badgateway.servers.gunicorn_command import config_file, says
from badgateway.servers.registry import server_of_command, servers
from tests.stack.sites import configuration, site


def argv(command: str) -> tuple[str, ...]:
    one = configuration("kit:own_command.py", kind="gunicorn", command=command)
    return gunicorn.SERVER.start(one, site()).argv


OWN = (
    *("--config", "/tmp/t/snapshot/.badgateway/badgateway_journal.py", "--bind"),
    *("unix:/tmp/t/raw/written/run/web.sock", "--error-logfile", "-", "badgateway_journal:application"),
)


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("gunicorn shop.wsgi", ()),
        ("gunicorn -c conf/g.py shop.wsgi:application", ()),
        ("gunicorn -w4 --threads 8 -b 0.0.0.0:80 shop.wsgi", ("-w4", "--threads", "8")),
        ("/srv/venv/bin/gunicorn --preload shop.wsgi --timeout=20 -D", ("--preload", "--timeout=20")),
        ("python -m gunicorn --user www --group=www -p /run/x.pid shop.wsgi -k gevent", ("-k", "gevent")),
        ("gunicorn -e DATABASE_URL=postgresql://precious --chdir /srv/shop --reload shop.wsgi", ()),
    ],
)
def test_a_command_keeps_all_but_where_it_listens_whose_it_is_and_what_it_loads(command, kept):
    assert argv(command) == ("/opt/kit/bin/gunicorn", *kept, *OWN)


def test_its_own_file_is_read_by_the_journal():
    assert config_file(("-w", "2", "shop.wsgi")) == "gunicorn.conf.py"
    assert config_file(("-c", "etc/g.py", "shop.wsgi")) == config_file(("--config=etc/g.py",)) == "etc/g.py"
    one = configuration("kit:own_command.py", kind="gunicorn", command="gunicorn -c file:etc/g.py shop.wsgi")
    assert gunicorn.SERVER.start(one, site()).environment == {"JOURNAL_GUNICORN": "etc/g.py", "JOURNAL_OWN": "1"}


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"command": "./start.sh"}, "command: starts none of "),
        ({"command": "gunicorn 'shop"}, "command: starts none of "),
        ({"command": "gunicorn shop.wsgi", "workers": 3}, "workers: the command says it, or the file that it reads"),
    ],
)
def test_a_command_that_the_kit_cannot_start_is_told(declared, told):
    (fault,) = command_faults({"configurations": [{"name": "today"} | declared]})

    assert fault.startswith(f"configurations[today].{told}")


def test_what_a_command_says_is_said_as_its_file_would_say_it():
    words = (
        "-w4",
        "--threads",
        "8",
        "-k",
        "gevent",
        "--preload",
        "--keep-alive=9",
        "-b",
        "unix:/run/a.sock",
        "shop:app",
    )

    assert says(words).splitlines() == [
        "workers = 4",
        "threads = 8",
        "worker_class = 'gevent'",
        "preload_app = True",
        "keepalive = 9",
        "bind = 'unix:/run/a.sock'",
    ]


@pytest.mark.parametrize("server", servers(), ids=lambda server: server.name)
def test_the_command_of_every_server_is_taken(server):
    assert server.own_command is not None
    assert server.own_command.asks or server.own_command.told(server.own_command.text(_LEAST[server.name], "", {}))


_LEAST = {"granian": ("--interface", "wsgi", "shop:app"), "uvicorn": ("shop:app",), "uwsgi": ("-w", "shop")}


def test_a_configuration_with_a_command_needs_neither_file_nor_numbers():
    declared = {"database": {"driver": "psycopg"}, "configurations": [{"name": "a", "command": "gunicorn x"}, 5]}
    (one, other) = completed(declared, {})["configurations"]

    assert (one["server"], one["kind"], one["driver"], other) == ("kit:own_command.py", "gunicorn", "psycopg", 5)
    assert server_of_command("uv run gunicorn x") is gunicorn.SERVER
    assert server_of_command("/usr/bin/uwsgi_python3 --ini site.ini") is uwsgi.SERVER

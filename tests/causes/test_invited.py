"""What files invite: each rule by a file that has the trap, and by one that only looks like it."""

from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from badgateway.causes.catalogue import BY_ID
from badgateway.causes.invited import RULES, invitations
from badgateway.causes.server_files import Said
from badgateway.causes.site_files import read_site
from badgateway.emit.files import files_of
from badgateway.model.knob import WorkerModel
from tests.emit.subjects import EVERY_KIND, chosen

ROOT = Path(__file__).parents[2]
NGINX = "upstream a { server unix:/run/a.sock; %s }\nserver { location / { proxy_pass http://a; %s } }\n"
MYSQL = 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql"}}\n'
PYMYSQL = f"import pymysql\npymysql.install_as_MySQLdb()\n{MYSQL}"
GEVENT = 'worker_class = "gevent"\nworkers = 2\nworker_connections = 50\nbind = "unix:/run/a.sock"\n'
GTHREAD = 'worker_class = "gthread"\nworkers = 4\nthreads = 16\nbind = "unix:/run/a.sock"\nkeepalive = 75\n'
UWSGI_GEVENT = "[uwsgi]\nlisten = 1024\ngevent = 64\n"
ASGI = 'worker_class = "uvicorn.workers.UvicornWorker"\nworkers = 4\nbind = "unix:/run/a.sock"\n'
POOL = 'DATABASES = {"default": {"ENGINE": "dj_db_conn_pool.backends.mysql", "CONN_MAX_AGE": KEPT}}\n'
COOKIES = 'SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"\n'
STREAM = "def rows():\n    yield b'1'\n\n\ndef export(request):\n    return StreamingHttpResponse(rows())\n"


PLANTED = {
    "_nobody_serves": ("test_causes", "test_a_server_without_workers_listens_and_answers_nobody"),
    "_short_queue": ("test_causes", "test_a_full_accept_queue_of_a_unix_socket"),
    "limits_out_of_order": ("test_causes", "test_granian_works_on_for_clients_that_have_gone_while_others_wait"),
    "short_keepalive": ("test_causes", "test_a_connection_that_was_closed_just_when_it_was_used_again"),
    "_driver_that_blocks": ("test_causes", "test_an_event_loop_that_is_blocked_by_a_query_in_c"),
    "_recycled_together": ("test_causes", "test_workers_that_are_all_recycled_at_once"),
    "_too_many_connections": ("test_causes", "test_more_connections_than_the_database_takes"),
    "_late_patch": ("test_causes", "test_gevents_patch_that_comes_too_late"),
    "_kept_pooled_connections": (
        "test_ladder",
        "test_a_pool_whose_connections_are_kept_runs_dry_and_that_is_the_cause",
    ),
    "small_buffers": ("test_causes", "test_a_request_header_beyond_uwsgis_buffer"),
}
"""By rule: the live test in which what it warns of was done to real servers, and the cause was found."""
MEASURED = {"_synchronous_streams": ("the-504-ladder.md", "`stalled-asgi-async`")}
"""By rule: the page with a comparison of both."""


def test_what_each_rule_warns_of_was_planted_or_measured():
    assert {rule.__name__ for rule in RULES} == PLANTED.keys() | MEASURED.keys()
    for module, test in PLANTED.values():
        assert f"def {test}(" in (ROOT / "tests" / "live" / f"{module}.py").read_text("utf-8")
    for page, step in MEASURED.values():
        assert step in (ROOT / "docs" / page).read_text("utf-8")


def invited(**files: str) -> list[str]:
    names = {
        "uwsgi": "uwsgi.ini",
        "gunicorn": "gunicorn.conf.py",
        "nginx": "site.conf",
        "django": "settings.py",
        "db": "my.cnf",
    }
    found = invitations(read_site({PurePath(names[name]): text for name, text in files.items()}))
    assert all(one.lines and one.change and one.cause.id in BY_ID for one in found)
    return [one.cause.id for one in found]


@pytest.mark.parametrize(
    ("trap", "decoy", "cause"),
    [
        (
            {"uwsgi": "[uwsgi]\nsocket = /run/a.sock\nprocesses = 4\n"},
            {"uwsgi": "[uwsgi]\nsocket = /run/a.sock\nprocesses = 4\nlisten = 1024\n"},
            "listen-queue-full",
        ),
        (
            {"uwsgi": "[uwsgi]\nsocket = 127.0.0.1:8000\nlisten = 100\n"},
            {"uwsgi": "[uwsgi]\nsocket = 127.0.0.1:8000\nlisten = 1024\n"},
            "tcp-accept-queue-full",
        ),
        (
            {"uwsgi": "[uwsgi]\nlisten = 1024\nharakiri = 60\n", "nginx": NGINX % ("", "")},
            {"uwsgi": "[uwsgi]\nlisten = 1024\nharakiri = 60\n", "nginx": NGINX % ("", "proxy_read_timeout 2m;")},
            "slow-request",
        ),
        (
            {
                "uwsgi": "[uwsgi]\nlisten = 1024\n",
                "nginx": NGINX.replace("proxy_pass http://a", "uwsgi_pass a") % ("", ""),
            },
            {"uwsgi": "[uwsgi]\nlisten = 1024\nharakiri = 30\n", "nginx": NGINX % ("", "")},
            "slow-request",
        ),
        (
            {"gunicorn": "worker_class = 'sync'\ntimeout = 0\n", "nginx": NGINX % ("", "")},
            {"gunicorn": "worker_class = 'gthread'\ntimeout = 0\n", "nginx": NGINX % ("", "")},
            "slow-request",
        ),
        (
            {"gunicorn": "workers = 0\nworker_class = 'sync'\n"},
            {"gunicorn": "workers = 1\nworker_class = 'sync'\nthreads = 0\n"},
            "queued-too-long",
        ),
        (
            {"gunicorn": GEVENT.replace("50", "0")},
            {"gunicorn": GTHREAD + "worker_connections = 0\n"},
            "queued-too-long",
        ),
        (
            {"gunicorn": GTHREAD.replace("75", "2"), "nginx": NGINX % ("keepalive 32;", "")},
            {"gunicorn": GTHREAD.replace("75", "2"), "nginx": NGINX % ("", "")},
            "keepalive-race",
        ),
        (
            {"nginx": NGINX % ("", "keepalive_timeout 30s;")},
            {"nginx": NGINX % ("", "keepalive_timeout 75s;")},
            "keepalive-race",
        ),
        (
            {"gunicorn": GEVENT, "django": MYSQL},
            {"gunicorn": GEVENT, "django": PYMYSQL},
            "event-loop-blocked",
        ),
        (
            {"gunicorn": GTHREAD + "max_requests = 1000\n"},
            {"gunicorn": GTHREAD + "max_requests = 1000\nmax_requests_jitter = 100\n"},
            "workers-recycled-together",
        ),
        (
            {"uwsgi": UWSGI_GEVENT + "gevent-monkey-patch = true\n"},
            {"uwsgi": UWSGI_GEVENT + "gevent-early-monkey-patch = true\n"},
            "late-monkey-patch",
        ),
        (
            {"gunicorn": GEVENT + "preload_app = True\n"},
            {"gunicorn": f"from gevent import monkey\nmonkey.patch_all()\n{GEVENT}preload_app = True\n"},
            "late-monkey-patch",
        ),
        (
            {"django": POOL.replace("KEPT", "60")},
            {"django": POOL.replace("KEPT", "0")},
            "db-pool-exhausted",
        ),
        (
            {"uwsgi": "[uwsgi]\nlisten = 1024\n", "django": COOKIES},
            {"uwsgi": "[uwsgi]\nlisten = 1024\nbuffer-size = 16384\n", "django": COOKIES},
            "request-header-too-big",
        ),
        (
            {"nginx": NGINX % ("", ""), "django": COOKIES},
            {"nginx": NGINX % ("", "proxy_buffer_size 16k;"), "django": COOKIES},
            "response-header-too-big",
        ),
        (
            {"gunicorn": ASGI, "django": STREAM},
            {"gunicorn": ASGI, "django": STREAM.replace("def rows", "async def rows")},
            "slow-request",
        ),
        (
            {"gunicorn": GTHREAD, "db": "[mysqld]\nmax_connections = 50\n"},
            {"gunicorn": GTHREAD, "db": "[mysqld]\nmax_connections = 64\n"},
            "db-connections-exhausted",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_trap_is_found_and_what_only_looks_like_it_is_not(trap, decoy, cause):
    assert invited(**trap) == [cause]
    assert invited(**decoy) == []


@pytest.mark.parametrize("file", ["uwsgi_gevent_late.ini", "uwsgi_gevent.ini", "gunicorn_gevent.py"])
def test_of_the_kits_own_files_the_trap_alone_patches_too_late(file):
    text = (ROOT / "servers" / file).read_text("utf-8")
    found = [one.cause.id for one in invitations(read_site({PurePath(file): text}))]

    assert ("late-monkey-patch" in found) == (file == "uwsgi_gevent_late.ini")


def test_a_stream_under_wsgi_and_kept_connections_without_a_pool_are_no_traps():
    kept = 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "CONN_MAX_AGE": 60}}\n'

    assert invited(gunicorn=GTHREAD, django=STREAM) == []
    assert invited(gunicorn=GTHREAD, django=kept) == []
    assert invited(django=POOL.replace("KEPT", 'int(os.environ.get("AGE", "0"))')) == []
    assert invited(django=POOL.replace("KEPT", 'int(os.environ.get("AGE", "60"))')) == ["db-pool-exhausted"]
    assert invited(django=POOL.replace("KEPT", "None")) == ["db-pool-exhausted"]
    assert invited(django=POOL.replace("KEPT", "0") + "D = url(conn_max_age=600)\n") == ["db-pool-exhausted"]
    assert invited(django=POOL.replace("KEPT", "AGE")) == [], "a number that the file does not say"


def test_headers_that_were_seen_are_held_to_the_buffers():
    uwsgi = "[uwsgi]\nlisten = 1024\nharakiri = 30\n"
    files = {PurePath("uwsgi.ini"): uwsgi, PurePath("site.conf"): NGINX % ("", "")}
    seen, small = (Said(value=value, where="--option") for value in ("6000", "900"))
    site = replace(read_site(files), request_header=seen, response_header=seen)
    found = invitations(site)

    assert [one.cause.id for one in found] == ["request-header-too-big", "response-header-too-big"]
    assert all("one of 6000 bytes was seen" in one.what for one in found)
    assert invitations(replace(site, request_header=small, response_header=small)) == ()


def test_a_limit_that_ends_no_request_is_none_to_compare_with_the_proxys():
    assert invited(gunicorn=GTHREAD + "timeout = 600\n", nginx=NGINX % ("", "")) == []
    assert invited(gunicorn='worker_class = "sync"\ntimeout = 600\n', nginx=NGINX % ("", "")) == ["slow-request"]


@pytest.mark.parametrize(
    ("engine", "elsewhere"),
    [
        ("mysql", "import pymysql\n\npymysql.install_as_MySQLdb()\n"),
        ("postgresql", "def post_fork(server, worker):\n    from psycogreen.gevent import patch_psycopg\n"),
        ("postgresql", "Django==5.2\npsycopg[binary]==3.2\n"),
    ],
    ids=["pymysql", "psycogreen", "psycopg-3"],
)
def test_what_lets_others_run_mostly_stands_in_another_file_than_the_engine(engine, elsewhere):
    files = {PurePath("gunicorn.conf.py"): GEVENT, PurePath("settings.py"): MYSQL.replace("mysql", engine)}
    site = read_site({**files, PurePath("other"): elsewhere})

    assert [one.cause.id for one in invitations(read_site(files))] == ["event-loop-blocked"]
    assert invitations(site) == ()
    assert site.unread == ()


def test_another_driver_than_the_one_that_waits_in_c_is_not_denied():
    (found,) = invitations(read_site({PurePath("gunicorn.conf.py"): GEVENT, PurePath("settings.py"): MYSQL}))

    assert "no file says that the driver is another one than mysqlclient" in found.what


def test_psycopg2_is_not_taken_for_psycopg_3():
    django = MYSQL.replace("mysql", "postgresql") + "# psycopg2-binary, django.db.backends.postgresql_psycopg2\n"

    assert invited(gunicorn=GEVENT, django=django) == ["event-loop-blocked"]


def test_the_databases_limit_may_be_spelled_with_a_dash():
    assert invited(gunicorn=GTHREAD, db="[mysqld]\nmax-connections=50\n") == ["db-connections-exhausted"]


def test_threads_may_have_a_driver_that_waits_in_c():
    assert invited(gunicorn=GTHREAD, django=MYSQL) == []


def test_lines_are_those_of_the_files_and_defaults_are_said_to_be_such():
    files = {PurePath("uwsgi.ini"): "[uwsgi]\nsocket = /run/a.sock\n", PurePath("empty"): "nothing\n"}
    site = read_site(files)
    (found,) = invitations(site)

    assert found.lines == ("uWSGI's default  100", "uwsgi.ini:2  /run/a.sock")
    assert list(site.unread) == ["empty"]


def test_a_file_is_known_by_what_it_says_whatever_its_name():
    site = read_site({PurePath("app.conf"): "[uwsgi]\nlisten = 100\n", PurePath("web.py"): GTHREAD})

    assert site.server is not None
    assert site.server.name == "gunicorn"


SHORT = {"uwsgi-production", "uwsgi-2-tcp", "gunicorn-asgi"}
"""Were measured with a queue of 100."""


@pytest.mark.parametrize("name", [name for name in EVERY_KIND if name not in SHORT])
def test_what_emit_writes_invites_nothing(name):
    files = {
        PurePath(file.path): file.text
        for file in files_of(chosen(name))
        if file.path.parts[0] in {"server", "nginx", "django"} and file.path.name != "site.env"
    }

    assert [one.cause.id for one in invitations(read_site(files))] == []


QUEUE = "backlog = 64\n"
SAFE = "max_requests_jitter = 50\nbacklog = 2048\n"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"gunicorn.conf.py": "import os\nbacklog = os.cpu_count() * 9\n"}, "gunicorn.conf.py:2  backlog = os.cpu_"),
        ({"gunicorn.conf.py": 'if big:\n    backlog = 64\nbind = "unix:/a"\n'}, "gunicorn.conf.py:1  backlog = if"),
        ({"gunicorn.conf.py": f"{SAFE}from base import *\n"}, "gunicorn.conf.py:3  from base import *"),
        ({"gunicorn.conf.py": f"{SAFE}workers = (\n"}, "gunicorn.conf.py  line 3: no Python"),
        ({"gunicorn.conf.py": f'{SAFE}bind = os.environ["BIND"]\n'}, "gunicorn.conf.py:3  bind = os.environ"),
        ({"gunicorn.conf.py": f"{SAFE}worker_class = KIND\n"}, "gunicorn.conf.py:3  worker_class = KIND"),
        (
            {"gunicorn.conf.py": f"{SAFE}max_requests = 9\nmax_requests_jitter = J\n"},
            "gunicorn.conf.py:4  max_requests_j",
        ),
        ({"uwsgi.ini": "[uwsgi]\nlisten = $(LISTEN)\n"}, "uwsgi.ini:2  listen = $(LISTEN)"),
        ({"uwsgi.ini": "[uwsgi]\nlisten = 1024\nini = other.ini\n"}, "uwsgi.ini:3  ini = other.ini"),
        ({"Procfile": "web: gunicorn --backlog $QUEUE a\n"}, "Procfile:1  backlog = $QUEUE"),
        ({"settings.py": POOL.replace("KEPT", "env.int('AGE')")}, "settings.py:1  CONN_MAX_AGE = env.int('AGE')"),
        ({"settings.py": "SESSION_ENGINE = (\n"}, "settings.py  line 1: no Python"),
        ({"site.conf": NGINX % ("", "include snippets/limits.conf;")}, "site.conf:2  include snippets/limits.conf"),
    ],
)
def test_what_takes_a_run_to_know_is_said_and_is_no_default(files, line):
    site = read_site({PurePath(name): text for name, text in files.items()})

    assert invitations(site) == ()
    assert any(f"{one.where}  {one.value}".startswith(line) for one in site.unknown), site.unknown
    assert site.unread == ()


def test_a_command_says_what_its_file_does_not():
    files = {PurePath("gunicorn.conf.py"): "backlog = N\n", PurePath("Procfile"): "web: gunicorn --backlog 64 a\n"}
    site = read_site(files)

    # Without an address it listens at a port.
    assert [one.cause.id for one in invitations(site)] == ["tcp-accept-queue-full"]
    assert site.unknown == ()


def test_a_limit_of_nginx_that_another_file_may_set_is_none_to_compare_with():
    harakiri = {"uwsgi": "[uwsgi]\nlisten = 1024\nharakiri = 60\n"}

    assert invited(**harakiri, nginx=NGINX % ("", "include limits.conf;")) == []
    assert invited(**harakiri, nginx=NGINX % ("", "include uwsgi_params;")) == ["slow-request"]


def test_workers_of_which_nobody_knows_how_they_serve_hold_no_number_of_connections():
    assert invited(gunicorn=GTHREAD.replace('"gthread"', "KIND"), db="[mysqld]\nmax_connections = 50\n") == []


@pytest.mark.parametrize(
    ("name", "text", "model"),
    [
        ("gunicorn.conf.py", "timeout = 120\n", WorkerModel.ONE_REQUEST),
        ("gunicorn.conf.py", "timeout = 120\nthreads = 4\n", WorkerModel.THREADS),
        ("gunicorn.conf.py", "timeout = 120\nworker_class = 'sync'\nthreads = 4\n", WorkerModel.THREADS),
        ("gunicorn.conf.py", "timeout = 120\nthreads = N\n", None),
        ("Procfile", "web: gunicorn a --timeout 120\n", WorkerModel.ONE_REQUEST),
        ("Procfile", "web: GUNICORN_CMD_ARGS='--timeout 120' gunicorn a\n", WorkerModel.ONE_REQUEST),
        ("Procfile", "web: gunicorn a --timeout 120 --threads 4\n", WorkerModel.THREADS),
    ],
)
def test_without_a_worker_class_gunicorn_is_sync_and_with_threads_it_is_not(name, text, model):
    site = read_site({PurePath(name): text, PurePath("site.conf"): NGINX % ("", "proxy_read_timeout 30s;")})

    assert site.model is model
    assert [one.cause.id for one in invitations(site)] == (["slow-request"] if model is WorkerModel.ONE_REQUEST else [])


def test_a_variable_gives_workers_where_nothing_else_does():
    procfile = {PurePath("Procfile"): "web: WEB_CONCURRENCY=7 gunicorn a\n"}
    file = {PurePath("gunicorn.conf.py"): "workers = 3\n"}

    assert read_site(procfile).settings["workers"] == Said(value="7", where="Procfile:1")
    assert read_site(procfile | file).settings["workers"].value == "3"

"""What is told of files as sites have them: shapes that public repositories deploy with, written anew and shorter."""

from dataclasses import replace
from pathlib import PurePath

import pytest

from badgateway.causes.invited import invitations
from badgateway.causes.server_files import Said
from badgateway.causes.site_files import SiteFiles, read_site

CPUS = "import multiprocessing\nworkers = multiprocessing.cpu_count() * 2 + 1\n"
SYNC = 'bind = "0.0.0.0:8000"\nworkers = 3\nworker_class = "sync"\nworker_connections = 1000\ntimeout = {}\n'
VARIABLES = """import os
bind = os.environ.get("GUNICORN_BIND", "0.0.0.0:8000")
workers = int(os.environ.get("GUNICORN_WORKERS", "4"))
timeout = int(os.environ.get("GUNICORN_TIMEOUT", "120"))
"""
OF_A_FUNCTION = """import os
def number(name, usual):
    return int(os.getenv(name, usual))
workers = number("WORKERS", 2)
worker_class = os.getenv("CLASS", "gthread")
keepalive = number("KEEPALIVE", 30)
"""
DEVELOPMENT = f"""import os
{CPUS}worker_class = "sync"
if os.getenv("ENV") == "dev":
    workers = 1
"""
SLOW = SYNC.format(120)
IN_FRONT = """upstream django {{ server {}; }}
server {{
    listen 80;
    location /static {{ alias /srv/static; }}
    location / {{ {} }}
}}
"""
SEVERAL = """upstream django { server 127.0.0.1:8000; }
upstream pages { server pages:3000; keepalive 16; }
server {
    location /api/export { proxy_pass http://django; proxy_read_timeout 600s; }
    location /api/ { proxy_pass http://django; }
    location / { proxy_pass http://pages; proxy_read_timeout 1h; proxy_buffer_size 1k; }
}
"""
MAIN = """events { worker_connections 1024; }
http {
    log_format json escape=json '{"status":$status}';
    proxy_read_timeout 300; # for the reports
    include /etc/nginx/mime.types;
    include conf.d/*.conf;
}
"""
UWSGI = "[uwsgi]\nmodule = shop.wsgi\nmaster = true\n"
BASED = f"{UWSGI}ini = :base\nsocket = :8000\nharakiri = 60\nlisten = 1024\nprocesses = 5\n\n[base]\nchdir = /app\n"
UNIT = "[Service]\nType=notify\nExecStart=/srv/bin/{}\nRestart=always\n"
COMPOSE = """services:
  db:
    image: postgres
    command: postgres -c max_connections=200
  web:
    build: .
    command:{}
    ports: ["8000:8000"]
"""
LONG = "shop.wsgi \\\n  --backlog 64"
TCP = ["tcp-accept-queue-full"]
NAMED = UNIT.format("uwsgi --ini /etc/uwsgi/shop.ini --mount /=x:app")


def front(server: str, inside: str = "proxy_pass http://django;") -> str:
    return IN_FRONT.format(server, inside)


def read(**files: str) -> SiteFiles:
    names = {
        "gunicorn": "gunicorn.conf.py",
        "uwsgi": "uwsgi.ini",
        "other_ini": "shop.ini",
        "nginx": "shop.conf",
        "main": "nginx.conf",
        "unit": "shop.service",
    }
    return read_site({PurePath(names.get(name, name)): text for name, text in files.items()})


@pytest.mark.parametrize(
    ("files", "causes", "unknown"),
    [
        ({"gunicorn": CPUS + 'bind = "0.0.0.0:8000"\n'}, [], ["workers"]),
        ({"gunicorn": DEVELOPMENT}, [], ["workers"]),
        ({"gunicorn": SYNC.format(30) + "max_requests = 1000\nmax_requests_jitter = 50\n"}, [], []),
        ({"gunicorn": SLOW, "nginx": front("web:8000")}, ["slow-request"], []),
        ({"gunicorn": VARIABLES, "nginx": front("app:8000")}, ["slow-request"], []),
        ({"gunicorn": OF_A_FUNCTION}, [], ["workers", "keepalive"]),
        ({"gunicorn": 'worker_class = "eventlet"\nworkers = 2\ntimeout = 60\n'}, [], ["worker_class = eventlet"]),
        ({"gunicorn": 'worker_class = "uvicorn.workers.UvicornWorker"\ntimeout = 0\nkeepalive = 10\n'}, [], []),
        ({"gunicorn": SLOW, "nginx": SEVERAL}, ["slow-request"], []),
        ({"gunicorn": SLOW, "main": MAIN, "nginx": front("a:8000")}, [], []),
        ({"gunicorn": SLOW, "main": MAIN}, [], ["include conf.d/*.conf"]),
        ({"uwsgi": f"{UWSGI}socket = 127.0.0.1:8000\nprocesses=4\nthreads=2\n"}, ["tcp-accept-queue-full"], []),
        ({"uwsgi": f"{UWSGI}socket = shop.sock\nprocesses=2 #two\n"}, ["listen-queue-full"], []),
        ({"uwsgi": f"{UWSGI}http = 0.0.0.0:8001\nworkers = 4\n"}, ["tcp-accept-queue-full"], []),
        ({"uwsgi": f"{UWSGI}max-requests=5000\nlisten = 1024\n"}, ["workers-recycled-together"], []),
        ({"uwsgi": BASED}, [], []),
        ({"uwsgi": f"{UWSGI}listen = 100\nini = %d../www/static.ini\n"}, [], ["ini = %d../www/static.ini"]),
        ({"uwsgi": f"{UWSGI}gevent = 100\nhttp-socket = :$(PORT)\nlisten = 1024\n"}, [], ["http-socket"]),
        (
            {
                "uwsgi": f"{UWSGI}socket = /home/x/shop.sock\nlisten = 1024\nharakiri = 120\n",
                "nginx": f"proxy_read_timeout 180;\n{front('unix:///home/x/shop.sock', 'uwsgi_pass django;')}",
            },
            ["slow-request"],
            [],
        ),
        ({"unit": NAMED, "other_ini": f"{UWSGI}listen = 128\n"}, ["listen-queue-full"], []),
        ({"unit": UNIT.format("uwsgi --ini shared.ini --ini cache.ini --socket /srv/a.sock")}, [], ["shared.ini"]),
        ({"unit": UNIT.format("gunicorn -c conf/production.py shop.wsgi")}, [], ["conf/production.py"]),
        ({"unit": UNIT.format("gunicorn \\\n  --workers 4 \\\n  --timeout 1800 shop.wsgi")}, [], []),
        ({"Procfile": "web: gunicorn shop.wsgi -b 0.0.0.0:${PORT:-8000} -w 2 --threads 4 -t 300\n"}, [], []),
        ({"Procfile": "web: gunicorn -w 0 shop.wsgi\nworker: celery worker\n"}, ["queued-too-long"], []),
        ({"Procfile": "web: WEB_CONCURRENCY=0 gunicorn shop.wsgi\n"}, ["queued-too-long"], []),
        ({"Dockerfile": 'FROM x\nHEALTHCHECK CMD curl a || exit 1\nCMD ["gunicorn", "-b", ":80", "x:app"]\n'}, [], []),
        ({"docker-compose.yml": COMPOSE.format(" gunicorn --backlog 64 shop.wsgi -b 0.0.0.0:8000")}, TCP, []),
        ({"compose.prod.yaml": COMPOSE.format(' ["gunicorn", "--backlog", "64", "shop.wsgi"]')}, TCP, []),
        ({"compose.yaml": COMPOSE.format("\n      - gunicorn\n      - --backlog=64\n      - shop.wsgi")}, TCP, []),
        ({"compose.yaml": COMPOSE.format(" >\n      manage.py migrate &&\n      gunicorn --backlog 64 a")}, TCP, []),
        ({"entrypoint.sh": f"#!/bin/sh\n# gunicorn\nnc -z 'db\n5432'\nexec gunicorn {LONG}\n"}, TCP, []),
        ({"shop.conf": "[program:shop]\ncommand=/srv/bin/gunicorn --backlog 64 shop.wsgi\nautostart=true\n"}, TCP, []),
    ],
)  # fmt: skip
def test_files_as_sites_have_them(files, causes, unknown):
    site = read(**files)

    assert [one.cause.id for one in invitations(site)] == causes
    said = [one.value for one in site.unknown]
    assert len(said) == len(unknown), said
    assert all(any(one.startswith(begin) for one in said) for begin in unknown), said
    assert site.unread == ()


def told(site: SiteFiles) -> list[tuple[str, str]]:
    return [(one.what, one.change) for one in invitations(site)]


def test_a_time_limit_of_the_other_protocol_is_said_to_count_for_nothing():
    site = read(
        uwsgi=f"{UWSGI}socket = /run/a.sock\nlisten = 1024\nharakiri = 120\n",
        nginx=front("unix:/run/a.sock", "proxy_read_timeout 180; uwsgi_pass django;"),
    )
    ((what, change),) = told(site)

    assert what.endswith("; proxy_read_timeout 180 does not count for uwsgi_pass")
    assert change == "uWSGI: harakiri; nginx: uwsgi_read_timeout"


def test_only_what_leads_to_the_server_counts_and_of_that_the_least():
    site = read(gunicorn=SLOW, nginx=SEVERAL)

    assert [one.target for one in site.passes] == ["http://django", "http://django"]
    ((what, _),) = told(site)
    assert what.startswith("nginx gives up after 60s, and the server works on until 120 s")


def test_what_leads_nowhere_that_is_known_counts_too():
    site = read(gunicorn=SLOW.replace("8000", "9000"), nginx=SEVERAL)

    assert len(site.passes) == 3


def test_limits_that_are_the_same_are_in_no_order():
    site = read(gunicorn=SYNC.format(60), nginx=front("a:8000"))
    ((what, _),) = told(site)

    assert "no sooner, so at times it works on" in what


def test_a_worker_that_ends_each_connection_has_none_that_is_closed_too_early():
    nginx = IN_FRONT.replace("server {};", "server {}; keepalive 32;").format("a:8000", "proxy_pass http://django;")
    threads = SYNC.format(30).replace('"sync"', '"gthread"')

    assert told(read(gunicorn=SYNC.format(30), nginx=nginx)) == []
    ((what, _),) = told(read(gunicorn=threads, nginx=nginx))
    assert what == "the server closes an idle connection after 2 s, nginx uses it for 60s"


def test_a_balancer_before_the_server_itself_is_looked_at_where_its_time_is_given():
    idle = Said(value="60s", where="--balancer-idle")
    threads = SYNC.format(30).replace('"sync"', '"gthread"')
    behind = replace(read(gunicorn=threads), balancer_idle_s=idle)
    long = replace(read(gunicorn=f"{threads}keepalive = 75\n"), balancer_idle_s=idle)

    assert told(read(gunicorn=threads)) == []
    assert told(long) == []
    assert told(behind) == [
        (
            "the server closes an idle connection after 2 s, a load balancer uses it for 60s",
            "Gunicorn: keepalive (default 2 s)",
        )
    ]


def test_nginxs_clients_are_held_to_the_balancers_own_time():
    site = read(nginx=front("a:8000", "proxy_pass http://django; keepalive_timeout 75;"))

    assert told(site) == []
    ((what, _),) = told(replace(site, balancer_idle_s=Said(value="300s", where="--balancer-idle")))
    assert what.endswith("a load balancer, where one stands before it, uses it for 300 s")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("90", 90),
        ("1m30s", 90),
        ("1h", 3600),
        ("500ms", 0.5),
        ("75s 60s", 75),
        ("2 #two", 2),
        ("4k", None),
        ("$a", None),
    ],
)
def test_times_are_read_as_nginx_writes_them(text, number):
    assert Said(value=text, where="").number == number


def test_who_keeps_no_connection_closes_none_too_early():
    kept = "server {}; keepalive 32;"
    threads = SYNC.format(30).replace('"sync"', '"gthread"') + "keepalive = 0\n"
    nginx = IN_FRONT.replace("server {};", kept).format("a:8000", "proxy_pass http://django; keepalive_timeout 0;")

    assert told(read(gunicorn=threads, nginx=nginx)) == []


def test_a_pool_bounds_the_connections():
    limit = "[mysqld]\nmax_connections = 20\n"
    threads = SYNC.format(30).replace('"sync"', '"gthread"') + "threads = 16\n"
    pool = 'DATABASES = {"default": {"ENGINE": "dj_db_conn_pool.backends.mysql", "CONN_MAX_AGE": 0}}\n'

    assert len(told(read(**{"gunicorn": threads, "my.cnf": limit}))) == 1
    assert told(read(**{"gunicorn": threads, "my.cnf": limit, "settings.py": pool})) == []


def test_one_worker_that_is_replaced_leaves_nobody():
    ((what, change),) = told(read(uwsgi=f"{UWSGI}max-requests=5000\nlisten = 1024\n"))

    assert what == "the only worker is replaced after 5000 requests, and nobody serves meanwhile"
    assert change == "uWSGI: processes"


def test_gunicorns_own_event_loop_has_a_queue_of_a_hundred_whatever_its_file_says():
    own = 'worker_class = "asgi"\nbind = "unix:/run/a.sock"\nbacklog = 2048\n'
    (found,) = invitations(read(gunicorn=own))

    assert found.cause.id == "listen-queue-full"
    assert found.lines[0] == "Gunicorn's worker_class  100"
    assert found.change == "Gunicorn: backlog (worker class asgi: always 100)"
    assert told(read(gunicorn=own.replace("asgi", "uvicorn.workers.UvicornWorker"))) == []


def test_where_nobody_says_where_it_listens_no_socket_is_named():
    ((what, _),) = told(read(uwsgi=f"{UWSGI}processes = 4\n"))

    assert what == "100 requests may wait at the socket; a burst beyond them is turned away"

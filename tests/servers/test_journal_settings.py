"""What the journal tells of the settings that a server and a site run with."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from badgateway.stack import inspect_django
from tests.servers.journals import load, written

JOURNAL = load()


@pytest.fixture
def lines(tmp_path):
    return JOURNAL.Lines(str(tmp_path / "j"))


def told(folder) -> list[str]:
    return [row["detail"] for row in written(folder / "j") if row["kind"] == "setting"]


def test_gunicorn_tells_its_settings_when_it_is_ready_and_calls_the_files_own_hook(lines, tmp_path):
    (tmp_path / "server.py").write_text("def when_ready(server):\n    server.seen.append('own')\n")
    found = SimpleNamespace(workers=5, threads=1, worker_connections=1000, backlog=2048, worker_class_str="sync")
    server = SimpleNamespace(cfg=found, seen=[])
    JOURNAL.gunicorn_settings(str(tmp_path / "server.py"), lines)["when_ready"](server)

    assert told(tmp_path) == ["workers=5", "threads=1", "greenlets=1000", "listen=2048", "model=sync"]
    assert server.seen == ["own"]


@pytest.mark.parametrize(
    ("options", "cores", "words"),
    [
        ({}, 1, ["workers=3", "threads=1", "greenlets=1", "listen=100", "model=preforking"]),
        ({b"listen": [b"100", b"512"]}, 4, ["workers=3", "threads=4", "greenlets=4", "listen=512", "model=threaded"]),
        ({"gevent": b"64"}, 64, ["workers=3", "threads=1", "greenlets=64", "listen=100", "model=async"]),
    ],
)
def test_uwsgi_tells_its_settings_from_within(options, cores, words, tmp_path, monkeypatch):
    lines = JOURNAL.Lines(str(tmp_path / "j"))
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(numproc=3, cores=cores, opt=options))
    # Another test of this process may have loaded the school's site.
    monkeypatch.setitem(sys.modules, "django.conf", None)
    JOURNAL._on_first_request(lines)

    assert told(tmp_path) == words


def django(monkeypatch, **settings: object) -> None:
    conf = SimpleNamespace(settings=SimpleNamespace(configured=True, **settings))
    monkeypatch.setitem(sys.modules, "django.conf", conf)


def test_a_django_site_tells_debug_engine_and_the_driver_that_it_really_has(lines, tmp_path, monkeypatch):
    backend = ModuleType("planted_backend.base")
    backend.Database = SimpleNamespace(__name__="pymysql")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "planted_backend", ModuleType("planted_backend"))
    monkeypatch.setitem(sys.modules, "planted_backend.base", backend)
    django(monkeypatch, DEBUG=True, DATABASES={"default": {"ENGINE": "planted_backend"}})
    JOURNAL._on_first_request(lines)

    assert told(tmp_path) == ["debug=True", "engine=planted_backend", "driver=pymysql"]


def test_a_site_without_a_database_tells_none(lines, tmp_path, monkeypatch):
    django(monkeypatch, DEBUG=False, DATABASES={})
    JOURNAL._on_first_request(lines)

    assert told(tmp_path) == ["debug=False", "engine=", "driver="]


def test_settings_that_cannot_be_read_cost_the_site_nothing(lines, tmp_path, monkeypatch):
    django(monkeypatch, DEBUG=False, DATABASES={"default": {"ENGINE": "no_such_backend"}})
    JOURNAL._on_first_request(lines)

    assert told(tmp_path) == ["unreadable=ModuleNotFoundError"]


def test_a_site_that_is_not_djangos_tells_nothing(lines, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "django.conf", None)
    JOURNAL._on_first_request(lines)

    assert told(tmp_path) == []


SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.parametrize(
    ("backend", "asked", "is_stopped"),
    [
        (SMTP, "1", True),
        (SMTP, "", False),
        ("anymail.backends.mailgun.EmailBackend", "1", True),
        ("django.core.mail.backends.console.EmailBackend", "1", False),
        ("django.core.mail.backends.locmem.EmailBackend", "1", False),
    ],
)
def test_mail_goes_nowhere_where_a_run_does_not_allow_it(backend, asked, is_stopped, tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNAL_NO_MAIL", asked)
    django(monkeypatch, DEBUG=False, DATABASES={}, EMAIL_BACKEND=backend)
    JOURNAL._on_first_request(JOURNAL.Lines(str(tmp_path / "j")))
    now = sys.modules["django.conf"].settings.EMAIL_BACKEND

    assert now == ("django.core.mail.backends.dummy.EmailBackend" if is_stopped else backend)
    assert (f"mail=stopped {backend}" in told(tmp_path)) == is_stopped


def test_what_the_settings_of_a_django_site_reach_is_told_without_its_values(tmp_path, monkeypatch):
    monkeypatch.setenv("JOURNAL_REACHES", "1")
    caches = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://:precious@h"},
        "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    }
    django(
        monkeypatch, DEBUG=False, DATABASES={}, CACHES=caches, CELERY_BROKER_URL="amqp://me:precious@h", SENTRY_DSN=""
    )
    JOURNAL._on_first_request(JOURNAL.Lines(str(tmp_path / "j")))
    reached = [one for one in told(tmp_path) if one.startswith("reaches ")]

    assert reached == ["reaches CELERY_BROKER_URL=in the settings", "reaches CACHES.default=RedisCache"]


def told_of(lines, *events, own="3306,41000,198.18.0.2:3307"):
    found = JOURNAL.Reached(own)
    found.tell_to(lines)
    for event, *arguments in events:
        found.hook(event, tuple(arguments))


def connect(*address):
    return "socket.connect", None, address


def test_each_place_that_sockets_connect_to_is_told_once_but_for_the_runs_own(lines, tmp_path):
    told_of(
        lines,
        connect("127.0.0.1", 3306),
        # The run's database at the other end of a line.
        connect("198.18.0.2", 3307),
        connect("127.0.0.1", 6379),
        ("socket.getaddrinfo", "api.example.org", 443, 0, 0, 0),
        connect("192.0.2.7", 443),
        # The run's port is another one elsewhere.
        connect("192.0.2.8", 3306),
        connect("198.18.0.2", 3306),
        connect("127.0.0.1", 6379),
        ("socket.connect", None, "/run/redis.sock"),
        ("socket.sendto", None, ("192.0.2.9", 8125)),
        ("socket.getaddrinfo", "mail.example.org", None, 0, 0, 0),
        ("open", "/etc/hosts", "r", 0),
    )
    places = (
        "127.0.0.1:6379",
        "api.example.org:443",
        "192.0.2.7:443",
        "192.0.2.8:3306",
        "198.18.0.2:3306",
        "/run/redis.sock",
    )

    assert told(tmp_path) == [f"reaches {one}=tried" for one in (*places, "192.0.2.9:8125", "mail.example.org")]


def test_no_address_of_any_kind_breaks_what_the_site_does(lines, tmp_path):
    told_of(lines, connect(b"192.0.2.7", 80), connect(3, 1024), connect(0, 0), connect(), ("socket.sendto", None, None))

    assert told(tmp_path) == ["reaches 192.0.2.7:80=tried"]


def test_what_is_too_much_to_be_told_is_said_to_be_more(lines, tmp_path):
    told_of(lines, *(connect("192.0.2.7", port) for port in range(1, 50)))
    found = told(tmp_path)

    assert len(found) == JOURNAL._MOST_REACHED + 1
    assert found[-1] == "reaches more=tried"


def test_before_the_first_request_of_a_process_there_is_no_journal_of_it(lines, tmp_path):
    found = JOURNAL.Reached("")
    found.hook(*connect("192.0.2.7", 80)[:1], connect("192.0.2.7", 80)[1:])
    assert not (tmp_path / "j").read_bytes()
    found.tell_to(lines)

    assert told(tmp_path) == ["reaches 192.0.2.7:80=tried"]


def test_what_django_reaches_is_called_in_a_check_as_init_calls_it(lines, tmp_path, monkeypatch):
    """Both read Django's settings by themselves: each is copied into processes that know no module of the kit's."""
    caches = {name: {"BACKEND": f"a.{name}.Cache"} for name in ("redis", "PyMemcached", "locmem", "file")}
    named = {*JOURNAL._OF_SERVICES, *inspect_django._REMOTE}
    django(monkeypatch, CACHES=caches, EMAIL_BACKEND="", **dict.fromkeys(named, "amqp://me:precious@h"))
    JOURNAL._tell_services(lines)
    called = [one.removeprefix("reaches ").partition("=")[0] for one in told(tmp_path)]

    assert called == [*inspect_django._remote(sys.modules["django.conf"].settings)]
    assert {"CACHES.redis", "CACHES.PyMemcached", "SENTRY_DSN"} < {*called}

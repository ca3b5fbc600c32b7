"""What is written for every kind of server: plain, without a secret, and with the directives of the trials."""

import ast
import re
from configparser import ConfigParser
from pathlib import PurePosixPath
from typing import Any

import pytest

from badgateway.emit.files import files_of
from badgateway.emit.subject import Subject
from badgateway.emit.templates import wrapped
from badgateway.errors import ConfigurationError
from badgateway.model.configuration import Timeouts
from badgateway.model.knob import FrontDoor
from badgateway.servers.environment_file import variables
from badgateway.stack import nginx
from tests.emit.subjects import EVERY_KIND, ROOT, chosen, document

OF_THE_KIT = re.compile(r"\bWEB_|JOURNAL|journal:application|badgateway_journal|/tmp/badgateway")
PLACES_OF_ITS_OWN = ("listen", "server_name", "server", "upstream", "map", "location", "default", '""')
"""Directives whose values are a deployment's, or that begin a block."""


def written(subject: Subject) -> dict[str, str]:
    return {str(file.path): file.text for file in files_of(subject)}


@pytest.fixture(params=EVERY_KIND)
def subject(request) -> Subject:
    return chosen(request.param)


def test_no_file_has_anything_of_the_kit(subject):
    assert [path for path, text in written(subject).items() if OF_THE_KIT.search(text)] == []


def test_every_file_ends_with_a_line_and_says_what_it_is_of(subject):
    files = written(subject)

    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values())
    assert [path for path, text in files.items() if subject.chosen.name not in text and "logging" not in path] == []


def directives(text: str) -> set[str]:
    """Return what a file of nginx says, each with one space between its words."""
    lines = (line.partition("  #")[0].strip() for line in text.splitlines())
    whole = "\n".join(line for line in lines if line and not line.startswith("#"))
    parts = re.findall(r"[^;{}]+[;{}]", whole)
    return {" ".join(part.rstrip(";{}").split()) for part in parts} - {""}


def test_the_proxy_has_the_directives_of_the_trials_with_their_values(subject):
    one = subject.configuration
    rendered = nginx.render(
        (ROOT / "servers" / "nginx.conf").read_text(),
        protocol=subject.server.protocol,
        front_door=one.front_door,
        http=one.proxy_http,
        upstreams=(subject.place.address,),
        port=80,
        timeouts=subject.timeouts,
        open_files=nginx.MAX_OPEN_FILES,
    )
    of_trials = directives(rendered)
    named = {f"{word} {subject.place.name}" for word in ("uwsgi_pass", "proxy_pass http://")}
    found = directives(written(subject)[f"nginx/{subject.place.name}.conf"])

    others = {line for line in found - of_trials if line.split()[0] not in PLACES_OF_ITS_OWN}
    assert {line.replace("http://", "http:// ") for line in others} <= named
    assert f"server {'unix:' if one.transport == 'unix' else ''}{subject.place.address}" in found
    half = "uwsgi_" if not subject.speaks_http else "proxy_"
    unused = "proxy_" if half == "uwsgi_" else "uwsgi_"
    of_half = {line for line in of_trials if line.startswith(half) and "_temp_path" not in line and "_pass" not in line}
    assert of_half <= found
    assert not any(line.startswith(unused) for line in found)


def test_connections_are_kept_only_where_they_were_kept_in_the_trials(subject):
    text = written(subject)[f"nginx/{subject.place.name}.conf"]

    keeps = subject.configuration.front_door is FrontDoor.LOAD_BALANCER
    assert ("keepalive 256" in directives(text)) is keeps


def test_python_is_python_and_has_the_configurations_numbers():
    text = written(chosen("gunicorn-gthread", "servers"))["server/gunicorn.conf.py"]
    names: dict[str, object] = {}
    exec(compile(text, "gunicorn.conf.py", "exec"), names)

    values = ("workers", "threads", "backlog", "timeout", "bind", "preload_app", "wsgi_app", "worker_class")
    assert [names[name] for name in values] == [
        *(2, 32, 1024, 4, "unix:/run/school-site/web.sock", True),
        *("school_site.wsgi:application", "gthread"),
    ]
    assert "environ" not in text


def test_an_ini_file_has_each_setting_once():
    text = written(chosen("uwsgi-16", "servers"))["server/uwsgi.ini"]
    parser = ConfigParser(strict=True, interpolation=None)
    parser.read_string(text)

    options = parser["uwsgi"]
    asked = ("processes", "listen", "threads", "harakiri", "socket", "module", "virtualenv")
    assert [options[name] for name in asked] == [
        *("16", "1024", "1", "4", "/run/school-site/web.sock"),
        *("school_site.wsgi:application", "/srv/school-site/venv"),
    ]
    assert "%(_)" not in text
    assert not any(name.startswith("if-") for name in options)


@pytest.mark.parametrize(
    ("name", "file", "prefix"), [("granian", "granian.env", "GRANIAN"), ("uvicorn", "uvicorn.env", "UVICORN")]
)
def test_an_environment_file_is_what_the_unit_reads_and_no_more(name, file, prefix):
    files = written(chosen(name))
    values = variables(files[f"server/{file}"])

    assert values[f"{prefix}_UDS"] == "/run/school-site/web.sock"
    assert values[f"{prefix}_LOG_CONFIG"] == "/etc/school-site/logging.json"
    assert "server/logging.json" in files
    assert f"EnvironmentFile=/etc/school-site/{file}" in files["system/school-site.service"]
    assert all(key.startswith(prefix) for key in values)


def test_the_settings_of_the_database_are_python_and_have_no_password():
    for name, engine in (("gunicorn-gthread", "django"), ("gunicorn-gthread-pool", "dj_db_conn_pool")):
        text = written(chosen(name))["django/database.py"]
        tree = ast.parse(text)
        entry = next(node for node in ast.walk(tree) if isinstance(node, ast.Assign))

        assert f'"ENGINE": "{engine}' in text
        assert 'os.environ["DATABASE_PASSWORD"]' in text
        assert isinstance(entry.value, ast.Dict)
    assert '"POOL_SIZE": 8' in text


def test_a_secret_of_the_applications_is_named_and_not_written():
    of = document("servers")
    application = of.experiment.application.model_copy(update={"environment": {"APP_KEY": "...", "APP_A": "b c"}})
    changed = of.model_copy(update={"experiment": of.experiment.model_copy(update={"application": application})})
    subject = chosen("uwsgi-16", "servers")
    object.__setattr__(subject, "document", changed)
    text = written(subject)["server/site.env"]

    assert "APP_KEY=" not in text
    assert "# APP_KEY was set too" in text
    assert "APP_A=b c\n" in text


def test_one_that_failed_is_said_to_have_failed_first_and_in_every_file():
    files = written(chosen("uwsgi-2", "servers"))
    lines = files["WHY.md"].splitlines()
    top = chosen("uwsgi-2", "servers").top_level
    assert top is not None
    assert top.failures is not None

    assert lines[2].startswith("**uwsgi-2 did not keep the objective (FAIL).**")
    assert lines[4].startswith(f"- at 120 users: {top.failures.count} of {top.failures.total:,} requests failed")
    assert "which did not keep the objective (FAIL)" in files["server/uwsgi.ini"].splitlines()[0]
    assert "That the objective is kept: it is not." in files["WHY.md"]


def test_without_a_name_it_is_the_pick_and_without_a_pick_nothing():
    assert chosen(run="servers").chosen.name == document("servers").recommendation.configuration
    none = document("servers").recommendation.model_copy(update={"configuration": None, "decision": "INCONCLUSIVE"})

    with pytest.raises(ConfigurationError, match=r"picked no configuration \(INCONCLUSIVE\).* Name one of uwsgi-2, "):
        chosen(run="servers", recommendation=none.model_dump())
    with pytest.raises(ConfigurationError, match="has no configuration nobody; it has uwsgi-2, "):
        chosen("nobody", "servers")


def test_the_time_limits_are_told_in_their_order_and_where_the_server_has_none():
    limits = {
        name: written(chosen(name))["WHY.md"] for name in ("uwsgi-16", "uwsgi-gevent", "gunicorn-gthread", "granian")
    }

    assert re.search(r"uWSGI ends a request after \d+ s, nginx waits", limits["uwsgi-16"])
    assert all("has no limit of its own" in limits[name] for name in ("uwsgi-gevent", "gunicorn-gthread", "granian"))


def test_limits_out_of_order_are_said_to_be_so():
    subject = chosen("uwsgi-16", "servers")
    limits = Timeouts(app_s=9, proxy_read_s=5, client_s=10, any_order=True)
    object.__setattr__(subject, "configuration", subject.configuration.model_copy(update={"timeouts": limits}))

    assert "not in that order, as the experiment asked" in written(subject)["WHY.md"]


def test_a_long_limit_of_the_proxy_moves_the_idle_times_behind_it():
    subject = chosen("uwsgi-16", "servers")
    limits = Timeouts(app_s=300, proxy_read_s=310, client_s=320)
    object.__setattr__(subject, "configuration", subject.configuration.model_copy(update={"timeouts": limits}))
    files = written(subject)

    assert "| idle timeout | 320 s |" in files["load-balancer.md"]
    assert "every 315 s, time limit 310 s" in files["load-balancer.md"]
    assert "keepalive_timeout 335s" in directives(files["nginx/school-site.conf"])


def test_secrets_are_asked_for_by_the_names_that_the_settings_take():
    files = written(chosen("uwsgi-16"))
    taken = re.findall(r'os\.environ\["(\w+)"\]', files["django/database.py"])
    told = " ".join(files["server/site.env"].replace("\n# ", " ").split())

    assert len(taken) == 5
    assert f"{', '.join(taken[:-1])} and {taken[-1]} for django/database.py" in told


def test_a_unit_says_how_its_account_and_its_environment_are_made():
    text = written(chosen("uwsgi-16"))["system/school-site.service"]

    assert "#     useradd --system --home-dir /srv/school-site --shell /usr/sbin/nologin school-site\n" in text
    assert "#     apt-get install build-essential default-libmysqlclient-dev libmariadb3 pkg-config\n" in text
    assert "apt-get" not in written(chosen("gunicorn-gevent"))["system/school-site.service"]


@pytest.mark.parametrize(
    ("sent", "verdict", "mark"), [(18_990.0, "FAIL", "**"), (900.0, "FAIL", ""), (18_990.0, "PASS", "")]
)
def test_what_became_of_the_pick_at_a_rate_is_among_the_reasons(sent, verdict, mark):
    found = {
        "configuration": "uwsgi-16",
        "rate_per_minute": 19_000,
        "sent_per_minute": sent,
        "level": {"verdict": verdict},
    }
    confirmed = found | {"sentence": "What uwsgi-16 did at 19,000 tasks a minute."}

    assert f"\n{mark}What uwsgi-16 did at 19,000 tasks a minute.{mark}\n" in _why("uwsgi-16", confirmation=confirmed)
    assert "tasks a minute" not in _why("gunicorn-gthread", confirmation=confirmed)


def _why(name: str, **changes: Any) -> str:
    return written(chosen(name, "servers", **changes))["WHY.md"]


def test_a_setting_that_a_server_spells_by_its_opposite_has_that_value():
    subject = chosen("uwsgi-16")

    assert "| preload: lazy-apps | off | uwsgi.ini |" in written(subject)["WHY.md"]
    assert "\nlazy-apps = 0\n" in written(subject)["server/uwsgi.ini"]


def test_a_number_and_its_unit_stay_in_one_line():
    text = "A request ends " + "early " * 16 + "after 8 s, as 10 % of them do"
    first, second = wrapped(text)

    assert (first[-5:], second[:4]) == ("after", "8 s,")
    assert f"{first} {second}" == text


@pytest.mark.parametrize(("somaxconn", "value"), [(4096, "4096"), (100, "100"), (None, "4096")])
def test_the_kernels_ceiling_is_that_of_the_trials(somaxconn, value):
    environment = document("servers").environment.model_copy(update={"somaxconn": somaxconn})
    text = written(chosen("uwsgi-16", "servers", environment=environment.model_dump()))["system/sysctl.conf"]

    assert f"\nnet.core.somaxconn = {value}\n" in text
    assert ("had cut the queue" in text) is (somaxconn == 100)
    assert ("has not recorded" in text) is (somaxconn is None)


def test_the_kernels_ceiling_is_that_of_the_servers_own_machine_where_they_had_one():
    kernel = {"somaxconn": 100, "ip_local_port_range": [32768, 60999]}
    environment = document("servers").environment.model_dump() | {"places": {"target": kernel}}
    text = written(chosen("uwsgi-16", "servers", environment=environment))["system/sysctl.conf"]

    assert "\nnet.core.somaxconn = 100\n" in text
    assert "had cut the queue" in text


def test_the_paths_are_those_of_one_folder():
    paths = [file.path for file in files_of(chosen("uwsgi-16", "servers"))]

    assert paths[-1] == PurePosixPath("WHY.md")
    assert len(set(paths)) == len(paths)
    assert not any(path.is_absolute() or ".." in path.parts for path in paths)

"""What is written for containers and platforms: nothing else than what was measured, said in their words."""

import json
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from badgateway.emit.files import Target, files_of
from badgateway.errors import ConfigurationError
from badgateway.model.secrets import without_secrets
from badgateway.plan.experiment_file import load_experiment
from tests.emit.subjects import EVERY_KIND, ROOT, chosen, document, report

EVERY = tuple(Target)
FOLDER = PurePosixPath("deploy")


def written(name: str, *targets: Target, **changes: Any) -> dict[str, str]:
    return {str(file.path): file.text for file in files_of(chosen(name, **changes), targets or EVERY, FOLDER)}


def settings(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if not line.lstrip().startswith(("#", ";"))]


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_target_has_its_files_and_no_other(name):
    always = set(written(name, Target.SYSTEMD)) - {"system/school-site.service"}
    own = {target: set(written(name, target)) - always for target in Target}
    image = {"docker/Dockerfile", "docker/Dockerfile.dockerignore", "nginx/nginx.conf"}

    assert own[Target.SYSTEMD] == {"system/school-site.service"}
    assert own[Target.DOCKER] == image
    assert own[Target.COMPOSE] == {*image, "docker/compose.yaml"}
    assert own[Target.KUBERNETES] == {*image, "kubernetes/deployment.yaml"}
    assert own[Target.PROCFILE] >= {"procfile/Procfile", f"procfile/{chosen(name).place.file_name}"}
    assert set(written(name)) == always.union(*own.values())


@pytest.mark.parametrize("name", EVERY_KIND)
def test_the_image_starts_the_server_as_the_unit_does(name):
    files = written(name)
    command = re.search(r"^CMD (.*)$", files["docker/Dockerfile"], re.MULTILINE)
    unit = re.search(r"^ExecStart=(.*)$", files["system/school-site.service"], re.MULTILINE)

    assert command
    assert unit
    assert " ".join(json.loads(command[1])) == unit[1].replace('"', "")
    assert "COPY deploy/server/ /etc/school-site/" in files["docker/Dockerfile"]


def test_an_image_has_what_its_packages_need_and_those_of_another_server_nothing_of_it():
    images = {name: written(name)["docker/Dockerfile"] for name in ("uwsgi-16", "gunicorn-gevent")}

    assert "build-essential default-libmysqlclient-dev pkg-config" in images["uwsgi-16"]
    assert "libmariadb3" in images["uwsgi-16"]
    assert "apt-get" not in images["gunicorn-gevent"]
    assert "FROM python:3.11-slim\n" in images["uwsgi-16"]


def test_packages_are_those_of_the_trials_in_their_versions():
    versions = document().environment.versions

    assert settings(written("gunicorn-gevent")["server/requirements.txt"]) == [
        "",
        *(f"{name}=={versions[name]}" for name in ("gunicorn", "gevent", "greenlet", "pymysql")),
    ]
    assert "django-db-connection-pool" in written("gunicorn-gevent-pool")["server/requirements.txt"]


def test_a_socket_is_shared_between_containers_and_a_port_needs_one_network():
    by_socket, by_port = (written(name)["docker/compose.yaml"] for name in ("uwsgi-16", "uwsgi-2-tcp"))

    assert by_socket.count("- run:/run/school-site") == 2
    assert "network_mode" not in by_socket
    assert 'network_mode: "service:site"' in by_port
    assert "run:" not in settings(by_port)


@pytest.mark.parametrize("name", EVERY_KIND)
def test_who_stops_a_container_waits_for_what_a_worker_may_take(name):
    files, subject = written(name), chosen(name)
    graceful_s = subject.configuration.graceful_stop_s
    pod = re.search(r"terminationGracePeriodSeconds: (\d+)", files["kubernetes/deployment.yaml"])

    assert f"stop_grace_period: {graceful_s + 5}s" in files["docker/compose.yaml"]
    assert f"TimeoutStopSec={graceful_s + 5}" in files["system/school-site.service"]
    assert pod
    assert int(pod[1]) >= graceful_s + 15


def test_a_pod_asks_for_what_the_server_used_and_says_so_where_nobody_knows():
    subject = chosen("uwsgi-16")
    peaks = [
        one.peak_rss_bytes or 0 for trial in subject.chosen.trials for one in trial.processes if one.part == "server"
    ]
    text = written("uwsgi-16")["kubernetes/deployment.yaml"]
    found = re.search(r"memory: (\d+)Mi", text)
    bare = [{**one, "trials": [{**trial, "processes": []} for trial in one["trials"]]} for one in _configurations()]
    without = written("uwsgi-16", configurations=bare)["kubernetes/deployment.yaml"]

    assert found
    assert int(found[1]) * 2**20 >= max(peaks) > (int(found[1]) - 2) * 2**20
    assert "resources:" not in without
    assert "its resources are for you to measure" in without


def _configurations() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(report("concurrency"))["configurations"]
    return found


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_platform_gives_the_port_and_has_its_own_python(name):
    files = written(name, Target.PROCFILE)
    file = files[f"procfile/{chosen(name).place.file_name}"]
    lines = settings(file)

    assert re.match(r"web: cd app && .*\bexec \w+ .*\n$", files["procfile/Procfile"])
    assert "PORT" in files["procfile/Procfile"] + "".join(lines)
    assert not any("/srv/" in line or "/run/" in line or "/etc/" in line for line in lines)
    assert "that was not measured" in " ".join(file.split()).replace("# ", "").replace("; ", "")


@pytest.mark.parametrize("name", EVERY_KIND)
def test_no_variable_is_left_where_nothing_fills_it_in(name):
    files = written(name)
    # What a shell, uWSGI, Python or systemd fills in by itself.
    filled = ("procfile/Procfile", "procfile/uwsgi.ini", "procfile/granian.env", "procfile/uvicorn.env")
    left = re.compile(r"(?<!\$)\$[({]?[A-Z][A-Z_]+")

    assert {path: left.findall("\n".join(settings(text))) for path, text in files.items() if path not in filled} == {
        path: ["$MAINPID"] if path.endswith(".service") and "$MAINPID" in text else []
        for path, text in files.items()
        if path not in filled
    }


@pytest.mark.parametrize("host", ["", "www.shop.example"])
def test_a_probe_names_the_host_that_the_site_was_asked_for_in_the_trials(host):
    of = json.loads(report("concurrency"))["experiment"]
    of["application"] |= {"host": host} if host else {}
    text = written("gunicorn-gthread", Target.KUBERNETES, experiment=of)["kubernetes/deployment.yaml"]

    assert (
        text.count(f'- name: Host\n                  value: "{host or "127.0.0.1"}"\n') == text.count("httpGet:") == 2
    )


PLANTED = {
    "SECRET_KEY": "planted-by-name",
    "APP_TOKEN": "planted token with spaces",
    "DATABASE_URL": "mysql://school:planted-in-an-address@db/school",
    "APP_CALLBACK": "https://example.org/hook?sign=planted-in-a-query",
    "APP_SETTINGS": '{"api_key": "planted-in-json"}',
}


@pytest.mark.parametrize("name", EVERY_KIND)
def test_no_secret_is_in_any_file(name):
    experiment = load_experiment(ROOT / "experiments" / "servers.toml")
    application = experiment.application.model_copy(update={"environment": PLANTED})
    # As a report has it, which is all that is read.
    shown = without_secrets(experiment.model_copy(update={"application": application})).application
    one = chosen(name)
    asked = one.document.experiment.model_copy(update={"application": shown})
    document = one.document.model_copy(update={"experiment": asked})
    own = one.configuration.model_copy(update={"environment": shown.environment})
    files = {str(file.path): file.text for file in files_of(replace(one, document=document, configuration=own), EVERY)}
    text = "\n".join(files.values())

    assert "planted" not in text
    assert "# SECRET_KEY was set too" in files["server/site.env"]
    assert not re.search(r"DB_PASSWORD=|SECRET_KEY\s*=", text)
    assert "secrets.env" in files["docker/Dockerfile.dockerignore"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("gunicorn-gthread", 'raw_env = ["SECRET_KEY=planted"]'),
        ("gunicorn-gthread", 'os.environ["API_TOKEN"] = "planted"'),
        ("gunicorn-gthread", 'os.environ.setdefault("DB_PASSWORD", "planted")'),
        ("gunicorn-gthread", 'statsd = "redis://user:planted@host:6379/0"'),
        ("uwsgi-16", "env = DJANGO_SECRET_KEY=planted"),
        ("granian", "SENTRY_DSN=https://planted@host/1"),
    ],
)
def test_a_secret_in_the_projects_own_server_file_is_refused_with_its_line(name, line):
    text = (ROOT / chosen(name).configuration.server).read_text()
    whole = f"{text.rstrip()}\n{line}\n"

    with pytest.raises(ConfigurationError, match=rf": line {len(whole.splitlines())} has .*\(secrets.env\)"):
        files_of(chosen(name, text=whole), EVERY)


@pytest.mark.parametrize(
    "line",
    ['raw_env = ["SECRET_KEY=" + os.environ["SECRET_KEY"]]', 'keyfile = "/etc/ssl/site.key"', "max_tokens = 4096"],
)
def test_what_names_a_secret_and_has_none_is_written(line):
    text = (ROOT / chosen("gunicorn-gthread").configuration.server).read_text()

    assert files_of(chosen("gunicorn-gthread", text=f"{text}\n{line}\n"), EVERY)


def test_the_size_of_the_container_that_counted_is_deployed_and_nothing_where_there_was_none():
    one = chosen("gunicorn-gthread")
    small = {"cpu_limits": (0.5, 1.0), "memory_limits_mb": (256.0,)}
    sized = replace(one, configuration=one.configuration.model_copy(update=small))
    files, usual = ({str(file.path): file.text for file in files_of(of, EVERY, FOLDER)} for of in (sized, one))

    assert {"CPUQuota=50%", "MemoryMax=256M", "MemorySwapMax=0"} <= {*settings(files["system/school-site.service"])}
    assert {'cpus: "0.5"', "mem_limit: 256m", "memswap_limit: 256m"} <= {*settings(files["docker/compose.yaml"])}
    pod = files["kubernetes/deployment.yaml"].partition("resources:")[2].partition("lifecycle:")[0]
    assert settings(pod) == ["", "limits:", 'cpu: "0.5"', "memory: 256Mi", ""]
    assert not any("CPUQuota" in text or "mem_limit" in text for text in usual.values())
    assert "Another CPU quota than that of the trials: 0.5 CPU." in files["WHY.md"]
    assert "nginx's own container" not in usual["WHY.md"], "nobody asked for one"

"""A site that knows nothing of the kit gets the kit's own server files, journal and templates."""

from pathlib import Path, PurePosixPath

import pytest

from badgateway.errors import ConfigurationError
from badgateway.plan.experiment_file import load_experiment, project_root
from badgateway.plan.kit_files import JOURNAL, kit_folder, located_or_kits
from badgateway.plan.templates import NGINX

ROOT = Path(__file__).parents[2]
OF_A_SITE = """
name = "shop"
question = "Which one?"
load = { locustfile = "loadtest/locustfile.py", users = [5] }
objective = { max_failure_share = 0.01, p95_ms = 1000 }
application = { wsgi = "shop:app", prepare = ["python", "fill.py"] }
database = { driver = "pymysql" }
[[configurations]]
name = "a"
server = "kit:gunicorn_gthread.py"
workers = 2
[[configurations]]
name = "b"
server = "kit:uwsgi_gevent.ini"
workers = 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The experiment file of a site that has nothing of the kit's."""
    for name in ("shop.py", "fill.py", "loadtest/locustfile.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "badgateway.toml").write_text(OF_A_SITE)
    return tmp_path / "badgateway.toml"


def refusal(file: Path, old: str, new: str) -> str:
    file.write_text(OF_A_SITE.replace(old, new))
    with pytest.raises(ConfigurationError) as refused:
        load_experiment(file)
    return str(refused.value)


def test_a_site_needs_no_file_of_the_kit_and_its_own_folder_is_the_application(file):
    loaded = load_experiment(file)

    assert loaded.application.directory == PurePosixPath()
    assert (loaded.application.restore, loaded.application.wait_path) == ((), None)
    assert {one.driver for one in loaded.configurations} == {"pymysql"}
    assert [(one.kind, one.worker_model) for one in loaded.configurations] == [
        ("gunicorn", "threads"),
        ("uwsgi", "greenlets"),
    ]


def test_the_paths_of_a_sites_file_start_in_its_folder_wherever_that_is_looked_at_from(file, monkeypatch):
    monkeypatch.chdir(file.parent)

    assert project_root(Path("badgateway.toml")) == file.parent.resolve()
    assert project_root(Path("experiments/x.toml")) == file.parent.resolve()


def test_a_file_that_the_kit_does_not_bring_is_told_with_those_that_it_does(file):
    told = refusal(file, "kit:gunicorn_gthread.py", "kit:gunicorn_thread.py")

    assert "configurations[a].server: no such file: " in told
    assert "gunicorn_gthread.py" in told.partition("; ")[2]


@pytest.mark.parametrize("name", ["kit:../app/x.py", "kit:x/gunicorn_sync.py", "kit:..", "kit:"])
def test_behind_kit_is_a_name_and_no_path(file, name):
    assert "behind kit: is the name of one of the kit's own server files, such as" in refusal(
        file, "kit:gunicorn_gthread.py", name
    )


@pytest.mark.parametrize("name", ["kit:journal.py", "kit:nginx.conf"])
def test_what_is_no_server_file_is_none_with_kit_in_front_either(file, name):
    loads = name == "kit:journal.py"
    assert "is not named as a known server's file" in refusal(file, "kit:gunicorn_gthread.py", name), loads


def test_what_a_site_has_in_servers_is_not_taken_for_the_kits(tmp_path):
    (tmp_path / "servers").mkdir()
    (tmp_path / NGINX).write_text("user www-data;")
    assert located_or_kits(tmp_path, NGINX) == kit_folder() / "nginx.conf"

    (tmp_path / JOURNAL).touch()
    assert located_or_kits(tmp_path, NGINX) == tmp_path / NGINX

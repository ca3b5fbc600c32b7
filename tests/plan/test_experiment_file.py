"""Experiment files: what is accepted, and how every fault is told."""

from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError
from badgateway.plan.experiment_file import load_experiment, project_root

VALID = """\
name = "small"
question = "Which one?"

[load]
locustfile = "experiments/load.py"
users = [5, 50]

[objective]
max_failure_share = 0.01
p95_ms = 1000

[[configurations]]
name = "first"
server = "servers/uwsgi.ini"
driver = "mysqlclient"
workers = 2

[[configurations]]
name = "second"
server = "servers/gunicorn_gevent.py"
driver = "pymysql"
workers = 2
"""


OF_ALL = (Path(__file__).parents[2] / "experiments" / "application.toml").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in (
        "experiments/load.py",
        "servers/uwsgi.ini",
        "servers/gunicorn_gevent.py",
        "servers/nginx.conf",
        "servers/mariadb.cnf",
        "servers/journal.py",
        "app/manage.py",
        "app/school_site/wsgi.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "experiments" / "application.toml").write_text(OF_ALL)
    path = tmp_path / "experiments" / "small.toml"
    path.write_text(VALID)
    return path


def test_what_all_experiments_of_a_folder_say_of_their_site_holds_where_one_says_nothing_else(file):
    file.write_text(VALID + '[application]\nhealth = { path = "/up", status = [200] }\nrestore = []\n')
    found = load_experiment(file).application

    assert (str(found.directory), found.wsgi, found.wait_path) == ("app", "school_site.wsgi:application", "/wait/")
    assert (found.probe.path, found.restore) == ("/up", ())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "x"\n', "name: only [application] belongs here"),
        ("[application]\nwsgii = 1\n", "application.wsgii: unknown key; did you mean wsgi?"),
        ('[application]\nwsgi = "x"\n', "application.wsgi: 'x' is not allowed"),
        ("[application\n", "line 1"),
    ],
)
def test_a_fault_in_it_is_told_with_its_name(file, text, told):
    shared = file.with_name("application.toml")
    shared.write_text(text)

    with pytest.raises(ConfigurationError) as refused:
        load_experiment(file)
    assert str(refused.value).startswith(f"{shared}: {told}")


def test_the_engine_knows_no_site_of_its_own(file):
    file.with_name("application.toml").unlink()

    with pytest.raises(ConfigurationError, match=r"application.wsgi: no module wsgi in "):
        load_experiment(file)


def refusal(file: Path, old: str, new: str) -> str:
    assert old in VALID
    file.write_text(VALID.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(file)
    return str(caught.value)


def test_a_valid_file_becomes_an_experiment(file):
    experiment = load_experiment(file)

    assert [one.name for one in experiment.configurations] == ["first", "second"]
    assert experiment.load.users == (5, 50)
    assert [one.kind for one in experiment.configurations] == ["uwsgi", "gunicorn"]


def test_paths_are_relative_to_the_folder_above_the_experiments(file, tmp_path):
    assert project_root(file) == tmp_path


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("workers = 2", "workers = -1", "configurations[first].workers: -1 is not allowed: input should be greater"),
        ("workers = 2", "worker = 2", "configurations[first].worker: unknown key; did you mean workers?"),
        (
            "workers = 2",
            "colour = 2\nworkers = 2",
            "configurations[first].colour: unknown key; allowed are name, server",
        ),
        ("workers = 2", "", "configurations[first].workers: is missing"),
        ('name = "second"', 'name = "first"', "configuration name used twice: first"),
        (
            'driver = "pymysql"',
            'driver = "mysql"',
            "configurations[second].driver: 'mysql' is not allowed: input should be 'pymysql'",
        ),
        ('"servers/uwsgi.ini"', '"servers/wsgi.ini"', "configurations[first].server: no such file:"),
        (
            '"servers/uwsgi.ini"',
            '"servers/nginx.conf"',
            "configurations[first].server: servers/nginx.conf is not named as a known server's file, ",
        ),
        ('"servers/uwsgi.ini"', '"/etc/uwsgi.ini"', "must be a path inside the project"),
        ('"experiments/load.py"', '"experiments/lod.py"', "load.locustfile: no such file:"),
        ("users = [5, 50]", "users = [5, 5]", "a level is listed twice"),
        ("users = [5, 50]", "users = []", "load.users"),
        ("users = [5, 50]", "users = [0]", "load.users[1]: 0 is not allowed"),
        ("p95_ms = 1000", "p95_ms = nan", "objective.p95_ms"),
        (
            "[objective]",
            "[timeouts]\napp_s = 9\nproxy_read_s = 5\n[objective]",
            "app_s (9) must be below proxy_read_s (5)",
        ),
        ("[objective]", "[objectives]", "objectives: unknown key; did you mean objective?"),
    ],
)
def test_a_fault_names_file_key_and_what_is_allowed(file, old, new, expected):
    message = refusal(file, old, new)

    first = next(line for line in message.splitlines() if expected in line)
    assert first.startswith(str(file))


def test_a_missing_server_file_lists_those_that_exist(file):
    assert "servers/ has uwsgi.ini" in refusal(file, '"servers/uwsgi.ini"', '"servers/wsgi.ini"')


KNOWN = "mariadb, none, postgresql, sqlite"


def test_a_database_that_no_run_has_is_told_in_place_of_the_driver_that_it_lacks(file):
    file.write_text(VALID.replace('driver = "mysqlclient"', "").replace('driver = "pymysql"', ""))
    file.write_text(f'{file.read_text()}\n[database]\nsystem = "oracle"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(file)

    assert str(caught.value) == f"{file}: database.system: oracle is no known database; there are {KNOWN}"


def test_every_fault_of_a_file_is_told_at_once(file):
    file.write_text(VALID.replace("workers = 2", "workers = 0").replace("p95_ms = 1000", "p95_ms = -1"))

    with pytest.raises(ConfigurationError) as caught:
        load_experiment(file)

    assert len(str(caught.value).splitlines()) == 3


def test_text_that_is_not_toml_is_refused_with_its_line(file):
    assert "line 1" in refusal(file, 'name = "small"', "name = small")


def test_a_missing_file_is_refused_and_its_neighbours_are_named(file):
    (file.parent / "wide.toml").write_text(VALID)
    with pytest.raises(ConfigurationError, match=r"no such experiment file; there are .*small\.toml, .*wide\.toml$"):
        load_experiment(file.with_name("smal.toml"))


def test_only_experiment_files_are_offered_in_place_of_a_missing_one(file):
    (file.parent / "pyproject.toml").write_text('[project]\nname = "site"\n')
    (file.parent / "torn.toml").write_text("name = ")
    (file.parent / "folder.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"no such experiment file; there is [^,]*small\.toml$"):
        load_experiment(file.with_name("nope.toml"))


def test_where_no_experiment_file_is_beside_a_missing_one_those_in_experiments_are_offered(file, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "site"\n')
    with pytest.raises(ConfigurationError, match=r"no such experiment file; there is .*experiments/small\.toml$"):
        load_experiment(tmp_path / "nope.toml")


def test_a_missing_file_in_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"no such experiment file$"):
        load_experiment(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["concurrency", "export", "servers"])
def test_the_experiments_that_come_with_the_kit_are_valid(name):
    path = Path(__file__).parents[2] / "experiments" / f"{name}.toml"

    assert load_experiment(path).name == name


def test_a_byte_order_mark_is_accepted(file):
    file.write_bytes(b"\xef\xbb\xbf" + VALID.encode())

    assert load_experiment(file).name == "small"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (VALID.encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"a = " + b"[" * 900 + b"]" * 900, "is nested too deep; 32 levels are allowed"),
        (
            VALID.replace("workers = 2", "workers = " + "9" * 5001).encode(),
            "has an integer of thousands of digits; 64 bits are allowed",
        ),
        (VALID.encode() + b"#" * 1_000_000, "is larger than 1 MB: no experiment file"),
        (b"", "name: is missing"),
    ],
)
def test_a_file_that_is_none_is_refused_by_its_name(file, content, told):
    file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load_experiment(file)

    assert f"{file}: {told}" in str(caught.value).splitlines()


def test_a_folder_in_place_of_an_experiment_file_is_refused(file):
    with pytest.raises(ConfigurationError, match="experiments: is no file; name an experiment file, such as"):
        load_experiment(file.parent)


def test_a_server_of_5000_characters_names_file_and_key_in_a_short_message(file):
    message = refusal(file, '"servers/uwsgi.ini"', f'"{"x" * 5000}.ini"')

    assert message.startswith(f"{file}: configurations[first].server: 'xxx")
    assert len(message) < 400


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        ("quick]\ncolour = 1", "variants.quick.colour: unknown key; allowed are only, users"),
        ("quick.timeouts]\napp_s = 4\nproxy_read_s = 3", "app_s (4) must be below proxy_read_s (3)"),
        ("quick.study]\nblocks = 2", "variants.quick.study changes a [study] that is not declared"),
        (f"{'q' * 80}]", "String should have at most 80 characters"),
    ],
)
def test_a_variant_that_could_not_be_run_is_refused_with_its_file_though_nobody_asked_for_it(file, variant, told):
    message = refusal(file, "[objective]", f"[variants.{variant}\n[objective]")

    assert message.startswith(f"{file}: ")
    assert told.lower() in message.lower()


STUDY = "[study]\n[objective]"


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("[size]\ncpu = [0.5, 1]\n", "size.cpu: 2 values"),
        ("[size]\nmemory_mb = [64, 128, 256]\n", "size.memory_mb: 3 values"),
        ("[variants.wide.size]\ncpu = [0.5, 1]\n", "variant wide: size.cpu: 2 values"),
        ("[variants.far]\ndatabase_distances_ms = [0, 1]\n", "variant far: database_distances_ms: 2 values"),
    ],
)
def test_a_study_refuses_what_it_would_leave_out(file, more, key):
    assert f"{key}, and an experiment with [study] measures at one" in refusal(file, "[objective]", f"{more}{STUDY}")
    file.write_text(VALID + more)
    load_experiment(file)


def test_a_study_at_one_value_and_a_schedule_at_several_are_taken(file):
    file.write_text(VALID.replace("[objective]", f"[size]\ncpu = [0.5]\n{STUDY}"))

    assert load_experiment(file).study is not None


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("site/badgateway.toml", "site"),
        ("site/x.toml", "site"),
        ("project/experiments/x.toml", "project"),
        ("experiments/badgateway.toml", "experiments"),
    ],
)
def test_paths_start_in_a_files_own_folder_or_above_experiments(tmp_path, path, root):
    assert project_root(tmp_path / path) == tmp_path / root

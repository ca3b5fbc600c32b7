"""What an experiment needs of its project's files is looked for before anything starts."""

import os
import socket
import sys
from pathlib import Path

import pytest

from badgateway.plan.project_files import file_faults
from tests.declared import experiment

FILES = (
    "experiments/load.py",
    "servers/uwsgi.ini",
    "servers/gunicorn_gevent.py",
    "servers/nginx.conf",
    "servers/mariadb.cnf",
    "servers/journal.py",
    "app/manage.py",
    "app/school_site/wsgi.py",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def faults(root: Path, **changes: object) -> list[str]:
    return list(file_faults(experiment(**changes), root))


def only_fault(root: Path, **changes: object) -> str:
    found = faults(root, **changes)
    assert len(set(found)) == 1, found
    return found[0]


def test_a_whole_project_has_no_fault(root):
    assert faults(root) == []


def test_a_folder_in_place_of_a_file_is_refused(root):
    (root / "experiments/load.py").unlink()
    (root / "experiments/load.py").mkdir()

    assert "load.locustfile: " in only_fault(root)
    assert "is no file, but a folder; name a file" in only_fault(root)


def test_a_pipe_in_place_of_a_file_is_refused_without_reading_it(root):
    (root / "servers/uwsgi.ini").unlink()
    os.mkfifo(root / "servers/uwsgi.ini")

    assert "is no file, but a device, a pipe or a socket" in only_fault(root)


@pytest.mark.parametrize("name", ["servers/uwsgi.ini", "experiments/load.py", "app"])
def test_a_link_out_of_the_project_is_refused(root, name, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "there"
    (root / name).rename(outside)
    (root / name).symlink_to(outside)

    assert f"{root / name} is a link out of the project, to {outside}; put a copy into the project" in only_fault(root)


def test_a_link_inside_the_application_that_leads_out_of_the_project_is_refused(root, tmp_path_factory):
    (root / "app" / "media").symlink_to(tmp_path_factory.mktemp("media"))

    assert "app/media is a link out of the project" in only_fault(root)


def test_a_link_inside_the_project_and_one_that_leads_nowhere_are_let_be(root):
    (root / "app" / "inner.py").symlink_to(root / "app" / "manage.py")
    (root / "app" / "nowhere").symlink_to(root / "gone")

    assert faults(root) == []


def test_folders_that_are_not_copied_may_hold_anything(root, tmp_path_factory):
    (root / "app" / ".venv").mkdir()
    (root / "app" / ".venv" / "python").symlink_to(tmp_path_factory.mktemp("python"))

    assert faults(root) == []


def test_a_socket_that_a_server_left_in_the_application_does_no_harm(root):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(root / "app" / "web.sock"))

    assert faults(root) == []


def test_a_file_that_cannot_be_read_is_told_before_it_is_copied(root, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "manage.py")

    assert "app/manage.py cannot be read; let it be readable" in only_fault(root)


@pytest.mark.parametrize("name", ["experiments/load.py", "servers/gunicorn_gevent.py"])
def test_python_that_could_not_be_loaded_is_told_with_its_line(root, name):
    (root / name).write_text("x = 1\ny = (\n")

    assert f"{root / name}, line 2: '(' was never closed; mend its Python" in faults(root)[0]


@pytest.mark.parametrize("content", [b"x = 1\x00", b"x = " + b"(" * 5000, b"x = '\xe9'"])
def test_python_that_is_none_is_told(root, content):
    (root / "experiments/load.py").write_bytes(content)

    assert f"load.locustfile: {root / 'experiments/load.py'}" in only_fault(root)


def test_a_server_file_in_another_encoding_is_told(root):
    (root / "servers/uwsgi.ini").write_bytes(b"[uwsgi]\n# \xe9")

    assert "byte 0xe9 is not UTF-8; save the file as UTF-8" in only_fault(root)


@pytest.mark.parametrize(
    ("application", "told"),
    [
        ({"directory": "ap"}, "application.directory: no such folder"),
        ({"directory": "servers/uwsgi.ini"}, "is no folder; name the folder with the site's manage.py"),
        ({"wsgi": "site_school.wsgi:application"}, "application.wsgi: no module site_school in"),
        ({"wsgi": "school_site.asgi:application"}, "application.wsgi: no such file: "),
        ({"prepare": ["python", "mange.py"]}, "application.prepare: no such file: "),
        ({"restore": ["python", "mange.py"]}, "application.restore: no such file: "),
    ],
)
def test_what_is_not_in_the_application_is_told(root, application, told):
    assert told in only_fault(root, application=application)


def test_a_wsgi_application_may_be_installed(root):
    assert faults(root, application={"wsgi": "click.core:Command"}) == []


@pytest.mark.parametrize("name", ["servers/nginx.conf", "servers/mariadb.cnf", "servers/journal.py"])
def test_a_file_that_every_run_needs_is_the_kits_own_where_the_project_has_none(root, name):
    (root / name).unlink()

    assert faults(root) == []


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("nginx.conf", b"# x\nlisten @{prot};", ", line 2: unknown value @{prot}; did you mean @{port}?"),
        ("nginx.conf", b"listen @80;", ", line 1: @ must begin one of @{address}, "),
        ("mariadb.cnf", b"port = @{upstream}", "@{upstream}; allowed are @{folder}, @{max_connections}, @{port}"),
        ("mariadb.cnf", b"# caf\xe9", ": byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("nginx.conf", b"\xff\xfe#\0", ": byte 0xff is not UTF-8; save the file as UTF-8"),
        ("nginx.conf", b"\0\0\0", ": has a byte 0x00, so it is no text; save it as text in UTF-8"),
        ("journal.py", b"def f(:\n", ", line 1: invalid syntax; mend its Python"),
    ],
)
def test_a_template_that_could_not_be_filled_in_is_told_with_its_line_and_what_to_write(root, name, content, told):
    (root / "servers" / name).write_bytes(content)

    assert only_fault(root).startswith(f"{root / 'servers' / name}")
    assert told in only_fault(root)


def test_a_template_that_only_others_can_read_is_told(root, monkeypatch):
    def refuse(path, **given):
        if path.name == "mariadb.cnf":
            raise PermissionError(13, "Permission denied")
        return ""

    monkeypatch.setattr(Path, "read_text", refuse)

    assert "servers/mariadb.cnf: cannot be read: Permission denied" in only_fault(root)


def test_a_server_of_asgi_needs_the_asgi_object_of_the_site(root):
    (root / "servers/uvicorn.env").touch()
    configuration = {"name": "loop", "server": "servers/uvicorn.env", "driver": "pymysql", "workers": 2}

    told = only_fault(root, configurations=[configuration])
    assert told.startswith(
        "configurations[loop].server: uvicorn.env runs an ASGI application; application.asgi: no such"
    )
    (root / "app/school_site/asgi.py").touch()
    assert faults(root, configurations=[configuration]) == []


def test_a_file_without_end_is_refused_before_it_is_read(root):
    os.truncate(root / "servers/nginx.conf", 1 << 32)

    assert "servers/nginx.conf: is larger than 8 MB; name a file of text" in only_fault(root)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("${rnadom}", "unknown value ${rnadom}; did you mean ${random}?"),
        ("${database.pass}", "unknown value ${database.pass}; did you mean ${database.password}?"),
        ("x${HOME}y", "unknown value ${HOME}; allowed are ${random}, ${database.url}"),
    ],
)
def test_a_place_that_no_run_fills_in_is_refused_with_the_likeliest_one(root, value, told):
    assert told in only_fault(root, application={"environment": {"SHOP_KEY": value}})
    assert faults(root, application={"environment": {"SHOP_KEY": "${random} ${database.url} $HOME"}}) == []


def test_a_place_in_a_command_is_refused_where_nothing_fills_it_in(root):
    prepare = [["python", "manage.py", "load", "${database.url}"]]

    assert "application.prepare: ${database.url} is filled in under" in only_fault(
        root, application={"prepare": prepare}
    )


def test_an_address_that_the_shell_does_not_have_is_said_before_anything_starts(root, monkeypatch):
    monkeypatch.delenv("STAGING_URL", raising=False)
    database = {"database": {"url": "env:STAGING_URL"}, "application": {"prepare": [], "restore": []}}

    assert any("your shell has no variable STAGING_URL; export it" in one for one in faults(root, **database))
    monkeypatch.setenv("STAGING_URL", "x")
    assert not any("your shell" in one for one in faults(root, **database))


@pytest.fixture
def environment(root):
    packages = root / ".venv/lib/python3.11/site-packages"
    (packages / "installed").mkdir(parents=True)
    (root / ".venv/pyvenv.cfg").write_text("include-system-site-packages = false\n")
    (root / ".venv/bin").mkdir()
    (root / ".venv/bin/python").symlink_to(sys.executable)
    return packages


def with_python(module):
    return {"application": {"python": ".venv/bin/python", "wsgi": f"{module}:application"}}


def test_a_module_that_neither_site_nor_environment_has_is_refused(root, environment):
    assert "no module shp in " in only_fault(root, **with_python("shp.wsgi"))
    assert "nor in " in only_fault(root, **with_python("shp.wsgi"))
    assert faults(root, **with_python("installed.wsgi")) == []


def test_a_module_that_is_developed_elsewhere_may_be_there(root, environment):
    (root / "elsewhere/shp").mkdir(parents=True)
    (environment / "own.pth").write_text(f"import x\n{root / 'elsewhere'}\n")
    (environment / "__editable___other_finder.py").write_text("MAPPING = {'other': '/x'}\n")
    (root / "app/src/inner").mkdir(parents=True)

    for module in ("shp.wsgi", "other.wsgi", "inner.wsgi"):
        assert faults(root, **with_python(module)) == []


def test_of_an_interpreter_that_sees_the_systems_packages_nobody_can_tell(root, environment):
    (root / ".venv/pyvenv.cfg").write_text("include-system-site-packages = true\n")

    assert faults(root, **with_python("shp.wsgi")) == []

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgateway.ledger.app import KINDS, load_journal
from badgateway.model.raw import JOURNAL_COLUMNS
from tests.servers.journals import COLUMNS, JOURNAL, load, written

MODULE = load()


def ok(_environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]


def ask(journal, request_id: str | None) -> None:
    environ = {} if request_id is None else {"HTTP_X_REQUEST_ID": request_id}
    body = journal(environ, lambda *_: None)
    list(body)
    body.close()


def read_back(file: Path) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    load_journal(connection, file)
    return connection.table("journal").project("kind, request_id, detail").fetchall()


@pytest.mark.parametrize(
    ("request_id", "kept"),
    [
        ("9f2-A.b:c", "9f2-A.b:c"),
        (None, "-"),
        ("", "-"),
        ('a,b"c\nstart,', 'a,b"c\nstart,'),
        ("50%2C", "50%2C"),
        ("ä".encode().decode("latin-1"), "ä"),
        ("x" * 500, "x" * 128),
    ],
)
def test_whatever_a_client_calls_its_request_is_read_back(request_id, kept, tmp_path):
    journal = MODULE.Journal(ok, MODULE.Lines(str(tmp_path / "j")))
    ask(journal, request_id)

    assert read_back(tmp_path / "j") == [("start", kept, ""), ("end", kept, "")]


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"REQUEST_METHOD": "GET", "PATH_INFO": "/members/", "QUERY_STRING": "token=1"}, "GET /members/"),
        ({"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/shop", "PATH_INFO": "/a,b\n"}, "GET /shop/a,b\n"),
        ({"REQUEST_METHOD": "GET", "PATH_INFO": "/" + "x" * 500}, ("GET /" + "x" * 500)[:128]),
        ({}, " "),
    ],
)
def test_what_is_asked_for_is_told_where_it_is_wanted_and_never_its_query(environ, told, tmp_path, monkeypatch):
    for wanted in ("", "1"):
        monkeypatch.setenv("JOURNAL_PATHS", wanted)
        list(MODULE.Journal(ok, MODULE.Lines(str(tmp_path / "j")))(environ, lambda *_: None))

    starts = [detail for kind, _, detail in read_back(tmp_path / "j") if kind == "start"]
    assert starts == ["", told]


def test_no_request_id_can_break_the_grammar(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ids")
    journal = MODULE.Journal(ok, MODULE.Lines(str(folder / "j")))

    @given(st.text(st.characters(max_codepoint=255), min_size=1))
    def try_out(request_id):
        ask(journal, request_id)

    try_out()
    lines = (folder / "j").read_bytes().splitlines(keepends=True)
    assert len(lines) >= hypothesis.settings().max_examples
    assert max(map(len, lines)) < 1000
    assert len(read_back(folder / "j")) == len(lines)


def test_threads_and_processes_write_whole_lines_to_one_file(tmp_path):
    journal = MODULE.Journal(ok, MODULE.Lines(str(tmp_path / "j")))

    def many():
        for number in range(500):
            ask(journal, f"{os.getpid()}-{threading.get_ident()}-{number}")

    child = os.fork()
    threads = [threading.Thread(target=many) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if child == 0:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

    rows = written(tmp_path / "j")
    assert len(rows) == 2 * 3 * 500 * 2
    assert len({row["pid"] for row in rows}) == 2
    starts = {(row["pid"], row["number"], row["request_id"]) for row in rows if row["kind"] == "start"}
    assert starts == {(row["pid"], row["number"], row["request_id"]) for row in rows if row["kind"] == "end"}
    assert len(starts) == 2 * 3 * 500


def test_a_journal_that_cannot_be_written_ends_the_start_of_the_server(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        MODULE.Lines(str(tmp_path / "nowhere" / "j"))


def test_a_full_disk_costs_the_site_its_journal_and_nothing_else(capsys):
    ask(MODULE.Journal(ok, MODULE.Lines("/dev/full")), "a")

    assert "/dev/full: lines are lost: [Errno 28] No space left on device" in capsys.readouterr().err


def test_the_kinds_and_columns_the_ledger_knows_are_those_of_the_journal():
    text = JOURNAL.read_text()

    assert COLUMNS == JOURNAL_COLUMNS
    assert ",".join(COLUMNS) in text
    assert all(kind in text for kind in KINDS)
    assert set(MODULE._WORKER_HOOKS.values()) < set(KINDS)


SERVER = """
wsgi_app, workers, _private = "a:b", 3, 1
import os

def worker_exit(server, worker):
    worker.seen.append("own")
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "server.py").write_text(SERVER)
    lines = MODULE.Lines(str(tmp_path / "j"))
    return MODULE.gunicorn_settings(str(tmp_path / "server.py"), lines)


def test_gunicorn_gets_the_settings_of_the_server_file(settings):
    assert (settings["wsgi_app"], settings["workers"]) == ("a:b", 3)
    assert "_private" not in settings
    assert "__name__" not in settings


def test_every_hook_writes_a_line_about_the_worker_and_calls_the_files_own_hook(settings, tmp_path):
    worker = SimpleNamespace(pid=4711, nr=12, aborted=True, seen=[])
    for hook in ("post_fork", "worker_exit", "child_exit"):
        settings[hook](None, worker)
    for hook in ("post_worker_init", "worker_int", "worker_abort"):
        settings[hook](worker)

    assert worker.seen == ["own"]
    assert [(row["kind"], row["pid"], row["number"], row["detail"]) for row in written(tmp_path / "j")] == [
        ("worker-forked", "4711", "", ""),
        ("worker-exit", "4711", "12", ""),
        ("worker-reaped", "4711", "", "aborted"),
        ("worker-ready", "4711", "", ""),
        ("worker-int", "4711", "", ""),
        ("worker-abort", "4711", "", ""),
    ]


def test_a_place_in_the_code_is_the_innermost_line_that_is_the_sites_own():
    own: dict[str, Any] = {}
    exec(compile("def call(back): back()", "/srv/lib/site-packages/driver.py", "exec"), own)
    exec(compile("\n\ndef view(back): call(back)", "/srv/site/views.py", "exec"), own)
    places: list[str] = []
    own["view"](lambda: places.append(MODULE._place(sys._getframe(1))))

    assert places == ["/srv/site/views.py:3 view"]


def test_what_is_installed_or_comes_with_python_is_not_the_sites_own():
    assert MODULE._is_foreign("/x/lib/python3.11/site-packages/django/db/x.py")
    assert MODULE._is_foreign(os.__file__)
    assert not MODULE._is_foreign("/srv/site/views.py")


SITE = """
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]
"""
SERVE = "import journal; list(journal.application({}, lambda *_: None))"


def test_the_file_alone_is_enough_and_says_which_process_it_serves(tmp_path):
    (tmp_path / "site_under_test.py").write_text(SITE)
    (tmp_path / "journal.py").write_bytes(JOURNAL.read_bytes())
    environment = {
        "JOURNAL_WSGI": "site_under_test:application",
        "JOURNAL_FILE": str(tmp_path / "j"),
        "PYTHONPATH": str(tmp_path),
    }
    subprocess.run([sys.executable, "-c", SERVE], env=environment, check=True)

    process, start = written(tmp_path / "j")
    assert (process["kind"], process["detail"]) == ("process", str(os.getpid()))
    assert start["kind"] == "start"

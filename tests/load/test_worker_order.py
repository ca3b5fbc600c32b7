"""What a worker is told to be, and what it makes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.errors import LoadError
from badgateway.load.command import Meeting, Target, headless_command
from badgateway.load.settings import CLOCK_AHEAD, ROWS, SESSIONS
from badgateway.load.worker import Books
from badgateway.load.worker_order import Order
from badgateway.model.raw import CLIENT_ROWS
from tests.load.conftest import ROOT, load_of

ORDER = Order(
    host="http://10.0.0.5:8080",
    stop_timeout_s=9,
    locust_port=5558,
    locust_file="loads/visitors.py",
    files={"loads/visitors.py": "import pages", "loads/pages.py": "PAGES = 3"},
    sessions='["a"]',
    environment={"APP_MEMBERS": "9"},
)


def test_an_order_is_a_locust_of_its_own_files_and_of_the_runs_master(tmp_path):
    command = ORDER.command(tmp_path, "10.0.0.5")

    assert (tmp_path / "project/loads/pages.py").read_text() == "PAGES = 3"
    words = command.argv
    assert words[words.index("--locustfile") + 1] == str(tmp_path / "project/loads/visitors.py")
    assert words[words.index("--master-host") + 1] == "10.0.0.5"
    assert words[words.index("--master-port") + 1] == "5558"
    assert command.environment[ROWS] == str(command.directory)
    assert command.environment["APP_MEMBERS"] == "9"
    assert Path(command.environment[SESSIONS]).read_text() == '["a"]'


def test_an_order_comes_over_the_line_as_it_was(tmp_path):
    message = ORDER.message(ahead_s=-0.25)

    assert message["environment"][CLOCK_AHEAD] == "-0.25"
    assert replace(Order.read(message), environment=ORDER.environment) == ORDER
    with pytest.raises(LoadError, match="none that this version knows"):
        Order.read({**message, "more": 1})


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.py", "a/../../b.py"])
def test_a_file_outside_of_its_project_is_not_written(tmp_path, path):
    with pytest.raises(LoadError, match="outside of its project"):
        replace(ORDER, files={path: ""}).command(tmp_path, "10.0.0.5")


def test_the_order_of_a_load_has_its_sessions_and_nothing_of_this_machine(tmp_path):
    (tmp_path / "sessions.json").write_text("[]")
    load, _ = load_of("visitors", users=5)
    target = Target(
        url="http://127.0.0.1:1",
        load=load,
        users=5,
        client_timeout_s=7.5,
        project_root=ROOT,
        environment={SESSIONS: str(tmp_path / "sessions.json")},
        meeting=Meeting(address="127.0.0.1", port=1, expected=2),
    )
    order = Order.of(target, headless_command(target, tmp_path).environment, {}, locust_port=2)

    assert (order.sessions, order.stop_timeout_s, order.locust_port) == ("[]", 10, 2)
    assert not any(str(tmp_path) in value or str(ROOT) in value for value in order.environment.values())


def test_a_worker_sends_whole_lines_and_each_once(tmp_path):
    books = Books(tmp_path)
    assert books.new() == {}
    (tmp_path / CLIENT_ROWS).write_text("one\ntw")
    assert books.new() == {CLIENT_ROWS: "one\n"}
    assert books.new() == {}
    with (tmp_path / CLIENT_ROWS).open("a") as file:
        file.write("o\n")
    assert books.new() == {CLIENT_ROWS: "two\n"}

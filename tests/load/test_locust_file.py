"""A Locust file is loaded in a process of its own before anything starts; what is wrong with it is one line."""

import socket
import sys
from pathlib import Path, PurePosixPath

import pytest

from badgateway.errors import ConfigurationError
from badgateway.load import locust_file
from badgateway.load.locust_file import require_users
from tests.declared import experiment
from tests.load.conftest import ROOT

FILE = "experiments/load.py"
USER = "from badgateway.load.recorder import RecordedUser\nclass Visitor(RecordedUser):\n    tasks = [print]\n"


def check(tmp_path: Path, text: str, **changes: object) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / FILE).write_text(text)
    folder = tmp_path / "answer"
    folder.mkdir()
    require_users(experiment(**changes), root=tmp_path, folder=folder)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check(tmp_path, text)
    told = str(caught.value)
    assert "\n" not in told
    return told.replace(str(tmp_path / FILE), "FILE")


def test_a_file_of_the_kit_has_users_and_gevent_stays_out_of_this_process(tmp_path):
    declared = experiment()
    load = declared.load.model_copy(update={"locustfile": PurePosixPath("experiments/concurrency.py")})
    before = "gevent" in sys.modules
    require_users(declared.model_copy(update={"load": load}), root=ROOT, folder=tmp_path)

    assert ("gevent" in sys.modules) == before
    assert "locust" not in sys.modules or before


def test_a_file_gets_the_environment_of_its_application(tmp_path):
    check(tmp_path, f"import os\nos.environ['APP_X']\n{USER}", application={"environment": {"APP_X": "1"}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "x = 1\n",
            "FILE: has no user class; write one, derived from HttpUser, FastHttpUser, or RecordedUser of badgateway.l",
        ),
        (
            f"from locust import LoadTestShape\n{USER}\nclass Wave(LoadTestShape):\n    tick = lambda _: (500, 500)\n",
            "FILE: Wave says how many users there are, and so does load.users; take that class out",
        ),
        (
            f"from locust import User\n{USER}\nclass Other(User):\n    tasks = [print]\n",
            "FILE: nothing records what some users do (Other); derive them from HttpUser, FastHttpUser, or Recorded",
        ),
        (
            "from locust import HttpUser\nclass Plain(HttpUser):\n    pass\n",
            "FILE: nothing to do for Plain; mark a method of each with locust's @task",
        ),
        (
            "from badgateway.load.recorder import RecordedUser\nclass Idle(RecordedUser):\n    pass\n",
            "FILE: nothing to do for Idle; mark a method of each with locust's @task",
        ),
        (
            "def f():\n    import nosuch\n\nf()\n",
            "FILE, line 2: cannot be loaded: ModuleNotFoundError: No module named 'nosuch'; mend it, or install what",
        ),
        ("import sys\nsys.exit('a\\x1bb')\n", "FILE, line 2: cannot be loaded: SystemExit: a\\x1bb; mend it"),
        ("import os\nprint('oh', flush=True)\nos._exit(3)\n", "FILE: cannot be loaded: Locust ended with status 3: oh"),
    ],
)
def test_a_file_that_would_send_nothing_is_refused_with_the_line_to_mend(tmp_path, text, told):
    assert refusal(tmp_path, text).startswith(f"load.locustfile: {told}")


PLAIN = "from locust import FastHttpUser, HttpUser\n" + "".join(
    f"class {kind}er({kind}User):\n    tasks = [print]\n" for kind in ("Http", "FastHttp")
)


def test_what_a_file_asks_while_it_is_loaded_reaches_no_site_that_already_runs(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        asks = f"import http.client\nhttp.client.HTTPConnection('{host}').request('POST', '/')\n{USER}"
        with pytest.raises(
            ConfigurationError, match=f"line 2: cannot be loaded: .*connected to {host} past its client"
        ):
            check(
                tmp_path,
                asks,
                target={"url": f"http://{host}", "i_may_load": host},
                database={"system": "none"},
                load={"locustfile": FILE, "users": [5]},
                application={"prepare": [], "restore": [], "wait_path": None},
            )
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_plain_file_is_fine_in_a_closed_loop(tmp_path):
    check(tmp_path, PLAIN)


def test_a_plain_file_is_refused_in_an_open_loop(tmp_path):
    refused = "open loop needs users whose choices are seeded, which Httper, FastHttper cannot be; derive them"
    with pytest.raises(ConfigurationError, match=refused):
        check(tmp_path, PLAIN, load={"locustfile": FILE, "rates_per_s": [5]})


def test_a_file_that_never_ends_to_load_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(locust_file, "DEADLINE_S", 0.2)

    assert "cannot be loaded: Locust did not end within 0.2 s" in refusal(tmp_path, USER)

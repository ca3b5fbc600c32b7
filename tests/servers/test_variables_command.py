"""The commands of servers that take every option from the environment too."""

import pytest

from badgateway.servers import granian, uvicorn
from badgateway.servers.environment_file import variables


def made(server, words, **environment):
    text = server.SERVER.own_command.text(words.split(), "", environment)
    return variables(text), server.SERVER.own_command.told(text)


def test_a_command_of_uvicorn_keeps_all_but_where_it_listens_and_what_it_loads():
    words = "shop:app --workers 4 --host 0.0.0.0 --port 80 --no-access-log --proxy-headers --loop=uvloop --factory"
    said, told = made(uvicorn, words)

    assert said == {
        "UVICORN_WORKERS": "4",
        "UVICORN_ACCESS_LOG": "false",
        "UVICORN_PROXY_HEADERS": "true",
        "UVICORN_LOOP": "uvloop",
    }
    assert told == {"app_s": 0, "workers": 4, "listen": 2048, "keepalive_s": 5}


@pytest.mark.parametrize(
    ("words", "environment", "workers"),
    [
        ("a:b", {}, 1),
        ("a:b", {"WEB_CONCURRENCY": "3"}, 3),
        ("a:b", {"UVICORN_WORKERS": "5", "WEB_CONCURRENCY": "3"}, 5),
        ("a:b --workers 7", {"UVICORN_WORKERS": "5"}, 7),
    ],
)
def test_the_sites_own_variables_say_what_its_command_does_not(words, environment, workers):
    assert made(uvicorn, words, **environment)[1]["workers"] == workers


def test_granian_has_as_many_threads_as_it_takes_by_itself():
    assert made(granian, "--interface wsgi a:b")[1]["threads"] == 512
    assert made(granian, "--interface wsgi a:b --workers 4 --backlog 512")[1]["threads"] == 64
    assert made(granian, "--interface wsgi a:b --blocking-threads 8")[1]["threads"] == 8
    assert made(granian, "--interface asgi a:b --port 80")[1]["threads"] == 1
    assert granian.SERVER.worker_model("GRANIAN_INTERFACE=asgi") == "event loop"


@pytest.mark.parametrize(("server", "words"), [(granian, "a:b"), (uvicorn, "a:b --interface wsgi")])
def test_what_no_run_can_load_is_refused(server, words):
    with pytest.raises(ValueError, match="a run has "):
        made(server, words)


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="four"):
        made(uvicorn, "a:b --workers four")

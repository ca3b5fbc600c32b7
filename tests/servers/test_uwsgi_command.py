"""uWSGI's command and its file become a server file of the kit's, with all but where it listens and what it loads."""

import pytest

from badgateway.servers import uwsgi
from badgateway.servers.uwsgi_command import ini_of, says, text_of, told_by

INI = """
[other]
processes = 9
[uwsgi]
http-socket = 0.0.0.0:8080
module = shop.wsgi ; a comment
uid = www-data
workers = 4
; a comment
static-map = /static=static
static-map = /media=media
harakiri = 15
lazy-apps = true
"""


def test_what_says_where_and_as_whom_is_left_out_and_all_else_stays_in_its_order():
    text = text_of(["--ini", "uwsgi.ini", "--listen", "64", "--enable-threads"], INI, {})

    assert text.rpartition("end-if =\n")[2].splitlines() == [
        "processes = 4",
        "static-map = /static=static",
        "static-map = /media=media",
        "harakiri = 15",
        "lazy-apps = true",
        "listen = 64",
        "enable-threads = true",
    ]
    assert "socket = $(WEB_BIND)" in text
    assert "module = $(WEB_WSGI)" in text
    assert "8080" not in text
    told = told_by(text)
    assert (told["workers"], told["threads"], told["listen"], told["preload"], told["app_s"]) == (4, 1, 64, False, 15)
    assert "greenlets" not in told


def test_without_a_file_the_options_are_all():
    text = text_of(["--http", ":8000", "-p", "2", "--module=shop.wsgi", "--gevent=8"], "", {})
    told = told_by(text)

    assert (told["workers"], told["greenlets"], told["listen"], told["app_s"]) == (2, 8, 100, 0)
    assert uwsgi.SERVER.worker_model(text) == "greenlets"


@pytest.mark.parametrize(
    "line", ["processes = %k", "if-env = X\nprocesses = 2", "listen = $(LISTEN)", "include = a.ini"]
)
def test_a_file_that_decides_for_itself_is_not_guessed_at(line):
    with pytest.raises(ValueError, match=r"write (it plainly|one)"):
        text_of([], f"[uwsgi]\n{line}\n", {})


@pytest.mark.parametrize(
    ("words", "ini"), [(("--ini", "etc/a.ini"), "etc/a.ini"), (("--ini=a.ini",), "a.ini"), (("-p", "2"), "")]
)
def test_the_file_that_a_command_names_is_found(words, ini):
    assert ini_of(words) == ini


def test_a_file_in_another_form_is_not_passed_over():
    with pytest.raises(ValueError, match=r"and not a\.yaml"):
        ini_of(("--yaml", "a.yaml"))


def test_what_a_command_says_is_said_whole():
    assert says(("--http", ":80", "-p", "2", "a.ini")) == "http = :80\nprocesses = 2\n"

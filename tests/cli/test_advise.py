import json

import pytest
from click.testing import CliRunner, Result

from badgateway.cli.entry import cli


def advise(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["advise", *map(str, arguments)], prog_name="badgateway")


@pytest.fixture
def short(tmp_path):
    file = tmp_path / "uwsgi.ini"
    file.write_text("[uwsgi]\nsocket = /run/site.sock\nprocesses = 8\nthreads = 4\n")
    return file


def test_a_trap_is_told_with_its_lines_what_to_turn_and_where_more_stands(short):
    done = advise(short)

    assert done.exit_code == 1
    assert "1. 100 requests may wait at the unix socket; a burst beyond them is turned away" in done.stdout
    assert f"{short}:2  /run/site.sock" in done.stdout
    assert "Change  uWSGI: listen\n" in done.stdout
    assert "badgateway cause listen-queue-full" in done.stdout


def test_the_same_is_an_object(short):
    done = advise(short, "--json", "--max-connections", 20)
    told = json.loads(done.stdout)

    assert [one["cause"] for one in told["invited"]] == ["listen-queue-full", "db-connections-exhausted"]
    assert "--max-connections  20" in told["invited"][1]["lines"]


def test_nothing_known_is_said_to_be_that_and_no_more(tmp_path):
    notes, limit = tmp_path / "notes.txt", tmp_path / "my.cnf"
    notes.write_text("nothing\n")
    limit.write_text("[mysqld]\nmax_connections = 151\n")
    done = advise(notes, limit)

    assert done.exit_code == 0
    assert "Nothing of what is known is invited." in done.stdout
    assert "notes.txt: nothing in it is known" in done.stderr


def test_files_of_which_nothing_could_be_read_are_no_clean_bill_of_health(tmp_path):
    procfile = tmp_path / "Procfile"
    procfile.write_text("web: gunicorn shop.wsgi -w 3 -k gevent\n")
    done = advise(procfile, "--json")

    assert done.exit_code == 2
    assert done.stdout == ""
    assert f"{procfile}: nothing in it is known, so nothing is told; name the application server's" in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path):
    done = advise(tmp_path / "gone.ini")

    assert done.exit_code == 2
    assert "gone.ini: no such file" in done.stderr

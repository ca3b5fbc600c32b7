import pytest

from badgateway.logs.scratch import FolderScratch
from badgateway.logs.source import LocalFile
from badgateway.logs.splitting import Known, Part, is_of_one_program, parts
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn, uwsgi

ACCESS = '10.0.0.1 - - [06/Dec/2024:14:48:56 +0000] "GET /big HTTP/1.1" 502 157 "-" "x"'
FINE = ACCESS.replace(" 502 ", " 200 ")
ERROR = "2024/12/06 14:48:56 [error] 29#29: *8 connect() failed (111: Connection refused) while connecting to upstream"
BOOTED = "[2024-12-06 14:48:30 +0000] [8] [INFO] Booting worker with pid: 8"
UWSGI = "Respawned uWSGI worker 1 (new pid: 71)"


@pytest.fixture
def split(tmp_path):
    def splitting(*lines: str) -> dict[tuple[str, str | None], Part]:
        path = tmp_path / "mixed.log"
        path.write_text("\n".join(lines) + "\n")
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        found = parts(LocalFile(name="mixed.log", path=path, is_gzip=False), lines, FolderScratch(scratch), Known())
        return {(part.stream, part.kind): part for part in found}

    return splitting


def test_lines_of_one_kind_without_a_prefix_are_of_one_program():
    assert is_of_one_program([ACCESS, FINE])
    assert is_of_one_program([BOOTED, FINE])
    assert is_of_one_program([UWSGI, "Traceback (most recent call last):"])


def test_a_status_that_only_proxies_make_beside_gunicorn_is_another_program():
    assert not is_of_one_program([BOOTED, ACCESS])
    assert not is_of_one_program([FINE, ERROR])
    assert not is_of_one_program([f"web_1 | {BOOTED}"])


def test_what_stands_before_a_line_tells_programs_apart(split):
    found = split(f"web_1   | {BOOTED}", f"nginx_1 | {ACCESS}", f"nginx_1 | {ERROR}", f"web_1   | {FINE}")

    assert set(found) == {
        ("web_1", gunicorn.LOG.kind),
        ("nginx_1", LogKind.NGINX_COMBINED),
        ("nginx_1", LogKind.NGINX_ERROR),
    }


def test_each_line_keeps_its_number(split):
    found = split(FINE, ERROR, "", ACCESS)

    assert found["", LogKind.NGINX_COMBINED].file.path.read_text() == f"{FINE}\n\n\n{ACCESS}\n"
    assert found["", LogKind.NGINX_ERROR].file.path.read_text() == f"\n{ERROR}\n"


def test_what_an_application_prints_belongs_to_its_server_wherever_it_stands(split):
    found = split("app | Traceback (most recent call last):", f"app | {UWSGI}", "db | ready", f"lb | {ACCESS}")

    assert found["app", uwsgi.LOG.kind].lines == 2
    assert found["db", None].lines == 1


def test_access_lines_in_a_server_s_own_stream_are_its_own(split):
    found = split(FINE, UWSGI)

    assert set(found) == {("", uwsgi.LOG.kind)}

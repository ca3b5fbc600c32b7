import pytest

from badgateway.logs import Source, read_logs
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn
from benchmarks import server_logs
from benchmarks.combined_log import chunks, write_log


def test_the_benchmarks_log_is_the_same_for_a_seed_and_another_for_another():
    assert list(chunks(500, seed=1)) == list(chunks(500, seed=1))
    assert list(chunks(500, seed=1)) != list(chunks(500, seed=2))


def test_the_benchmarks_log_is_a_combined_log_of_so_many_lines(tmp_path):
    path = tmp_path / "access.log"
    write_log(path, 3_000, seed=1)
    evidence = read_logs([Source(name="access.log", content=path)])

    assert (evidence.files[0].lines, evidence.files[0].malformed_lines, evidence.requests) == (3_000, 0, 3_000)
    assert 0 < evidence.failures < 100


@pytest.mark.parametrize(
    ("name", "kind"), [("Gunicorn", gunicorn.LOG.kind), ("ALB", LogKind.ALB), ("JSON", LogKind.NGINX_JSON)]
)
def test_the_benchmark_s_other_logs_are_what_they_are_called(tmp_path, name, kind):
    path = tmp_path / "a.log"
    server_logs.write_log(name, path, 1_000, seed=1)
    evidence = read_logs([Source(name="a.log", content=path)])

    assert [(file.kind, file.malformed_lines) for file in evidence.files] == [(kind, 0)]
    assert evidence.requests == 1_000
    assert 0 < evidence.failures < 50

from badgateway.logs import Source, read_logs
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

"""What others do with the same files: were one not found or not joined, a ratio would mean nothing."""

import gzip
from pathlib import Path

from click.testing import CliRunner

from benchmarks import made_up
from benchmarks.anchors import main

ROWS = 20


def counted(*arguments: object) -> int:
    done = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    return int(done.output)


def test_all_rows_of_a_trial_are_joined(tmp_path):
    assert counted("join", made_up.trial(tmp_path / "trial", ROWS)) == ROWS


def test_all_rows_of_a_run_are_read_compressed_or_not(tmp_path):
    for number in (1, 2):
        trial = made_up.trial(tmp_path / "trials" / f"trial-{number}", ROWS)
    packed = Path(f"{trial / 'client.csv'}.gz")
    packed.write_bytes(gzip.compress((trial / "client.csv").read_bytes()))
    (trial / "client.csv").unlink()

    # Of each the client's and the proxy's.
    assert counted("read", tmp_path) == 2 * 2 * ROWS

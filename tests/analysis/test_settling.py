"""Where a trial's warm-up ended, as its own rows tell."""

import random

import duckdb
import pytest

from badgateway.analysis.settling import BIN_S, settled_window
from badgateway.ledger.client import load_client
from badgateway.model.raw import CLIENT_ROWS
from badgateway.model.trial import Window
from tests.ledger.raw_folder import client_row, write_both

START_S = 1000.0
WINDOW = Window(start_s=START_S, end_s=START_S + 10, drained_s=START_S + 11)


def written(folder, latency_s, *, per_bin=20, failing=(), bins=20):
    """Write the rows of a window; latency_s tells the latency of a bin."""
    dice = random.Random(1)
    rows = []
    for number in range(bins):
        for i in range(per_bin):
            start_s = START_S + (number + i / per_bin) * BIN_S
            end_s = start_s + latency_s(number) * dice.uniform(0.9, 1.1)
            times = {"intended_start_s": start_s, "start_s": start_s, "first_byte_s": start_s, "end_s": end_s}
            rows.append(client_row(f"{number}-{i}", status=502 if number in failing and i == 0 else 200, **times))
    write_both(folder, *rows)


def cut_s(folder) -> float:
    with duckdb.connect() as connection:
        load_client(connection, folder / CLIENT_ROWS)
        return settled_window(connection, WINDOW).start_s - START_S


def test_a_cold_start_is_cut_off(tmp_path):
    written(tmp_path, lambda number: 0.3 if number < 4 else 0.05)

    assert cut_s(tmp_path) == 4 * BIN_S


def test_what_is_steady_from_the_start_stays_as_good_as_whole(tmp_path):
    written(tmp_path, lambda _: 0.05)

    assert cut_s(tmp_path) <= 2 * BIN_S


def test_never_more_than_a_quarter_is_cut_off(tmp_path):
    written(tmp_path, lambda number: 0.5 if number < 12 else 0.05)

    assert cut_s(tmp_path) <= 5 * BIN_S


def test_a_failure_is_no_warm_up(tmp_path):
    written(tmp_path, lambda number: 0.3 if number < 4 else 0.05, failing=(1,))

    assert cut_s(tmp_path) == 0


def test_a_slow_end_is_not_taken_for_a_warm_up(tmp_path):
    written(tmp_path, lambda number: 0.05 if number < 15 else 0.3)

    assert cut_s(tmp_path) == 0


@pytest.mark.parametrize("given", [{"per_bin": 4}, {"bins": 19}])
def test_too_few_requests_to_tell_leave_the_window_as_it_was_declared(given, tmp_path):
    written(tmp_path, lambda number: 0.3 if number < 4 else 0.05, **given)

    assert cut_s(tmp_path) == 0

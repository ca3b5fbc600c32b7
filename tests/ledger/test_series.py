"""Samples of database connections: made coarse, and nothing that nobody saw becomes a zero."""

import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.series import MOST_PARTS, database_connections, load_samples
from badgateway.model.trial import Window
from tests.in_memory import empty_database

WINDOW = Window(start_s=1000.0, end_s=1006.0, drained_s=1007.0)
HEADER = "time_s,series,value,limit_value"


def connections(folder, window):
    with empty_database() as connection:
        load_samples(connection, folder / "samples.csv")
        return database_connections(connection, window)


def samples(folder, *lines, header=HEADER):
    (folder / "samples.csv").write_text("".join(f"{line}\n" for line in (header, *lines)))
    return connections(folder, WINDOW)


def test_a_trial_of_before_there_were_probes_has_no_connections(tmp_path):
    assert connections(tmp_path, WINDOW) is None


def test_a_trial_that_never_got_to_its_window_has_none(tmp_path):
    (tmp_path / "samples.csv").write_text(HEADER + "\n")
    assert connections(tmp_path, None) is None


def test_each_part_of_the_window_keeps_the_most_that_was_seen_in_it(tmp_path):
    found = samples(
        tmp_path,
        "999.99,db_connections,99,150",
        "1000.0,db_connections,3,150",
        "1000.05,db_connections,7,150",
        "1005.99,db_connections,5,150",
        "1006.0,db_connections,88,150",
        "1001.0,accept_queue,100,100",
    )
    assert found is not None
    assert len(found.held) == 15
    assert (found.held[0], found.held[-1], found.peak, found.limit) == (7, 5, 7, 150)
    assert found.window_s == 6


def test_a_part_in_which_nobody_could_look_is_not_zero(tmp_path):
    found = samples(tmp_path, "1000.0,db_connections,0,150", "1001.0,db_connections,,", "1002.0,db_connections,4,150")
    assert found is not None
    assert (found.held[0], found.held[2], found.held[5]) == (0, None, 4)


def test_without_a_value_in_the_window_there_are_no_connections(tmp_path):
    assert samples(tmp_path, "1000.0,db_connections,,", "1007.0,db_connections,4,150") is None


def test_connections_opened_are_those_between_the_first_and_last_look(tmp_path):
    found = samples(
        tmp_path,
        "999.0,db_connects,10,",
        "1000.5,db_connects,100,",
        "1002.5,db_connects,700,",
        "1001.0,db_connections,4,",
    )
    assert found is not None
    assert (found.opened_per_s, found.limit) == (300, None)


@pytest.mark.parametrize("made", [(), ("1000.5,db_connects,100,",)])
def test_with_less_than_two_looks_nobody_knows_how_many_were_opened(tmp_path, made):
    found = samples(tmp_path, "1001.0,db_connections,4,", *made)
    assert found is not None
    assert found.opened_per_s is None


@pytest.mark.parametrize(
    ("lines", "header", "message"),
    [
        (("1000.0,db_connections,4,150",), "time_s,series,value", "the header is"),
        (("1000.0,db_connections,many,150",), HEADER, "samples.csv"),
        (("1000.0,db_connects,9,", "1001.0,db_connects,2,", "1001,db_connections,1,"), HEADER, "went down"),
    ],
)
def test_samples_that_cannot_be_believed_are_refused_by_name(tmp_path, lines, header, message):
    with pytest.raises(RawDataError, match=message):
        samples(tmp_path, *lines, header=header)


@pytest.mark.parametrize(("length_s", "parts"), [(0.1, 1), (8.0, 20), (600.0, MOST_PARTS)])
def test_a_part_is_long_enough_to_hold_some_looks_and_there_are_not_more_than_can_be_drawn(tmp_path, length_s, parts):
    (tmp_path / "samples.csv").write_text(f"{HEADER}\n1000.0,db_connections,1,150\n")
    found = connections(tmp_path, Window(start_s=1000.0, end_s=1000.0 + length_s, drained_s=2000.0))
    assert found is not None
    assert len(found.held) == parts

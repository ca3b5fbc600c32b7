"""What a journal tells while it grows: requests in flight, the oldest, those whose process is gone."""

import pytest

from badgateway.errors import ConfigurationError
from badgateway.study.journal_watch import JournalWatch


def row(kind, number, *, pid=7, time_s=100.0, request_id="a", duration_s="", detail=""):
    return f"{kind},{time_s},{pid},1,{number},{request_id},,,{duration_s},{detail}\n"


@pytest.fixture
def journal(tmp_path):
    file = tmp_path / "journal.csv"
    file.write_text(row("start", 1, request_id="before"))
    return file


@pytest.fixture
def alive():
    return {7, 8}


@pytest.fixture
def watch(journal, alive):
    watched = JournalWatch(journal, is_alive=alive.__contains__, now=lambda: 110.0)
    yield watched
    watched.close()


def append(journal, text):
    with journal.open("a") as file:
        file.write(text)


def test_requests_from_before_are_not_known_and_not_told(watch):
    seen = watch.look()

    assert (seen.in_flight, seen.oldest_s, seen.oldest_id, seen.lost) == (0, None, "", 0)


def test_a_request_is_in_flight_until_its_end_and_the_oldest_is_named(watch, journal):
    append(
        journal, row("start", 2, time_s=104, request_id="old") + row("start", 2, pid=8, time_s=109, request_id="new")
    )
    seen = watch.look()

    assert (seen.in_flight, seen.oldest_id, seen.oldest_pid) == (2, "old", 7)
    assert seen.oldest_s == pytest.approx(6)

    append(journal, row("end", 2))
    assert watch.look().oldest_id == "new"


def test_the_route_of_the_oldest_is_told_where_the_journal_has_it(watch, journal):
    append(journal, row("start", 2, detail="GET /members/"))
    assert watch.look().oldest_route == "GET /members/"

    append(journal, row("end", 2) + row("start", 3))
    assert watch.look().oldest_route == ""


def test_a_secret_of_a_route_is_not_told(watch, journal):
    append(journal, row("start", 2, detail="GET /password-reset/planted-9f8e7d6c5b/?token=planted"))

    assert "planted" not in watch.look().oldest_route
    assert watch.look().oldest_route.startswith("GET /password-reset/")


def test_half_a_line_waits_for_its_rest_and_a_damaged_one_is_passed_over(watch, journal):
    whole = row("start", 3)
    append(journal, "nonsense\n\n" + whole[:9])
    assert watch.look().in_flight == 0

    append(journal, whole[9:])
    assert watch.look().in_flight == 1


def test_what_died_with_its_worker_is_lost_and_not_in_flight(watch, journal, alive):
    append(journal, row("start", 2) + row("start", 3))
    assert watch.look().in_flight == 2

    alive.remove(7)
    seen = watch.look()
    assert (seen.in_flight, seen.lost) == (0, 2)


def test_the_time_that_loops_stood_still_adds_up(watch, journal):
    append(journal, row("blocked", "", duration_s="0.5") + row("blocked", "", duration_s="0.25"))

    assert watch.look().blocked_s == pytest.approx(0.75)


def test_a_journal_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        JournalWatch(tmp_path / "gone.csv")


def test_workers_that_end_are_counted_once_with_and_without_a_request(watch, journal, alive):
    append(journal, row("start", 2) + row("start", 2, pid=8) + row("end", 2, pid=8))
    assert (watch.look().lost, watch.workers_ended) == (0, 0)

    alive.clear()
    assert (watch.look().lost, watch.workers_ended) == (1, 2)
    assert (watch.look().lost, watch.workers_ended) == (1, 2)


def test_a_loop_that_nobody_watches_is_not_said_to_have_stood_for_nothing(watch, journal):
    watch.look()
    assert not watch.is_loop_watched
    append(journal, row("blocked", 0, duration_s="0"))
    watch.look()
    assert watch.is_loop_watched
    again = JournalWatch(journal)
    assert again.is_loop_watched, "the line was there before"
    again.close()

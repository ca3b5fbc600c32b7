from typing import Any

import numpy as np
import pytest

from badgateway import ledger
from badgateway.errors import RawDataError
from badgateway.ledger import COLUMNS, Balance
from badgateway.model.raw import ERROR_LOG
from badgateway.model.trial import Window
from tests.ledger.raw_folder import T0_S, client_row, proxy_line, unanswered, write_both, write_client, write_proxy

WINDOW = Window(start_s=T0_S + 10, end_s=T0_S + 20, drained_s=T0_S + 25)


def at(request_id: str, seconds: float, length_s: float = 0.5, **given: Any) -> dict[str, Any]:
    start_s = T0_S + seconds
    return client_row(
        request_id,
        **{"start_s": start_s, "intended_start_s": start_s, "first_byte_s": "", "end_s": start_s + length_s, **given},
    )


def rows(built: ledger.Ledger, columns: str) -> list[tuple[Any, ...]]:
    return built.relation.project(columns).fetchall()


def test_a_request_is_one_row_with_all_sides_in_the_documented_columns(tmp_path):
    write_client(tmp_path, client_row("a", expected_bytes=10))
    write_proxy(tmp_path, proxy_line("a"))
    built = ledger.build(tmp_path, None)

    assert tuple(built.relation.columns) == COLUMNS
    client = ("a", "GET /members/", "GET", T0_S, T0_S, T0_S + 0.25, T0_S + 0.5, 200, 10, 10, "", "")
    proxy = (T0_S + 0.5, 1, 200, 10, 0.5, "unix:/run/app.sock", 200, 1, 0.001, 0.24, 0.49)
    app = (None,) * 7
    complaint = (None, None)
    assert [(*client, *proxy, *app, *complaint, "OK", "warm-up", 500.0, 250.0)] == built.relation.fetchall()
    assert built.rows == 1


def test_rows_are_ordered_by_start_and_then_by_request_id(tmp_path):
    write_both(tmp_path, at("c", 2), at("b", 1), at("a", 2), at("d", 0))

    assert rows(ledger.build(tmp_path, None), "request_id") == [("d",), ("b",), ("a",), ("c",)]


def test_a_request_belongs_to_the_phase_it_starts_in_however_late_it_ends(tmp_path):
    write_both(tmp_path, at("a", 9.999999, 5), at("b", 10), at("c", 19.999999, 60), at("d", 20))

    assert rows(ledger.build(tmp_path, WINDOW), "request_id, phase") == [
        ("a", "warm-up"),
        ("b", "window"),
        ("c", "window"),
        ("d", "after"),
    ]


def test_a_request_that_was_sent_late_belongs_to_the_phase_and_has_the_latency_of_when_it_was_due(tmp_path):
    late = at("a", 20.5, 0.25, intended_start_s=T0_S + 19.5, first_byte_s=T0_S + 20.625)
    write_both(tmp_path, late)

    assert rows(ledger.build(tmp_path, WINDOW), "phase, latency_ms, first_byte_ms") == [("window", 1250, 1125)]


def test_a_trial_that_never_got_to_its_window_is_all_warm_up(tmp_path):
    write_both(tmp_path, at("a", 15))

    assert rows(ledger.build(tmp_path, None), "phase") == [("warm-up",)]


def test_a_request_only_the_proxy_knows_is_a_row_in_the_phase_the_proxy_began_it(tmp_path):
    write_client(tmp_path, at("a", 10))
    write_proxy(tmp_path, proxy_line("a"), proxy_line("b", time_s=T0_S + 21, request_time_s=2))
    built = ledger.build(tmp_path, WINDOW)

    assert rows(built, "request_id, outcome, phase") == [("a", "OK", "window"), ("b", "UNMATCHED", "window")]
    assert built.balance == Balance(
        client=1,
        proxy=2,
        never_reached=0,
        unmatched_client=0,
        unmatched_proxy=1,
        contradictory=0,
        duplicates_client=0,
        duplicates_proxy=0,
    )


def test_the_balance_counts_every_way_the_books_can_disagree(tmp_path):
    write_client(
        tmp_path,
        at("both", 1),
        at("twice", 1),
        at("twice", 2),
        at("client-only", 3),
        at("differs", 4),
        unanswered("refused", "connect_error"),
        unanswered("timed-out", "client_timeout"),
        unanswered("cut", "disconnected"),
    )
    write_proxy(
        tmp_path,
        proxy_line("both"),
        proxy_line("twice"),
        proxy_line("differs", status=502),
        proxy_line("cut", status=499),
        proxy_line("proxy-only"),
        proxy_line("proxy-only", time_s=T0_S + 1),
        proxy_line("health-1"),
    )
    built = ledger.build(tmp_path, None)

    assert built.rows == 8
    assert built.balance == Balance(
        client=8,
        proxy=6,
        never_reached=2,
        unmatched_client=1,
        unmatched_proxy=1,
        contradictory=1,
        duplicates_client=1,
        duplicates_proxy=1,
    )
    assert built.balance.problem() is not None


def test_books_that_agree_balance(tmp_path):
    write_both(tmp_path, at("a", 1), at("b", 1, status=502), unanswered("c", "connect_error"))
    balance = ledger.build(tmp_path, None).balance

    assert (balance.client, balance.proxy, balance.never_reached) == (3, 2, 1)
    assert balance.problem() is None


def test_durations_are_those_the_client_wrote_to_the_microsecond(tmp_path):
    lengths_us = np.random.default_rng(1).integers(1, 9_000_000, size=200)
    write_both(tmp_path, *(at(f"{i:03d}", 1, us / 1e6) for i, us in enumerate(lengths_us)))
    measured = rows(ledger.build(tmp_path, None), "latency_ms")

    assert [us / 1000 for us in lengths_us.tolist()] == [latency_ms for (latency_ms,) in measured]


def test_a_stored_ledger_reads_back_the_same_and_is_stored_in_the_same_bytes(tmp_path):
    write_both(tmp_path, *(at(f"{i:04d}", i % 30) for i in range(2000)))
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    built = ledger.build(tmp_path, WINDOW)
    built.relation.write_parquet(str(first))
    ledger.build(tmp_path, WINDOW).relation.write_parquet(str(second))

    assert first.read_bytes() == second.read_bytes()
    assert ledger.read(first).fetchall() == built.relation.fetchall()


def test_a_ledger_that_is_missing_or_is_none_is_refused(tmp_path):
    path = tmp_path / "ledger.parquet"
    with pytest.raises(RawDataError, match=r"ledger\.parquet is missing: rebuild it"):
        ledger.read(path)
    path.write_text("request_id\n")
    with pytest.raises(RawDataError, match=r"ledger\.parquet is not Parquet"):
        ledger.read(path)
    write_both(tmp_path, at("a", 1))
    ledger.build(tmp_path, None).relation.project("request_id, outcome").write_parquet(str(path))
    with pytest.raises(RawDataError, match=r"ledger\.parquet has other columns"):
        ledger.read(path)


def test_a_missing_raw_file_is_named(tmp_path):
    write_client(tmp_path, at("a", 1))

    with pytest.raises(RawDataError, match=r"nginx-access\.jsonl is missing"):
        ledger.build(tmp_path, None)
    write_proxy(tmp_path, proxy_line("a"))
    (tmp_path / ERROR_LOG).unlink()
    with pytest.raises(RawDataError, match=r"nginx-error\.log is missing"):
        ledger.build(tmp_path, None)

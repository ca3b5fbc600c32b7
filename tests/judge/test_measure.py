import numpy as np
import pytest

from badgateway.judge.measure import measure
from badgateway.model.outcome import Outcome
from tests.judge.evidence_of import BAD_GATEWAY, OK, measurement, rows


def test_counts_shares_and_throughput_are_those_computed_by_hand():
    found = measurement({OK: 60, BAD_GATEWAY: 30, Outcome.TRUNCATED: 10})

    assert found.requests == 100
    assert [(entry.outcome, entry.proportion.count, entry.proportion.total) for entry in found.outcomes] == [
        (OK, 60, 100),
        (BAD_GATEWAY, 30, 100),
        (Outcome.TRUNCATED, 10, 100),
    ]
    assert (found.failures.count, found.failures.total, found.failures.share) == (40, 100, 0.4)
    assert found.throughput_rps == 6
    assert found.count(Outcome.GATEWAY_TIMEOUT) == 0


def test_the_quantiles_of_0_to_100_ms_carry_their_own_names():
    found = measurement({OK: 101}, latencies_ms=range(101)).latency

    assert found is not None
    assert (found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms) == (50, 95, 99, 100)


def test_a_quantile_is_the_time_of_a_request_within_which_so_many_were_answered():
    latencies_ms = np.random.default_rng(1).lognormal(5, 1, size=1234)
    found = measurement({OK: 1234}, latencies_ms=latencies_ms.tolist())

    assert found.latency is not None
    assert found.first_byte is not None
    ranked = np.sort(latencies_ms)
    assert found.latency.p95_ms == pytest.approx(ranked[1172]), "1,173 of 1,234 are 95.06 %, one fewer is 94.98 %"
    assert found.latency.p99_ms == pytest.approx(ranked[1221])
    assert found.first_byte.p95_ms == pytest.approx(ranked[1172] / 2)


@pytest.mark.parametrize("exports", [(6, 6, 5, 5), (5, 5, 5, 6), (4, 6, 5, 6), (5, 5, 5, 5)])
def test_the_quantiles_of_trials_together_lie_within_those_of_the_single_ones(exports):
    """About one request in twenty is a long export: the p95 is that of a page in one trial, of an export in another."""
    trials = [rows({OK: 105}, latencies_ms=[*[300.0] * long, *np.linspace(5, 30, 105 - long)]) for long in exports]
    together, single = latency_of(trials), [latency_of([trial]) for trial in trials]

    for quantile in ("p50_ms", "p95_ms", "p99_ms"):
        found = [getattr(one, quantile) for one in single]
        assert min(found) <= getattr(together, quantile) <= max(found)


def latency_of(trials):
    found = measure(trials, window_s=1, p95_limit_ms=1000)
    assert found is not None
    return found.latency


def test_failures_are_not_in_the_latency_however_fast_they_are():
    without = measurement({OK: 100}, latencies_ms=range(100))
    with_failures = measurement({OK: 100, BAD_GATEWAY: 900}, latencies_ms=range(100))

    assert without.latency == with_failures.latency
    assert without.over_objective == with_failures.over_objective
    assert without.throughput_rps == with_failures.throughput_rps


def test_requests_over_the_objective_are_counted_a_request_at_the_limit_is_within():
    found = measurement({OK: 100}, latencies_ms=range(1, 101), limit_ms=90).over_objective

    assert found is not None
    assert (found.count, found.total) == (10, 100)


def test_without_an_ok_request_there_is_no_latency_and_no_throughput():
    found = measurement({BAD_GATEWAY: 5})

    assert (found.latency, found.first_byte, found.over_objective) == (None, None, None)
    assert found.throughput_rps == 0


def test_only_requests_that_started_in_the_window_count():
    warm_up, after = (rows({OK: 7, BAD_GATEWAY: 3}, phase=phase) for phase in ("warm-up", "after"))

    assert measure([warm_up, after], window_s=10, p95_limit_ms=1) is None
    found = measure([warm_up, rows({OK: 2}), after], window_s=10, p95_limit_ms=1000)
    assert found is not None
    assert (found.requests, found.failures.count) == (2, 0)


def test_trials_are_pooled_row_by_row_and_not_by_averaging_their_quantiles():
    few, many = rows({OK: 1}, latencies_ms=[1000.0]), rows({OK: 99, BAD_GATEWAY: 100}, latencies_ms=[10.0])
    found = measure([few, many], window_s=20, p95_limit_ms=500)

    assert found is not None
    assert found.latency is not None
    assert found.over_objective is not None
    assert (found.requests, found.failures.count, found.over_objective.count) == (200, 100, 1)
    assert (found.latency.p95_ms, found.latency.max_ms) == (10, 1000)
    assert found.throughput_rps == 5


def test_an_unknown_first_byte_is_left_out_of_its_quantiles_only():
    relation = rows({OK: 10}).project("name, outcome, phase, start_s, latency_ms, NULL::DOUBLE AS first_byte_ms")
    found = measure([relation, rows({OK: 1}, latencies_ms=[30.0])], window_s=1, p95_limit_ms=1000)

    assert found is not None
    assert found.first_byte is not None
    assert found.latency is not None
    assert (found.first_byte.p50_ms, found.latency.p50_ms) == (15, 100)


def test_requests_are_parted_by_route_too():
    small = rows({OK: 30, BAD_GATEWAY: 10}, latencies_ms=[20.0], name="GET /members/")
    export = rows({OK: 4, Outcome.TRUNCATED: 1}, latencies_ms=[3000.0], name="GET /members/export.xlsx")
    found = measure([small, export], window_s=10, p95_limit_ms=1000)

    assert found is not None
    exports, members = sorted(found.routes, key=lambda route: route.requests)
    assert (members.name, members.requests, members.failures.count) == ("GET /members/", 40, 10)
    assert (exports.count(Outcome.TRUNCATED), exports.count(BAD_GATEWAY)) == (1, 0)
    assert members.latency is not None
    assert exports.first_byte is not None
    assert (members.latency.p95_ms, exports.first_byte.p50_ms) == (20, 1500)


def test_a_route_without_an_ok_request_has_no_latency():
    found = measure([rows({BAD_GATEWAY: 5}, name="GET /x/"), rows({OK: 5})], window_s=10, p95_limit_ms=1000)

    assert found is not None
    failed = next(route for route in found.routes if route.name == "GET /x/")
    assert (failed.latency, failed.first_byte) == (None, None)


def test_a_request_that_the_client_does_not_know_belongs_to_no_route():
    found = measure([rows({Outcome.UNMATCHED: 2}, name=None), rows({OK: 5})], window_s=10, p95_limit_ms=1000)

    assert found is not None
    assert found.requests == 7
    assert [(route.name, route.requests) for route in found.routes] == [("GET /", 5)]


def test_each_second_has_the_quantiles_of_its_ok_requests_and_one_without_any_has_none():
    # In turn through ten seconds: those of the first take 100 ms, of the others 20 ms.
    found = measure(
        [rows({OK: 30, BAD_GATEWAY: 3}, latencies_ms=[100.0, *[20.0] * 9]), rows({BAD_GATEWAY: 1})],
        window_s=11,
        p95_limit_ms=50,
    )

    assert found is not None
    assert [pace and (pace.p50_ms, pace.p95_ms) for pace in found.paces] == [(100, 100), *[(20, 20)] * 9, None]
    assert len(found.paces) == len(found.seconds)


def test_every_ok_request_is_in_the_bin_of_its_latency_and_failures_are_in_none():
    found = measurement({OK: 300, BAD_GATEWAY: 7}, latencies_ms=[0.0, 10.0, 1234.5])

    assert [one.count for one in found.latency_bins] == [100, 100, 100]
    nothing, ten, slow = found.latency_bins
    assert nothing.high_ms < 0.02
    assert ten.low_ms == pytest.approx(10)
    assert slow.low_ms <= 1234.5 < slow.high_ms < 1.16 * slow.low_ms

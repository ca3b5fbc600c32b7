import pytest

from badgateway.model.outcome import Outcome
from badgateway.report import grid, rows
from badgateway.report.sections.levels import section as levels
from tests.report import samples


def cell_of(run, name, users):
    return next(result for result in grid.results(run) if (result.configuration, result.load.size) == (name, users))


def texts(found):
    return [cell.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-") for cell in found]


def test_every_number_of_a_level_stands_under_its_own_name():
    run = samples.tiny()
    found = levels.level_row(cell_of(run, "uwsgi-2", 300), rows.occurred(run)).numbers
    assert texts([found.requests, found.failed_share, found.failed_interval]) == ["2,000", "1.45 %", "0.97-2.08 %"]
    assert texts(found.gateway_shares) == ["0.85 %", "0.55 %"]
    assert texts(found.counts) == ["17", "11", "1"]
    assert texts([found.p50, found.p95, found.p99, found.longest]) == ["101 ms", "202 ms", "303 ms", "404 ms"]
    assert texts([found.first_byte_p95, found.rate]) == ["62 ms", "197"]


def test_the_columns_are_the_failures_that_occurred_anywhere():
    assert rows.occurred(samples.picked()) == (Outcome.BAD_GATEWAY, Outcome.GATEWAY_TIMEOUT, Outcome.TRUNCATED)
    assert rows.occurred(samples.many_levels()) == ()


def test_a_level_that_is_invalid_has_no_zero_anywhere():
    run = samples.inconclusive()
    found = levels.level_row(cell_of(run, "gunicorn-gthread", 300), rows.occurred(run))
    assert found.verdict == "INVALID"
    assert found.gap == "not measured"
    assert set(texts((*found.numbers.counts, *found.numbers.gateway_shares))) == {"-"}
    assert found.numbers.rate.why == "not measured"
    assert found.numbers.failed_share.text == found.numbers.p95.text == "\N{EN DASH}"


def test_a_level_that_was_not_run_has_no_verdict():
    found = levels.level_row(cell_of(samples.interrupted(), "uwsgi-16", 300), ())
    assert (found.verdict, found.gap) == ("NOT RUN", "not run")


def test_without_an_ok_request_latency_has_no_number_but_failures_have():
    run = samples.inconclusive()
    found = levels.level_row(cell_of(run, "uwsgi-2", 300), ()).numbers
    assert texts([found.failed_share, found.p95, found.first_byte_p95, found.rate]) == ["100 %", "-", "-", "0"]
    assert found.p95.why == "no request was OK"


@pytest.mark.parametrize("sample", ["long-ladder", "exports"])
def test_every_route_of_a_level_has_a_row(sample):
    level = samples.SAMPLES[sample]().configurations[0].levels[0]
    assert level.measurement is not None
    assert [row.route for row in rows.route_rows(level)] == [route.name for route in level.measurement.routes]


def test_a_level_that_was_not_measured_has_no_routes():
    assert rows.route_rows(samples.nothing_measured().configurations[0].levels[0]) == ()

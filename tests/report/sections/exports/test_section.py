from dataclasses import replace

from badgateway.report.sections.exports import section as routes
from tests.report import samples
from tests.report.export_sample import EXPORT, POLL, SMALL, exports
from tests.report.ladder_sample import long_ladder


def built():
    found = routes.build(exports())
    assert found is not None
    return found


def test_a_run_without_exports_has_no_section():
    assert routes.build(long_ladder()) is None
    assert routes.build(samples.picked()) is None


def test_exports_and_small_requests_are_told_apart_by_their_path():
    found = built()
    assert {row.route for configuration in found.configurations for row in configuration.rows} == {EXPORT, POLL}
    assert {row.route for row in found.small} == {SMALL}


def test_failures_of_an_export_are_parted_and_add_up():
    (row,) = built().configurations[0].rows
    assert [shown.text for shown in row.named] == ["7", "2", "1"]
    assert (row.others.text, row.requests) == ("3", "40")


def test_first_and_last_byte_are_of_the_route_alone():
    (row,) = built().configurations[1].rows
    shown = [cell.text.replace("\N{NO-BREAK SPACE}", " ") for cell in (row.first_p50, row.first_p95, row.p50, row.p95)]
    assert shown == ["20 ms", "40 ms", "305 ms", "610 ms"]


def test_memory_and_the_databases_time_are_of_their_parts():
    configuration = built().configurations[0]
    shown = [
        cell.text.replace("\N{NO-BREAK SPACE}", " ")
        for cell in (configuration.app_growth, configuration.generator_peak, configuration.database_cpu)
    ]
    assert shown == ["5.0 MiB", "88 MiB", "4.90 s"]


def test_of_several_trials_memory_grew_between_the_least_and_the_most():
    run = exports()
    first, *others = run.configurations
    (level,) = first.levels
    (trial,) = level.trials
    less = replace(trial, uses=tuple(replace(use, rss_growth_bytes=-(2**20)) for use in trial.uses))
    changed = replace(first, levels=(replace(level, trials=(trial, less)),))
    found = routes.build(replace(run, configurations=(changed, *others)))

    assert found is not None
    assert found.configurations[0].app_growth.text == "-1.0\N{EN DASH}5.0\N{NO-BREAK SPACE}MiB"


def test_the_application_is_also_what_makes_files_beside_the_server():
    run = exports()
    first, *others = run.configurations
    (level,) = first.levels
    beside = tuple(
        replace(trial, uses=(*trial.uses, replace(trial.uses[0], part="background", rss_growth_bytes=3 * 2**20)))
        for trial in level.trials
    )
    changed = replace(first, levels=(replace(level, trials=beside),))
    found = routes.build(replace(run, configurations=(changed, *others)))

    assert found is not None
    assert found.configurations[0].app_growth.text.replace("\N{NO-BREAK SPACE}", " ") == "8.0 MiB"


def test_the_bars_of_small_requests_are_measured_by_the_slowest():
    assert [row.bar for row in built().small] == ["100.0%", "8.8%", "7.5%"]

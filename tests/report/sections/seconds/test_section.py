"""What failed, was late and how long answers took, second by second."""

import re
from dataclasses import replace

from badgateway.model.design import Counts
from badgateway.model.summary import Pace
from badgateway.report.sections.seconds import paces, section
from badgateway.report.sections.seconds.section import SecondsSection, build
from tests.report import samples


def second(failures=0, late=0, requests=100):
    return Counts(requests=requests, failures=failures, late=late)


def with_seconds(run, windows, *, each=()):
    """Give the trials of each configuration these seconds, one after the other; no others have any."""

    def of(summary):
        given = iter(windows.get(summary.configuration.name, ()))

        def seen(trial):
            return replace(trial, measurement=replace(trial.measurement, seconds=next(given, ()), paces=each))

        levels = [
            replace(level, trials=tuple(seen(one) if one.measurement else one for one in level.trials))
            for level in summary.levels
        ]
        return replace(summary, levels=tuple(levels))

    return replace(run, configurations=tuple(map(of, run.configurations)))


def highest_only(run):
    highest = run.experiment.load.users[-1]
    load = run.experiment.load.model_copy(update={"users": (highest,)})
    configurations = [
        replace(one, levels=tuple(level for level in one.levels if level.users == highest))
        for one in run.configurations
    ]
    experiment = run.experiment.model_copy(update={"load": load})
    return replace(run, experiment=experiment, configurations=tuple(configurations))


STUDY = highest_only(samples.picked())


def test_a_second_has_what_failed_below_and_what_was_late_above_it():
    (strip,) = build(with_seconds(STUDY, {"uwsgi-2": [(second(), second(failures=40, late=20))]})).strips

    assert (strip.name, strip.seconds) == ("uwsgi-2", 2)
    assert [(bar.kind, bar.x, bar.y, bar.height) for bar in strip.bars] == [
        ("failed", "1.07", "60", "40"),
        ("late", "1.07", "40", "20"),
    ]
    assert strip.told.replace("\N{NO-BREAK SPACE}", " ") == (
        "failed in 1 of 2 seconds, at most 40.0 % in one; late in 1 of 2 seconds, at most 20.0 % in one"
    )


def test_little_is_drawn_so_that_it_is_seen_and_never_over_the_edge():
    (strip,) = build(with_seconds(STUDY, {"uwsgi-2": [(second(failures=1, requests=5000), second(98, 2))]})).strips

    assert [float(bar.height) for bar in strip.bars] == [section._LEAST, 98, 2]
    assert all(float(bar.y) >= 0 for bar in strip.bars)


def test_a_configuration_that_met_all_says_so_and_one_without_seconds_is_left_out():
    windows = {"uwsgi-2": [(second(failures=3),)], "uwsgi-16": [(second(), second())]}
    view = build(with_seconds(STUDY, windows))

    assert {strip.name: bool(strip.bars) for strip in view.strips} == {"uwsgi-16": False, "uwsgi-2": True}
    assert next(strip.told for strip in view.strips if not strip.bars) == "nothing failed or was late"


def test_without_a_second_there_is_no_drawing():
    assert SecondsSection().html(with_seconds(STUDY, {})) == ""


def pace(p50_ms, p95_ms):
    return Pace(p50_ms=p50_ms, p95_ms=p95_ms)


def test_a_line_steps_at_each_second_and_has_a_gap_where_none_was_ok():
    scale = paces.Scale(low_ms=10, high_ms=1000)
    found = paces.lane((pace(10, 100), pace(10, 1000), None, pace(100, 100)), scale, limit_ms=100, is_telling=True)

    assert found is not None
    assert found.p95 == "M0 50V50H1V0H2M3 50V50H4"
    assert found.p50 == "M0 100V100H1V100H2M3 50V50H4"
    assert found.limit_y == 50
    assert plain(found.told) == "p95 of a second: 100 ms to 1.00 s"


def test_the_scale_holds_the_limit_and_every_second():
    scale = paces.scale_of([(pace(12, 70), None), (pace(30, 80),)], 1000)
    assert (scale.low_ms, scale.high_ms) == (10, 1000)
    assert (paces.scale_of([()], 500).y(500), paces.scale_of([()], 500).y(1)) == (100, 100)


def test_where_none_was_ok_there_is_no_line():
    assert paces.lane((None, None), paces.scale_of([], 1000), limit_ms=1000, is_telling=True) is None


def test_where_too_much_failed_the_lines_are_drawn_as_saying_nothing():
    windows = {"uwsgi-2": [(second(failures=40),)], "uwsgi-16": [(second(),)]}
    html = SecondsSection().html(with_seconds(STUDY, windows, each=(pace(10, 20),)))

    assert re.findall(r'class="(pace[^"]*)" aria-label="([^:]*):', html) == [
        ("pace", "uwsgi-16"),
        ("pace doubtful", "uwsgi-2"),
    ]
    assert "both, where so much failed that they say nothing" in html


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_drawing_says_in_words_what_it_shows():
    html = SecondsSection().html(with_seconds(STUDY, {"uwsgi-2": [(second(failures=40),)]}))

    assert re.search(r'<svg role="img" aria-label="uwsgi-2: failed in 1 of 1 second, at most 40.0.% in one"', html)
    assert html.count("<rect") == 1

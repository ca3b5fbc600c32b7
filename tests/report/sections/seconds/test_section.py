"""What failed and was late, second by second."""

import re
from dataclasses import replace

from badgateway.model.design import Counts
from badgateway.report.sections.seconds import section
from badgateway.report.sections.seconds.section import SecondsSection, build
from tests.report import samples


def second(failures=0, late=0, requests=100):
    return Counts(requests=requests, failures=failures, late=late)


def with_seconds(study, windows):
    """Give the trials of each configuration these seconds, one after the other; no others have any."""

    def of(summary):
        given = iter(windows.get(summary.configuration.name, ()))

        def seen(trial):
            return replace(trial, measurement=replace(trial.measurement, seconds=next(given, ())))

        levels = [
            replace(level, trials=tuple(seen(one) if one.measurement else one for one in level.trials))
            for level in summary.levels
        ]
        return replace(summary, levels=tuple(levels))

    return replace(study, configurations=tuple(map(of, study.configurations)))


def highest_only(study):
    highest = study.experiment.load.users[-1]
    load = study.experiment.load.model_copy(update={"users": (highest,)})
    configurations = [
        replace(one, levels=tuple(level for level in one.levels if level.users == highest))
        for one in study.configurations
    ]
    experiment = study.experiment.model_copy(update={"load": load})
    return replace(study, experiment=experiment, configurations=tuple(configurations))


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


def test_configurations_that_met_all_are_counted_and_those_without_seconds_are_not():
    windows = {"uwsgi-2": [(second(failures=3),)], "uwsgi-16": [(second(), second())]}
    view = build(with_seconds(STUDY, windows))

    assert ([strip.name for strip in view.strips], view.clean) == (["uwsgi-2"], 1)


def test_without_a_second_or_without_a_failure_there_is_no_drawing():
    assert SecondsSection().html(with_seconds(STUDY, {})) == ""
    assert SecondsSection().html(with_seconds(STUDY, {"uwsgi-2": [(second(),)]})) == ""


def test_the_drawing_says_in_words_what_it_shows():
    html = SecondsSection().html(with_seconds(STUDY, {"uwsgi-2": [(second(failures=40),)]}))

    assert re.search(r'<svg role="img" aria-label="uwsgi-2: failed in 1 of 1 second, at most 40.0.% in one"', html)
    assert html.count("<rect") == 1
